"""What the thresholds page loads when it is needed: counts for the sliders, images at a cut, the shared threshold."""

from dataclasses import dataclass
from math import isnan
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.deps import DbSession, Reviewer
from app.domain.shared_threshold import SharedCurve
from app.domain.statuses import Role
from app.errors import InvalidInputError
from app.i18n import gettext as _
from app.models import Account, Project, Run
from app.services import runs, threshold_cuts, threshold_data, threshold_words
from app.services.threshold_cuts import Cut
from app.services.threshold_data import LabelData
from app.templating import render

router = APIRouter()
PAGE = "/projects/{project_id}/runs/{number}/thresholds"
# A project with more labels is loaded in several parts; each takes a fraction of a second.
LABELS_AT_ONCE = 60


@dataclass(frozen=True)
class CutFragment:
    """What thresholds/cut.html shows."""

    project: Project
    run: Run
    label: dict[str, Any]
    threshold: float
    cut: Cut
    reader: Account


@dataclass(frozen=True)
class SharedFragment:
    """What thresholds/shared.html shows."""

    project: Project
    run: Run
    is_lead: bool
    best: list[tuple[str, float]]
    chart_spec: dict[str, Any]


@router.get(f"/api/v1{PAGE}")
def counts(
    session: DbSession, access: Reviewer, number: int, labels: Annotated[str, Query(max_length=1000)] = ""
) -> dict[str, Any]:
    """Give the counts of some labels (numbers separated by commas; empty: all) at every threshold."""
    run = runs.finished_run(session, access.project.id, number)
    asked = labels.split(",") if labels else [str(label["id"]) for label in run.labels[:LABELS_AT_ONCE]]
    if len(asked) > LABELS_AT_ONCE or not all(each.isdecimal() for each in asked):
        raise InvalidInputError(_("These are not the numbers of labels."))
    found = threshold_data.label_data(session, run, [int(each) for each in asked])
    return {"labels": [_data(each) for each in found]}


@router.get(f"{PAGE}/{{label_id}}/images")
def cut_images(
    request: Request,
    session: DbSession,
    access: Reviewer,
    number: int,
    label_id: int,
    at: Annotated[float, Query(ge=0, le=1)],
) -> Response:
    """Show the images just above and just below a threshold."""
    run = runs.finished_run(session, access.project.id, number)
    found = threshold_cuts.cut(session, run, label_id, at)
    label = run.labels[threshold_data.column_of(run, label_id)]
    shown = CutFragment(access.project, run, label, at, found, access.account)
    return render(request, "thresholds/cut.html", shown)


@router.get(f"{PAGE}/shared")
def shared(request: Request, session: DbSession, access: Reviewer, number: int) -> Response:
    """Show what one threshold for all labels reaches."""
    run = runs.finished_run(session, access.project.id, number)
    curve = threshold_data.shared(session, run)
    named = ((_("Macro-F1"), curve.best_by_macro_f1), (_("accuracy_multi"), curve.best_by_accuracy))
    best = [(name, limit) for name, limit in named if limit is not None]
    fragment = SharedFragment(access.project, run, access.is_at_least(Role.LEAD), best, shared_chart(curve))
    return render(request, "thresholds/shared.html", fragment)


@router.get(f"{PAGE}/shared.csv")
def shared_csv(session: DbSession, access: Reviewer, number: int) -> Response:
    """Give the numbers of the curve of one threshold for all labels."""
    run = runs.finished_run(session, access.project.id, number)
    curve = threshold_data.shared(session, run)
    rows = zip(curve.thresholds.tolist(), curve.accuracy.tolist(), curve.macro_f1.tolist(), strict=True)
    lines = ["threshold,accuracy_multi,macro_f1", *(",".join(_cell(value) for value in row) for row in rows)]
    headers = {"Content-Disposition": f'attachment; filename="run-{run.number}-shared-threshold.csv"'}
    return Response("\n".join(lines) + "\n", media_type="text/csv; charset=utf-8", headers=headers)


def shared_chart(curve: SharedCurve) -> dict[str, Any]:
    """Describe both curves for Vega-Lite, the best threshold of each marked."""
    measures = [_("Macro-F1"), _("accuracy_multi")]
    best = dict(zip(measures, (curve.best_by_macro_f1, curve.best_by_accuracy), strict=True))
    values = [
        {"measure": measure, "threshold": limit, "value": value, "best": limit == best[measure]}
        for measure, figures in zip(measures, (curve.macro_f1, curve.accuracy), strict=True)
        for limit, value in zip(curve.thresholds.tolist(), figures.tolist(), strict=True)
        if not isnan(value)  # what is not known is drawn nowhere
    ]
    across = {"field": "threshold", "type": "quantitative", "scale": {"domain": [0, 1]}, "title": _("Threshold")}
    upwards = {"field": "value", "type": "quantitative", "scale": {"domain": [0, 1]}, "title": None}
    colour = {"domain": measures, "range": ["token:accent", "hue:vermilion"]}
    shape = {"domain": measures, "range": ["circle", "square"]}
    legend = {"orient": "top", "title": None}
    point = {
        "x": across,
        "y": upwards,
        "color": {"field": "measure", "type": "nominal", "scale": colour, "legend": legend},
        "shape": {"field": "measure", "type": "nominal", "scale": shape, "legend": legend},
        "size": {"condition": {"test": "datum.best", "value": 220}, "value": 40},
        "tooltip": [
            {"field": "measure", "title": _("Figure")},
            {"field": "threshold", "title": _("Threshold"), "format": ".3f"},
            {"field": "value", "title": _("Value"), "format": ".3f"},
        ],
    }
    text = {"x": across, "y": upwards, "text": {"field": "threshold", "format": ".2f"}}
    marked = {"type": "text", "dy": -16, "fontWeight": 600}
    return {
        "data": {"values": values},
        "width": "container",
        "height": 220,
        "layer": [
            {"mark": {"type": "line"}, "encoding": {name: point[name] for name in ("x", "y", "color")}},
            {"mark": {"type": "point", "filled": True, "opacity": 1}, "encoding": point},
            {"transform": [{"filter": "datum.best"}], "mark": marked, "encoding": text},
        ],
    }


def _data(found: LabelData) -> dict[str, Any]:
    crossed, tuned_for = found.cross_fitted, found.objective
    return {
        "id": found.label_id,
        "threshold": found.threshold,
        "beta": found.beta,
        "present": found.binned.present.tolist(),
        "absent": found.binned.absent.tolist(),
        "collection": found.binned.collection.tolist(),
        "active": {"tp": found.active.tp, "fp": found.active.fp, "collection": found.active.collection},
        "crossFitted": {"tp": crossed.tp, "fp": crossed.fp, "fn": crossed.fn} if crossed else None,
        "gain": threshold_words.gain_words(tuned_for, crossed.against_half) if crossed and tuned_for else "",
    }


def _cell(value: float) -> str:
    return f"{value:.6g}" if not isnan(value) else ""
