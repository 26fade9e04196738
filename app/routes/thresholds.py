"""Thresholds of a finished run: the page with a slider for each label, tuning, saving, and the versions."""

from dataclasses import dataclass
from math import nan
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from app.deps import Access, DbSession, Lead, Reviewer
from app.domain.objectives import ObjectiveKind
from app.domain.statuses import JobStatus, Role
from app.domain.thresholds import DEFAULT_THRESHOLD
from app.errors import AppError, InvalidInputError
from app.i18n import gettext as _
from app.models import Job, Project, Run
from app.services import (
    evidence,
    jobs,
    measurements,
    runs,
    threshold_sets,
    threshold_tuning,
    threshold_words,
    thresholds,
)
from app.services.evidence import RunLabel
from app.services.threshold_sets import SetRow
from app.templating import render

router = APIRouter()
PAGE = "/projects/{project_id}/runs/{number}/thresholds"
# As many versions side by side as fit on a wide screen.
COMPARED = 8


@dataclass(frozen=True)
class LabelRow:
    """A label, its threshold in force, and where that comes from in words."""

    label: RunLabel
    threshold: float
    origin: str


@dataclass(frozen=True)
class ThresholdsPage:
    """What thresholds/page.html and its fragment show."""

    project: Project
    role: Role
    is_lead: bool
    run: Run
    labels: list[LabelRow]
    active: SetRow | None
    sets: list[SetRow]
    compared: list[SetRow]
    differing: set[int]
    # What each version was tuned for, or that it was set by hand, by version.
    made_how: dict[int, str]
    n_validation: int
    # A request to tune that is under way, or that failed and was not followed by another set.
    tuning: Job | None
    seconds_left: float | None
    errors: dict[str, str]
    given: dict[str, str]


@router.get(PAGE)
def page(request: Request, session: DbSession, access: Reviewer, number: int) -> Response:
    """Show every label's threshold, to be moved and looked at."""
    run = runs.finished_run(session, access.project.id, number)
    return render(request, "thresholds/page.html", _page(session, access, run))


@router.get(f"{PAGE}/progress")
def progress(request: Request, session: DbSession, access: Reviewer, number: int) -> Response:
    """Give how far a tuning is; htmx asks for it every second, and loads the page anew once it is done."""
    run = runs.finished_run(session, access.project.id, number)
    last = threshold_tuning.last_request(session, run)
    if last is None or last.status is JobStatus.SUCCEEDED:
        return Response(headers={"HX-Refresh": "true"})
    return render(request, "thresholds/page.html", _page(session, access, run), block="tuning")


@router.post(PAGE)
def tune(
    request: Request,
    session: DbSession,
    access: Lead,
    number: int,
    kind: Annotated[str, Form()] = ObjectiveKind.F_BETA.value,
    f_beta: Annotated[str, Form()] = "1",
    recall_at_precision: Annotated[str, Form()] = "",
    precision_at_recall: Annotated[str, Form()] = "",
    cost: Annotated[str, Form()] = "",
    prevalence: Annotated[str, Form()] = "",
    label: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
) -> Response:
    """Ask a worker to tune the thresholds anew, all of them or one label's."""
    run = runs.finished_run(session, access.project.id, number)
    values = {
        "f_beta": f_beta,
        "recall_at_precision": recall_at_precision,
        "precision_at_recall": precision_at_recall,
        "cost": cost,
        "prevalence": prevalence,
    }
    given = {**values, "kind": kind, "label": label, "name": name}
    try:
        objective = threshold_tuning.wanted_objective(kind, values.get(kind, ""), one_label=bool(label))
        threshold_tuning.request_tuning(
            session, run, objective=objective, label_ids=_label_ids(label), name=name, account=access.account
        )
    except AppError as refusal:
        errors = refusal.fields or {"kind": refusal.sentence}
        shown = _page(session, access, run, errors=errors, given=given)
        return render(request, "thresholds/page.html", shown, status=refusal.status)
    return _back(access, number)


@router.post(f"{PAGE}/values")
def save(
    session: DbSession,
    access: Lead,
    number: int,
    label: Annotated[list[int], Form(default_factory=list)],
    value: Annotated[list[str], Form(default_factory=list)],
    name: Annotated[str, Form()] = "",
) -> Response:
    """Save thresholds set by hand, all of them as one new version."""
    run = runs.finished_run(session, access.project.id, number)
    if not label or len(label) != len(value):
        raise InvalidInputError(_("There must be one threshold for each label."))
    given = {label_id: _number(text) for label_id, text in zip(label, value, strict=True)}
    thresholds.set_values(session, run, given, access.account, name=name)
    measurements.count_all(session, run)
    return _back(access, number)


@router.post(f"{PAGE}/shared")
def use_shared(session: DbSession, access: Lead, number: int, value: Annotated[str, Form()] = "") -> Response:
    """Use one threshold for all labels, as a new version."""
    run = runs.finished_run(session, access.project.id, number)
    limit = _number(value)
    name = _("%(value)s for all labels") % {"value": f"{limit:.3f}"}
    thresholds.set_values(session, run, {each["id"]: limit for each in run.labels}, access.account, name=name)
    measurements.count_all(session, run)
    return _back(access, number)


@router.post(f"{PAGE}/sets/{{version}}/activate")
def activate(session: DbSession, access: Lead, number: int, version: int) -> Response:
    """Judge the run by another version from now on."""
    run = runs.finished_run(session, access.project.id, number)
    threshold_sets.activate(session, run, version)
    measurements.count_all(session, run)
    return _back(access, number)


@router.post(f"{PAGE}/sets/{{version}}")
def rename(session: DbSession, access: Lead, number: int, version: int, name: Annotated[str, Form()] = "") -> Response:
    """Give a version another name."""
    run = runs.finished_run(session, access.project.id, number)
    threshold_sets.rename(session, run, version, name)
    return _back(access, number, "#sets")


def _page(
    session: Session,
    access: Access,
    run: Run,
    *,
    errors: dict[str, str] | None = None,
    given: dict[str, str] | None = None,
) -> ThresholdsPage:
    sets = threshold_sets.list_sets(session, run)
    active = next((row for row in sets if row.made.is_active), None)
    labels = evidence.run_labels(session, run)
    last = threshold_tuning.last_request(session, run)
    return ThresholdsPage(
        project=access.project,
        role=access.role,
        is_lead=access.is_at_least(Role.LEAD),
        run=run,
        labels=[_label_row(label, active) for label in labels],
        active=active,
        sets=sets,
        compared=sets[:COMPARED],
        differing={label.id for label in labels if threshold_sets.differing(sets[:COMPARED], label.id)},
        made_how={row.made.version: threshold_words.set_words(row) for row in sets},
        n_validation=run.evaluation.get("n_validation", 0),
        tuning=last if last and last.status is not JobStatus.SUCCEEDED and _is_news(last, sets) else None,
        seconds_left=jobs.seconds_left(last) if last else None,
        errors=errors or {},
        given=given or {},
    )


def _is_news(job: Job, sets: list[SetRow]) -> bool:
    """Tell whether a request is still open, or newer than every version."""
    return not job.status.is_final or not sets or job.created_at > sets[0].made.made_at


def _label_row(label: RunLabel, active: SetRow | None) -> LabelRow:
    row = active.rows.get(label.id) if active else None
    if row is None:
        return LabelRow(label, DEFAULT_THRESHOLD, _("never tuned"))
    if not row.tuned and row.objective != thresholds.BY_HAND:
        return LabelRow(label, row.value, _("nothing to tune on"))
    return LabelRow(label, row.value, threshold_words.origin_words(row.objective))


def _label_ids(text: str) -> list[int]:
    return [int(text)] if text.isdecimal() else []


def _number(text: str) -> float:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return nan


def _back(access: Access, number: int, place: str = "") -> Response:
    return RedirectResponse(f"/projects/{access.project.id}/runs/{number}/thresholds{place}", status_code=303)
