"""Macro-F1 against the number of annotated images, over all runs of a project."""

from dataclasses import dataclass
from math import isnan
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.deps import DbSession, Reviewer
from app.domain.statuses import Role
from app.formats.comparison_csv import history_csv
from app.i18n import gettext as _
from app.models import Project
from app.services import run_history
from app.services.run_history import History, Point
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/compare")


@dataclass(frozen=True)
class HistoryPage:
    """What comparisons/history.html and its fragment show."""

    project: Project
    role: Role
    history: History
    chart_spec: dict[str, Any]


@router.get("/history")
def page(request: Request, session: DbSession, access: Reviewer) -> Response:
    """Show how macro-F1 went from run to run; the comparison's page asks for the part alone."""
    made = run_history.history(session, access.project.id)
    shown = HistoryPage(access.project, access.role, made, history_chart(made))
    is_fragment = "hx-request" in request.headers
    return render(request, "comparisons/history.html", shown, block="course" if is_fragment else None)


@router.get("/history.csv")
def csv_file(session: DbSession, access: Reviewer) -> Response:
    """Give the course of all runs as a table."""
    text = history_csv(run_history.to_rows(run_history.history(session, access.project.id)))
    headers = {"Content-Disposition": 'attachment; filename="runs.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


def history_chart(made: History) -> dict[str, Any]:
    """Describe both curves for Vega-Lite: each run's own figure, and that on the images all runs know."""
    own, common = _("Its own validation images"), _("Images of all runs, today's answers")
    values = [
        {"measure": name, "value": value, **_facts(point)}
        for name, pick in ((own, "own"), (common, "common"))
        for point in made.points
        if not isnan(value := getattr(point, pick))
    ]
    axes = {
        "x": _across(made),
        "y": {"field": "value", "type": "quantitative", "title": _("Macro-F1"), "scale": {"domain": [0, 1]}},
        "color": _by_measure([own, common], ["hue:vermilion", "token:accent"]),
        "order": {"field": "run", "type": "quantitative"},
    }
    points = {
        "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
        "encoding": {"shape": _by_measure([own, common], ["circle", "square"]), "tooltip": _tooltip()},
    }
    return {
        "data": {"values": values},
        "width": "container",
        "height": 260,
        "encoding": axes,
        "layer": [{"mark": {"type": "line", "strokeWidth": 1.5}}, points],
    }


def _across(made: History) -> dict[str, Any]:
    """Lay the runs out by annotated images; one by one where all of them had the same."""
    counts = {point.n_images for point in made.points}
    if len(counts) == 1:
        title = _("Run (all with %(count)s annotated images)") % {"count": counts.pop()}
        return {"field": "run", "type": "ordinal", "title": title, "axis": {"labelAngle": 0}}
    axis = {"tickMinStep": 1, "tickCount": 6, "format": "d"}
    title = _("Annotated images when the run began")
    return {"field": "images", "type": "quantitative", "title": title, "scale": {"zero": False}, "axis": axis}


def _by_measure(names: list[str], looks: list[str]) -> dict[str, Any]:
    legend = {"orient": "top", "title": None, "columns": 1, "labelLimit": 320}
    return {"field": "measure", "type": "nominal", "scale": {"domain": names, "range": looks}, "legend": legend}


def _tooltip() -> list[dict[str, str]]:
    named = (("run", _("Run")), ("images", _("Annotated images")), ("answers", _("Answers")))
    plain = [{"field": name, "title": title} for name, title in named]
    return [*plain, {"field": "value", "title": _("Macro-F1"), "format": ".3f"}]


def _facts(point: Point) -> dict[str, Any]:
    return {"run": point.run.number, "images": point.n_images, "answers": point.n_answers}
