"""Reports by slice: the page, its chart and its files."""

from dataclasses import dataclass
from math import isnan
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from app.deps import Access, Annotator, DbSession, Reviewer
from app.domain.slice_comparison import Cell, Figure, Measure
from app.domain.statuses import JobStatus, Role, Split
from app.formats.slices_csv import slices_csv
from app.i18n import gettext as _
from app.models import Project, Run
from app.services import blindness, evidence, runs, slice_reports, slices
from app.services.evidence import Basis, RunLabel
from app.services.slice_reports import SliceReport, SliceRow
from app.services.slices import Dimension
from app.templating import render

router = APIRouter()
PAGE = "/projects/{project_id}/runs/{number}/report/slices"
# As many sentences as are read; the table marks them all.
FINDINGS = 12
Key = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True)
class SlicesPage:
    """What slices/page.html shows; `chosen` is the label shown in detail, with its cell of each slice and of all."""

    project: Project
    role: Role
    run: Run
    report: SliceReport
    split_counts: dict[Split, int]
    show: Measure
    most_findings: int
    chosen: RunLabel | None
    detail: list[tuple[SliceRow, Cell]]
    chart_spec: dict[str, Any]


@dataclass(frozen=True)
class SliceChoice:
    """What slices/choice.html shows."""

    project: Project
    id: str
    dimensions: list[Dimension]
    chosen: str


@router.get("/projects/{project_id}/slices")
def choice(
    request: Request,
    session: DbSession,
    access: Annotator,
    slice: Key = "",  # noqa: A002 - the query's name
    id: Annotated[str, Query(pattern="^[a-z-]{1,40}$")] = "filter-slice",  # noqa: A002 - the query's name
) -> Response:
    """Give the choice of a slice alone: listing them takes longer than most pages on which it stands."""
    known = slices.dimensions(session, access.project.id, _names(session, access))
    if blindness.is_blind(session, access.project, access.role):
        # Who answered which images is for later.
        known = [each for each in known if each.key != slices.ANNOTATOR]
    return render(request, "slices/choice.html", SliceChoice(access.project, id, known, slice))


@router.get(PAGE)
def page(
    request: Request,
    session: DbSession,
    access: Reviewer,
    number: int,
    dimension: Key = "",
    split: Split = Split.VALIDATION,
    at: Basis = Basis.TUNED,
    label: int | None = None,
    show: Measure = Measure.F1,
) -> Response:
    """Show how good a run is slice by slice; a run that has not finished is shown on its way."""
    run = runs.get_run(session, access.project.id, number)
    if run.job.status is not JobStatus.SUCCEEDED:
        return RedirectResponse(f"/projects/{access.project.id}/runs/{number}", status_code=303)
    made = slice_reports.slice_report(session, run, split, at, dimension, _names(session, access))
    column = _column(made, label)
    detail = [] if column is None else [(row, row.cells[column]) for row in made.rows]
    context = SlicesPage(
        project=access.project,
        role=access.role,
        run=run,
        report=made,
        split_counts=evidence.split_counts(session, run),
        show=show,
        most_findings=FINDINGS,
        chosen=None if column is None else made.labels[column],
        detail=detail,
        chart_spec=slices_chart(detail),
    )
    return render(request, "slices/page.html", context)


@router.get(f"{PAGE}.csv")
def csv_file(
    session: DbSession,
    access: Reviewer,
    number: int,
    dimension: Key = "",
    split: Split = Split.VALIDATION,
    at: Basis = Basis.TUNED,
) -> Response:
    """Give the figures of every slice as a table."""
    run = runs.finished_run(session, access.project.id, number)
    made = slice_reports.slice_report(session, run, split, at, dimension, _names(session, access))
    headers = _attachment(run, made, "csv")
    text = slices_csv(slice_reports.to_dict(run, made))
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


@router.get(f"/api/v1{PAGE}")
def json_file(
    session: DbSession,
    access: Reviewer,
    number: int,
    dimension: Key = "",
    split: Split = Split.VALIDATION,
    at: Basis = Basis.TUNED,
) -> Response:
    """Give the figures of every slice as JSON."""
    run = runs.finished_run(session, access.project.id, number)
    made = slice_reports.slice_report(session, run, split, at, dimension, _names(session, access))
    told = slice_reports.to_dict(run, made)
    return JSONResponse({"project": access.project.name, **told}, headers=_attachment(run, made, "json"))


def slices_chart(detail: list[tuple[SliceRow, Cell]]) -> dict[str, Any]:
    """Describe one label's figures with their intervals for Vega-Lite, one band a slice."""
    words = {Measure.PRECISION: _("Precision"), Measure.RECALL: _("Recall"), Measure.F1: _("F1")}
    values = [
        {"slice": row.value.name, "measure": word} | _point(cell.figures[measure])
        for row, cell in detail
        for measure, word in words.items()
        if not isnan(cell.figures[measure].value)
    ]
    names = [row.value.name for row, _cell in detail]
    across = {"type": "quantitative", "scale": {"domain": [0, 1]}, "title": None, "axis": {"tickCount": 5}}
    titles = {"slice": _("Slice"), "measure": _("Figure"), "value": _("Value"), "low": _("Interval from")}
    titles |= {"high": _("Interval to"), "elsewhere": _("Elsewhere"), "remark": _("Difference")}
    numbers = ("value", "low", "high", "elsewhere")
    tooltip = [
        {"field": name, "title": title} | ({"format": ".3f"} if name in numbers else {})
        for name, title in titles.items()
    ]
    rule = {"mark": {"type": "rule", "strokeWidth": 2}}
    point = {"mark": {"type": "point", "filled": True, "size": 80, "opacity": 1}}
    shapes = _scale(list(words.values()), ["circle", "square", "diamond"])
    return {
        "data": {"values": values},
        "width": "container",
        "height": max(120, 52 * len(detail)),  # room for three dots that do not touch
        "encoding": {
            "y": {"field": "slice", "type": "nominal", "title": None, "sort": names, "axis": {"labelLimit": 220}},
            "yOffset": {"field": "measure", "type": "nominal", "sort": list(words.values())},
            "color": _scale(list(words.values()), ["token:accent", "hue:vermilion", "hue:slate"]),
        },
        "layer": [
            rule | {"encoding": {"x": {"field": "low", **across}, "x2": {"field": "high"}}},
            point | {"encoding": {"x": {"field": "value", **across}, "shape": shapes, "tooltip": tooltip}},
        ],
    }


def _point(figure: Figure) -> dict[str, Any]:
    remarks = {
        "lower": _("lower, by more than chance"),
        "higher": _("higher, by more than chance"),
        "alike": _("may be chance"),
        "too_few": _("too few images to say"),
        "nothing": _("nothing to compare with"),
    }
    return {
        "value": figure.value,
        "low": figure.interval.low,
        "high": figure.interval.high,
        "elsewhere": None if isnan(figure.rest) else figure.rest,
        "remark": remarks[figure.gap],
    }


def _scale(words: list[str], values: list[str]) -> dict[str, Any]:
    legend = {"orient": "top", "title": None, "columns": 3}
    return {"field": "measure", "type": "nominal", "scale": {"domain": words, "range": values}, "legend": legend}


def _column(made: SliceReport, label: int | None) -> int | None:
    """Find the label to show in detail: the one asked for, else the one that differs most surely, else the first."""
    ids = [each.id for each in made.labels]
    if not made.rows or not ids:
        return None
    if label in ids:
        return ids.index(label)
    return ids.index(made.findings[0].label.id) if made.findings else 0


def _attachment(run: Run, made: SliceReport, ending: str) -> dict[str, str]:
    kind = made.dimension.key.partition(".")[0] if made.dimension else "slices"
    name = f"run-{run.number}-by-{kind}-{made.split.value}-{made.basis.value}.{ending}"
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _names(session: Session, access: Access) -> dict[int, str]:
    return blindness.names_for(session, access.project, access.account, access.role)
