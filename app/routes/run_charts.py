"""The curves of a training: loss, figures, learning rates and momentum, as charts and as tables."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from app.deps import DbSession, Reviewer
from app.i18n import gettext as _
from app.models import Epoch
from app.services import metric_words, runs

router = APIRouter(prefix="/projects/{project_id}/runs/{number:int}")

Spec = dict[str, Any]
# More lines than these cannot be told apart; the table has all figures.
SHOWN = ("macro_f1", "mean_average_precision", "precision", "recall", "accuracy")
_HUES = ("token:accent", "hue:vermilion", "hue:slate", "hue:ochre", "hue:plum")


@router.get("/loss.csv")
def loss_csv(session: DbSession, access: Reviewer, number: int) -> Response:
    """Give the training loss of each batch."""
    run = runs.get_run(session, access.project.id, number)
    return _csv(["batch", "loss"], run.loss_curve, f"run-{run.number}-loss.csv")


@router.get("/schedule.csv")
def schedule_csv(session: DbSession, access: Reviewer, number: int) -> Response:
    """Give the learning rates and the momentum of each batch."""
    run = runs.get_run(session, access.project.id, number)
    names = ["batch", "lowest_rate", "highest_rate", "momentum"]
    return _csv(names, run.schedule_curve, f"run-{run.number}-schedule.csv")


@router.get("/epochs.csv")
def epochs_csv(session: DbSession, access: Reviewer, number: int) -> Response:
    """Give the table of epochs with all its figures."""
    run = runs.get_run(session, access.project.id, number)
    rows = runs.epochs(session, run)
    figures = metric_words.columns_of(row.metrics for row in rows)
    lines = [
        [
            row.epoch,
            row.stage,
            row.train_loss,
            row.valid_loss,
            *map(row.metrics.get, figures),
            row.seconds,
        ]
        for row in rows
    ]
    head = ["epoch", "stage", "train_loss", "valid_loss", *map(metric_words.name_of, figures), "seconds"]
    return _csv(head, lines, f"run-{run.number}-epochs.csv")


def loss_chart(points: Sequence[Sequence[float]], epochs: Sequence[Epoch] = (), batches: int = 0) -> Spec | None:
    """Describe training loss by batch, and validation loss by epoch where a number of batches makes an epoch."""
    if len(points) < 2:
        return None
    train, valid = _("training, by batch"), _("validation, by epoch")
    values = [{"batch": batch, "loss": loss, "of": train} for batch, loss in points]
    held = [
        {"batch": row.epoch * batches, "loss": row.valid_loss, "of": valid}
        for row in epochs
        if batches and row.valid_loss is not None
    ]
    names = [train, valid] if held else [train]
    # Without such points there is no layer for them: an empty one has nothing to tell a screen reader.
    points_of = {
        "mark": {"type": "point", "filled": True, "size": 60},
        "transform": [{"filter": {"field": "of", "equal": valid}}],
    }
    axis = {"type": "quantitative", "title": _("Loss"), "scale": {"zero": True}}
    told = [("batch", _("Batch"), "d"), ("loss", _("Loss"), ".4f")]
    encoding = {**_by_batch(), "y": {"field": "loss"} | axis, "color": _coloured("of", names), "tooltip": _tips(told)}
    return {
        "data": {"values": [*values, *held]},
        "width": "container",
        "height": 220,
        "encoding": encoding,
        "layer": [{"mark": {"type": "line", "interpolate": "monotone"}}, *([points_of] if held else [])],
    }


def metric_chart(epochs: Sequence[Epoch]) -> Spec | None:
    """Describe the figures of each epoch; None while there are fewer than two epochs."""
    if len(epochs) < 2:
        return None
    shown = [name for name in SHOWN if any(row.metrics.get(name) is not None for row in epochs)]
    values = [
        {"epoch": row.epoch, "value": row.metrics[name], "of": metric_words.name_of(name)}
        for row in epochs
        for name in shown
        if row.metrics.get(name) is not None
    ]
    if not values:
        return None
    x = {"field": "epoch", "type": "quantitative", "title": _("Epoch"), "axis": {"format": "d", "tickMinStep": 1}}
    y = {"field": "value", "type": "quantitative", "title": _("Figure"), "scale": {"domain": [0, 1]}}
    told = [("of", _("Figure"), ""), ("epoch", _("Epoch"), "d"), ("value", _("Value"), ".3f")]
    return {
        "data": {"values": values},
        "width": "container",
        "height": 220,
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": x,
            "y": y,
            "color": _coloured("of", [metric_words.name_of(name) for name in shown]),
            "tooltip": _tips(told),
        },
    }


def rate_chart(points: Sequence[Sequence[float]]) -> Spec | None:
    """Describe the learning rates by batch: those of the first and of the last layers."""
    if len(points) < 2:
        return None
    first, last = _("first layers"), _("last layers")
    split = any(low != high for _batch, low, high, _momentum in points)
    values = [{"batch": batch, "rate": high, "of": last} for batch, _low, high, _momentum in points]
    if split:
        values += [{"batch": batch, "rate": low, "of": first} for batch, low, _high, _momentum in points]
    y = {"field": "rate", "type": "quantitative", "title": _("Learning rate"), "axis": {"format": "~g"}}
    told = [("of", _("Of the"), ""), ("batch", _("Batch"), "d"), ("rate", _("Learning rate"), ".3~e")]
    encoding = {**_by_batch(), "y": y, "tooltip": _tips(told)}
    encoding["color"] = _coloured("of", [last, first] if split else [last])
    return {"data": {"values": values}, "width": "container", "height": 160, "mark": "line", "encoding": encoding}


def momentum_chart(points: Sequence[Sequence[float]]) -> Spec | None:
    """Describe the momentum by batch."""
    if len(points) < 2:
        return None
    y = {"field": "momentum", "type": "quantitative", "title": _("Momentum"), "scale": {"zero": False}}
    told = [("batch", _("Batch"), "d"), ("momentum", _("Momentum"), ".3f")]
    return {
        "data": {"values": [{"batch": point[0], "momentum": point[3]} for point in points]},
        "width": "container",
        "height": 160,
        "mark": "line",
        "encoding": {**_by_batch(), "y": y, "tooltip": _tips(told)},
    }


def _by_batch() -> Spec:
    return {"x": {"field": "batch", "type": "quantitative", "title": _("Batch"), "axis": {"format": "d"}}}


def _coloured(field: str, names: Sequence[str]) -> Spec:
    legend = {"orient": "top", "title": None, "labelLimit": 320} if len(names) > 1 else None
    scale = {"domain": list(names), "range": list(_HUES[: len(names)])}
    return {"field": field, "type": "nominal", "scale": scale, "legend": legend}


def _tips(told: Sequence[tuple[str, str, str]]) -> list[Spec]:
    return [
        {"field": name, "title": title} | ({"type": "quantitative", "format": form} if form else {"type": "nominal"})
        for name, title, form in told
    ]


def _csv(head: Sequence[str], rows: Sequence[Sequence[object]], name: str) -> Response:
    lines = [",".join(head), *(",".join(map(_cell, row)) for row in rows)]
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response("\n".join(lines) + "\n", media_type="text/csv; charset=utf-8", headers=headers)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
