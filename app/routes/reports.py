"""Reports of finished runs: the page and its files."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isnan
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from app.deps import DbSession, Reviewer
from app.domain.statuses import JobStatus, Role, Split
from app.formats.report_csv import report_csv
from app.models import Epoch, Project, Run
from app.routes.report_charts import MANY_LABELS, figures_chart
from app.routes.report_views import USUAL_BETAS, View, Viewed
from app.services import comparisons, evaluations, evidence, reviews, runs, worst_errors
from app.services.evaluations import Changes, LabelReport, Replacement, Report
from app.services.review_lists import Entry
from app.templating import render

router = APIRouter()
PAGE = "/projects/{project_id}/runs/{number}"
# As many of the worst errors as fill one row of a wide screen.
WORST = 8
# The whole table has a page of its own.
MOST_REPLACED = 6


@dataclass(frozen=True)
class Replaced:
    """One label that was missed, and the one that was added instead, on so many images."""

    missed: Replacement
    added: LabelReport
    count: int


@dataclass(frozen=True)
class ReportPage:
    """What runs/report.html shows."""

    project: Project
    role: Role
    is_lead: bool
    run: Run
    who: str
    view: View
    betas: tuple[float, ...]
    report: Report
    rows: list[LabelReport]
    has_many_labels: bool
    replaced: list[Replaced]
    split_counts: dict[Split, int]
    changes: Changes
    n_reviewed: int
    worst: list[Entry]
    previous: Run | None
    newer: Run | None
    epochs: list[Epoch]
    is_tuning: bool
    chart_spec: dict[str, Any]


@router.get(f"{PAGE}/report")
def report_page(request: Request, session: DbSession, access: Reviewer, number: int, view: Viewed) -> Response:
    """Show how good a finished run is; a run that has not finished is shown on its way."""
    run = runs.get_run(session, access.project.id, number)
    if run.job.status is not JobStatus.SUCCEEDED:
        return RedirectResponse(f"/projects/{access.project.id}/runs/{number}", status_code=303)
    made = evaluations.report(session, run, view.split, view.basis, view.scoring)
    previous, newer = comparisons.neighbours(session, run)
    page = ReportPage(
        project=access.project,
        role=access.role,
        is_lead=access.is_at_least(Role.LEAD),
        run=run,
        who=runs.started_by(session, run),
        view=view,
        betas=USUAL_BETAS,
        report=made,
        rows=in_order(made, view.sort),
        has_many_labels=len(made.labels) > MANY_LABELS,
        replaced=_most_replaced(made),
        split_counts=evidence.split_counts(session, run),
        changes=evaluations.changes_since(session, run),
        n_reviewed=reviews.count(session, run),
        worst=worst_errors.worst_errors(session, run, view.split, view.basis, WORST),
        previous=previous,
        newer=newer,
        epochs=runs.epochs(session, run),
        is_tuning=evaluations.is_tuning(session, run),
        chart_spec=figures_chart(made),
    )
    return render(request, "runs/report.html", page)


@router.get(f"{PAGE}/report.csv")
def csv_file(session: DbSession, access: Reviewer, number: int, view: Viewed) -> Response:
    """Give the figures of a report as a table."""
    run = runs.finished_run(session, access.project.id, number)
    made = evaluations.report(session, run, view.split, view.basis, view.scoring)
    text = report_csv(evaluations.to_dict(run, made))
    return Response(text, media_type="text/csv; charset=utf-8", headers=_attachment(run, view, "csv"))


@router.get(f"/api/v1{PAGE}/report")
def json_file(session: DbSession, access: Reviewer, number: int, view: Viewed) -> Response:
    """Give the figures of a report as JSON."""
    run = runs.finished_run(session, access.project.id, number)
    made = evaluations.to_dict(run, evaluations.report(session, run, view.split, view.basis, view.scoring))
    return JSONResponse({"project": access.project.name, **made}, headers=_attachment(run, view, "json"))


# What the labels can be sorted by; a figure that is undefined comes last either way.
COLUMNS: dict[str, Callable[[LabelReport], float]] = {
    "support": lambda row: row.metrics.support,
    "precision": lambda row: row.metrics.precision,
    "recall": lambda row: row.metrics.recall,
    "f": lambda row: row.metrics.f_beta,
    "ap": lambda row: row.metrics.average_precision,
    "auc": lambda row: row.metrics.roc_auc,
    "calibration": lambda row: row.ranking.calibration.error,
    "threshold": lambda row: row.threshold,
}


def in_order(made: Report, sort: str) -> list[LabelReport]:
    """Sort the labels by a column, a minus before it for falling; in the project's order where there is none such."""
    name, falling = sort.removeprefix("-"), sort.startswith("-")
    if name == "name":
        return sorted(made.labels, key=lambda row: row.label.name.casefold(), reverse=falling)
    figure = COLUMNS.get(name)
    if figure is None:
        return list(made.labels)
    return sorted(made.labels, key=lambda row: (isnan(figure(row)), -figure(row) if falling else figure(row)))


def _most_replaced(made: Report) -> list[Replaced]:
    pairs = [
        Replaced(row, made.labels[column], count) for row in made.instead for column, count in enumerate(row.counts)
    ]
    return sorted((pair for pair in pairs if pair.count), key=lambda pair: -pair.count)[:MOST_REPLACED]


def _attachment(run: Run, view: View, ending: str) -> dict[str, str]:
    name = f"run-{run.number}-{view.split.value}-{view.basis.value}.{ending}"
    return {"Content-Disposition": f'attachment; filename="{name}"'}
