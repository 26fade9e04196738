"""Would more images help? A run's learning curve: the page, asking for it, its table."""

from dataclasses import dataclass
from math import isnan
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from app.deps import Access, DbSession, Lead, Reviewer
from app.domain.learning_curves import Trend
from app.domain.statuses import Role
from app.formats.learning_curve_csv import learning_curve_csv
from app.i18n import gettext as _
from app.models import Job, Project, Run
from app.services import learning_curves, runs
from app.services.learning_curves import Curve, LabelCurve
from app.templating import render

PAGE = "/projects/{project_id}/runs/{number:int}/learning-curve"

router = APIRouter()


@dataclass(frozen=True)
class CurvePage:
    """What learning_curves/page.html and its changing part show."""

    project: Project
    role: Role
    is_lead: bool
    run: Run
    job: Job | None
    curve: Curve | None
    # What the labels are said to need, most promising first, each with its curves.
    told: list[tuple[Trend, list[LabelCurve]]]
    charts: list[tuple[LabelCurve, dict[str, Any]]]


@router.get(PAGE)
def page(request: Request, session: DbSession, access: Reviewer, number: int) -> Response:
    """Show whether more images would help, or offer to find out."""
    return render(request, "learning_curves/page.html", _page(session, access, number))


@router.get(f"{PAGE}/state")
def state(request: Request, session: DbSession, access: Reviewer, number: int) -> Response:
    """Tell how far it is; htmx asks, and loads the page anew once it is over."""
    shown = _page(session, access, number)
    if shown.job is None or shown.job.status.is_final:
        return Response(headers={"HX-Refresh": "true"})
    return render(request, "learning_curves/page.html", shown, block="state")


@router.post(PAGE)
def ask(session: DbSession, access: Lead, number: int) -> Response:
    """Have the learning curve made; while it is, it is not begun a second time."""
    run = runs.finished_run(session, access.project.id, number)
    learning_curves.request(session, run, access.account)
    return RedirectResponse(f"/projects/{access.project.id}/runs/{number}/learning-curve", status_code=303)


@router.get(f"{PAGE}.csv")
def csv_file(session: DbSession, access: Reviewer, number: int) -> Response:
    """Give the learning curve as a table; without one, its head alone."""
    made = learning_curves.curve_of(runs.finished_run(session, access.project.id, number))
    text = learning_curve_csv(learning_curves.to_rows(made) if made else ())
    headers = {"Content-Disposition": f'attachment; filename="run-{number}-learning-curve.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


def _page(session: Session, access: Access, number: int) -> CurvePage:
    run = runs.finished_run(session, access.project.id, number)
    made = learning_curves.curve_of(run)
    return CurvePage(
        project=access.project,
        role=access.role,
        is_lead=access.is_at_least(Role.LEAD),
        run=run,
        job=learning_curves.latest_job(session, run),
        curve=made,
        told=[(trend, labels) for trend in Trend if made and (labels := made.of(trend))],
        charts=[(each, curve_chart(each)) for each in ((made.macro, *made.labels) if made else ())],
    )


def curve_chart(label: LabelCurve) -> dict[str, Any]:
    """Describe the curves of a label for Vega-Lite: means as lines, lowest to highest draw as bands."""
    names = {"average_precision": _("Average precision"), "f1": _("F1 at 0.5")}
    values = [
        {
            "measure": names[measure],
            "images": point.images,
            "draws": point.draws,
            **{name: round(getattr(point, name), 4) for name in ("mean", "low", "high")},
        }
        for measure, points in label.points.items()
        for point in points
        if not isnan(point.mean)
    ]
    title = _("Training images")
    axis = {"tickMinStep": 1, "tickCount": 5, "format": "d"}
    share = {"type": "quantitative", "scale": {"domain": [0, 1]}, "axis": {"tickCount": 5}, "title": None}
    looks = {"domain": list(names.values()), "range": ["token:accent", "hue:vermilion"]}
    legend = {"orient": "top", "title": None, "labelLimit": 260}
    tooltip = [{"field": "measure", "title": _("Figure")}, {"field": "images", "title": title}] + [
        {"field": name, "title": text, "format": ".3f"}
        for name, text in (("mean", _("Mean")), ("low", _("Lowest draw")), ("high", _("Highest draw")))
    ]
    line = {
        "mark": {"type": "line", "strokeWidth": 2, "point": {"size": 40, "filled": True}},
        "encoding": {"y": {"field": "mean", **share}, "tooltip": tooltip},
    }
    band = {
        "mark": {"type": "area", "opacity": 0.18},
        "encoding": {"y": {"field": "low", **share}, "y2": {"field": "high"}},
    }
    return {
        "data": {"values": values},
        "width": "container",
        "height": 200,
        "encoding": {
            "x": {"field": "images", "type": "quantitative", "title": title, "scale": {"zero": True}, "axis": axis},
            "color": {"field": "measure", "type": "nominal", "scale": looks, "legend": legend},
        },
        "layer": [band, line],
    }
