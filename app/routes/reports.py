"""Reports of finished runs: the page and its files."""

from dataclasses import dataclass
from math import isnan
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from app.deps import DbSession, Reviewer
from app.domain.statuses import JobStatus, Role, Split
from app.formats.report_csv import report_csv
from app.i18n import gettext as _
from app.models import Epoch, Project, Run
from app.services import comparisons, evaluations, evidence, jobs, reviews, runs, worst_errors
from app.services.evaluations import Changes, Report
from app.services.evidence import Basis
from app.services.review_lists import Entry
from app.templating import render

router = APIRouter()
PAGE = "/projects/{project_id}/runs/{number}"
# As many of the worst errors as fill one row of a wide screen.
WORST = 8


@dataclass(frozen=True)
class ReportPage:
    """What runs/report.html shows."""

    project: Project
    role: Role
    is_lead: bool
    run: Run
    who: str
    report: Report
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
def report_page(
    request: Request,
    session: DbSession,
    access: Reviewer,
    number: int,
    split: Split = Split.VALIDATION,
    at: Basis = Basis.TUNED,
) -> Response:
    """Show how good a finished run is; a run that has not finished is shown on its way."""
    run = runs.get_run(session, access.project.id, number)
    if run.job.status is not JobStatus.SUCCEEDED:
        return RedirectResponse(f"/projects/{access.project.id}/runs/{number}", status_code=303)
    made = evaluations.report(session, run, split, at)
    previous, newer = comparisons.neighbours(session, run)
    page = ReportPage(
        project=access.project,
        role=access.role,
        is_lead=access.is_at_least(Role.LEAD),
        run=run,
        who=jobs.asked_by(session, run.job),
        report=made,
        split_counts=evidence.split_counts(session, run),
        changes=evaluations.changes_since(session, run),
        n_reviewed=reviews.count(session, run),
        worst=worst_errors.worst_errors(session, run, split, at, WORST),
        previous=previous,
        newer=newer,
        epochs=runs.epochs(session, run),
        is_tuning=evaluations.is_tuning(session, run),
        chart_spec=figures_chart(made),
    )
    return render(request, "runs/report.html", page)


@router.get(f"{PAGE}/report.csv")
def csv_file(
    session: DbSession, access: Reviewer, number: int, split: Split = Split.VALIDATION, at: Basis = Basis.TUNED
) -> Response:
    """Give the figures of a report as a table."""
    run = runs.finished_run(session, access.project.id, number)
    text = report_csv(evaluations.to_dict(run, evaluations.report(session, run, split, at)))
    headers = _attachment(run, split, at, "csv")
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


@router.get(f"/api/v1{PAGE}/report")
def json_file(
    session: DbSession, access: Reviewer, number: int, split: Split = Split.VALIDATION, at: Basis = Basis.TUNED
) -> Response:
    """Give the figures of a report as JSON."""
    run = runs.finished_run(session, access.project.id, number)
    made = evaluations.to_dict(run, evaluations.report(session, run, split, at))
    return JSONResponse({"project": access.project.name, **made}, headers=_attachment(run, split, at, "json"))


def figures_chart(made: Report) -> dict[str, Any]:
    """Describe precision, recall and average precision with their intervals for Vega-Lite, one band a label."""
    measures = [_("Precision"), _("Recall"), _("Average precision")]
    values = [
        {"label": row.label.name, "measure": measure, "value": value, "low": interval.low, "high": interval.high}
        for row in made.labels
        for measure, value, interval in zip(
            measures,
            (row.metrics.precision, row.metrics.recall, row.metrics.average_precision),
            (row.metrics.precision_interval, row.metrics.recall_interval, row.ranking.average_precision_interval),
            strict=True,
        )
        if not isnan(value) and not isnan(interval.low)
    ]
    place = {
        "y": {"field": "label", "type": "nominal", "title": None, "sort": None, "axis": {"labelLimit": 220}},
        "yOffset": {"field": "measure", "type": "nominal", "sort": measures},
        "color": _measure_scale(measures, "range", ["token:accent", "hue:vermilion", "hue:slate"]),
    }
    across = {"type": "quantitative", "scale": {"domain": [0, 1]}, "title": None, "axis": {"tickCount": 5}}
    tooltip = [{"field": "label", "title": _("Label")}, {"field": "measure", "title": _("Figure")}] + [
        {"field": name, "title": title, "format": ".3f"}
        for name, title in (("value", _("Value")), ("low", _("Interval from")), ("high", _("Interval to")))
    ]
    rule = {
        "mark": {"type": "rule", "strokeWidth": 2},
        "encoding": {"x": {"field": "low", **across}, "x2": {"field": "high"}},
    }
    shapes = _measure_scale(measures, "range", ["circle", "square", "diamond"])
    point = {
        "mark": {"type": "point", "filled": True, "size": 80, "opacity": 1},
        "encoding": {"x": {"field": "value", **across}, "shape": shapes, "tooltip": tooltip},
    }
    return {
        "data": {"values": values},
        "width": "container",
        "height": 56 * len(made.labels),  # room for three dots that do not touch
        "encoding": place,
        "layer": [rule, point],
    }


def _measure_scale(measures: list[str], name: str, values: list[str]) -> dict[str, Any]:
    legend = {"orient": "top", "title": None, "columns": 2}  # three in a row do not fit on a telephone
    return {"field": "measure", "type": "nominal", "scale": {"domain": measures, name: values}, "legend": legend}


def _attachment(run: Run, split: Split, at: Basis, ending: str) -> dict[str, str]:
    name = f"run-{run.number}-{split.value}-{at.value}.{ending}"
    return {"Content-Disposition": f'attachment; filename="{name}"'}
