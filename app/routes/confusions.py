"""Confusion: tables of what a run predicted for what, and their files."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from app.deps import DbSession, Reviewer
from app.domain.confusion import Confused
from app.domain.statuses import JobStatus, Role, Split
from app.errors import NotFoundError
from app.formats.confusion_csv import confusion_csv
from app.i18n import gettext as _
from app.models import Project, Run
from app.routes.confusion_grids import Grid, Show, heatmap, label_by_label, one_label, together
from app.services import confusions, evidence, runs
from app.services.confusions import Confusions
from app.services.evidence import Basis
from app.templating import render

router = APIRouter()
PAGE = "/projects/{project_id}/runs/{number}"
# Fewer than three images are an accident sooner than a habit.
LEAST = 3
# Nobody reads more sentences than these; the table holds them all.
MOST_PAIRS = 30


class Drawn(StrEnum):
    """Name the tables that can be saved as a picture."""

    LABEL_BY_LABEL = "label_by_label"
    ONE_LABEL = "one_label"
    TOGETHER = "together"


@dataclass(frozen=True)
class ConfusionPage:
    """What confusions/page.html shows."""

    project: Project
    role: Role
    run: Run
    made: Confusions
    split_counts: dict[Split, int]
    show: Show
    least: int
    pairs: list[Confused]
    n_pairs: int
    label_by_label: Grid
    one_label: Grid | None
    shown: Grid
    predicted: Grid


@router.get(f"{PAGE}/confusion")
def confusion_page(
    request: Request,
    session: DbSession,
    access: Reviewer,
    number: int,
    split: Split = Split.VALIDATION,
    at: Basis = Basis.TUNED,
    show: Show = Show.COUNTS,
    least: Annotated[int, Query(ge=1, le=1_000_000)] = LEAST,
) -> Response:
    """Show what a finished run predicted for what; a run that has not finished is shown on its way."""
    run = runs.get_run(session, access.project.id, number)
    if run.job.status is not JobStatus.SUCCEEDED:
        return RedirectResponse(f"/projects/{access.project.id}/runs/{number}", status_code=303)
    made = confusions.reckon(session, run, split, at)
    pairs = [pair for pair in made.confused if pair.count >= least]
    shown, predicted = together(made)
    page = ConfusionPage(
        project=access.project,
        role=access.role,
        run=run,
        made=made,
        split_counts=evidence.split_counts(session, run),
        show=show,
        least=least,
        pairs=pairs[:MOST_PAIRS],
        n_pairs=len(pairs),
        label_by_label=label_by_label(made, show),
        one_label=one_label(made, show),
        shown=shown,
        predicted=predicted,
    )
    return render(request, "confusions/page.html", page)


@router.get(f"{PAGE}/confusion.csv")
def csv_file(
    session: DbSession, access: Reviewer, number: int, split: Split = Split.VALIDATION, at: Basis = Basis.TUNED
) -> Response:
    """Give the tables of a run as one table, a line a cell."""
    run = runs.finished_run(session, access.project.id, number)
    text = confusion_csv(confusions.to_dict(run, confusions.reckon(session, run, split, at)))
    return Response(text, media_type="text/csv; charset=utf-8", headers=_attachment(run, split, at, "csv"))


@router.get(f"/api/v1{PAGE}/confusion")
def json_file(
    session: DbSession, access: Reviewer, number: int, split: Split = Split.VALIDATION, at: Basis = Basis.TUNED
) -> Response:
    """Give the tables of a run as JSON."""
    run = runs.finished_run(session, access.project.id, number)
    made = confusions.to_dict(run, confusions.reckon(session, run, split, at))
    return JSONResponse({"project": access.project.name, **made}, headers=_attachment(run, split, at, "json"))


@router.get(f"/api/v1{PAGE}/confusion-picture")
def picture(
    session: DbSession,
    access: Reviewer,
    number: int,
    table: Drawn = Drawn.LABEL_BY_LABEL,
    split: Split = Split.VALIDATION,
    at: Basis = Basis.TUNED,
    show: Show = Show.COUNTS,
) -> dict[str, Any]:
    """Describe a table as a drawing; of a page with many labels, nobody loads one that is not looked at."""
    run = runs.finished_run(session, access.project.id, number)
    made = confusions.reckon(session, run, split, at)
    if table is Drawn.TOGETHER:
        shown, predicted = together(made)
        return heatmap([(_("Shown together"), shown), (_("Predicted together"), predicted)])
    grid = one_label(made, show) if table is Drawn.ONE_LABEL else label_by_label(made, show)
    if grid is None:
        raise NotFoundError
    return heatmap([("", grid)])


def _attachment(run: Run, split: Split, at: Basis, ending: str) -> dict[str, str]:
    name = f"run-{run.number}-confusion-{split.value}-{at.value}.{ending}"
    return {"Content-Disposition": f'attachment; filename="{name}"'}
