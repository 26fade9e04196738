"""One label of a report in full: its figures at both thresholds, its curves, and whether its probabilities mean it."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.deps import DbSession, Reviewer
from app.domain.statuses import Role
from app.errors import NotFoundError
from app.models import Project, Run
from app.routes.report_charts import histogram_chart, precision_recall_chart, reliability_chart, roc_chart
from app.routes.report_views import View, Viewed
from app.services import evaluations, measurements, runs
from app.services.evaluations import LabelReport, Report
from app.services.evidence import Basis
from app.templating import render

router = APIRouter()
PAGE = "/projects/{project_id}/runs/{number}/report/labels/{label_id}"


@dataclass(frozen=True)
class LabelPage:
    """What reports/label.html shows; a chart is None where there is nothing to draw it from."""

    project: Project
    role: Role
    run: Run
    view: View
    report: Report
    row: LabelReport
    # The same label at 0.5, whatever its threshold.
    at_half: LabelReport
    previous: LabelReport | None
    following: LabelReport | None
    precision_recall: dict[str, Any] | None
    roc: dict[str, Any] | None
    histogram: dict[str, Any] | None
    reliability: dict[str, Any] | None


@router.get(PAGE)
def label_page(
    request: Request, session: DbSession, access: Reviewer, number: int, label_id: int, view: Viewed
) -> Response:
    """Show one label of a report."""
    run = runs.finished_run(session, access.project.id, number)
    made = evaluations.report(session, run, view.split, view.basis, view.scoring)
    row = _row(made, label_id)
    place = made.labels.index(row)
    half = evaluations.report(session, run, view.split, Basis.HALF, view.scoring)
    traced = measurements.curves(session, run, view.split, place)
    shows, lacks = row.metrics.support, row.metrics.n_known - row.metrics.support
    page = LabelPage(
        project=access.project,
        role=access.role,
        run=run,
        view=view,
        report=made,
        row=row,
        at_half=half.labels[place],
        previous=made.labels[place - 1] if place else None,
        following=made.labels[place + 1] if place + 1 < len(made.labels) else None,
        precision_recall=precision_recall_chart(traced, row) if shows else None,
        roc=roc_chart(traced, row) if shows and lacks else None,
        reliability=reliability_chart(row.ranking.calibration) if row.metrics.n_known else None,
        histogram=histogram_chart(row) if row.metrics.n_known else None,
    )
    return render(request, "reports/label.html", page)


@router.get(f"{PAGE}/curves.csv")
def curves_file(session: DbSession, access: Reviewer, number: int, label_id: int, view: Viewed) -> Response:
    """Give every threshold of a label with its precision, recall and false alarms."""
    run = runs.finished_run(session, access.project.id, number)
    place = next((place for place, label in enumerate(run.labels) if label["id"] == label_id), None)
    if place is None:
        raise NotFoundError
    traced = measurements.curves(session, run, view.split, place, points=None)
    points = zip(traced.thresholds, traced.precision, traced.recall, traced.false_alarms, strict=True)
    rows = [[float(value) for value in point] for point in points]
    return _table(run, view, label_id, "curves", ("threshold", "precision", "recall", "false_alarms"), rows)


@router.get(f"{PAGE}/probabilities.csv")
def probabilities_file(session: DbSession, access: Reviewer, number: int, label_id: int, view: Viewed) -> Response:
    """Give how many images with and without a label have a probability in each bin."""
    run = runs.finished_run(session, access.project.id, number)
    row = _row(evaluations.report(session, run, view.split, view.basis), label_id)
    without, showing = row.ranking.histogram
    width = 1 / len(without)
    rows = [[i * width, (i + 1) * width, *both] for i, both in enumerate(zip(without, showing, strict=True))]
    return _table(run, view, label_id, "probabilities", ("above", "up_to", "absent", "present"), rows)


@router.get(f"{PAGE}/reliability.csv")
def reliability_file(session: DbSession, access: Reviewer, number: int, label_id: int, view: Viewed) -> Response:
    """Give how probable a label was called and how often it was there, bin by bin."""
    run = runs.finished_run(session, access.project.id, number)
    row = _row(evaluations.report(session, run, view.split, view.basis), label_id)
    names = ("above", "up_to", "images", "present", "mean_probability", "share", "share_low", "share_high")
    rows = [
        [each.low, each.high, each.n, each.n_present, each.mean, each.share, *each.interval]
        for each in row.ranking.calibration.bins
    ]
    return _table(run, view, label_id, "reliability", names, rows)


def _row(made: Report, label_id: int) -> LabelReport:
    row = next((row for row in made.labels if row.label.id == label_id), None)
    if row is None:
        raise NotFoundError
    return row


def _table(
    run: Run, view: View, label_id: int, what: str, names: Sequence[str], rows: Sequence[Sequence[float]]
) -> Response:
    """Give numbers as CSV; one that is undefined is an empty cell."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows([["" if isnan(value) else value for value in row] for row in rows])
    name = f"run-{run.number}-{view.split.value}-label-{label_id}-{what}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(buffer.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)
