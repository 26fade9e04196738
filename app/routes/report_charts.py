"""The charts of a report, as Vega-Lite takes them."""

from math import isnan
from typing import Any

from app.domain.calibration import Calibration
from app.domain.curves import Curves
from app.i18n import gettext as _
from app.services.evaluations import LabelReport, Report

# More labels than this get a lower band each, so that the chart still fits on a screen.
MANY_LABELS = 12
SHARE = {"type": "quantitative", "scale": {"domain": [0, 1]}, "axis": {"tickCount": 5}}
# As wide as high, so that both shares have the same scale.
SIDE = 300
# As wide as half a page is, which charts of several parts cannot find out by themselves.
HISTOGRAM = 430


def figures_chart(made: Report) -> dict[str, Any]:
    """Describe precision, recall and average precision with their intervals, one band a label."""
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
    many = len(made.labels) > MANY_LABELS
    place = {
        "y": {"field": "label", "type": "nominal", "title": None, "sort": None, "axis": {"labelLimit": 220}},
        "yOffset": {"field": "measure", "type": "nominal", "sort": measures},
        "color": _measure_scale(measures, "range", ["token:accent", "hue:vermilion", "hue:slate"]),
    }
    across = {**SHARE, "title": None}
    tooltip = [{"field": "label", "title": _("Label")}, {"field": "measure", "title": _("Figure")}] + [
        {"field": name, "title": title, "format": ".3f"}
        for name, title in (("value", _("Value")), ("low", _("Interval from")), ("high", _("Interval to")))
    ]
    rule = {
        "mark": {"type": "rule", "strokeWidth": 1.5 if many else 2},
        "encoding": {"x": {"field": "low", **across}, "x2": {"field": "high"}},
    }
    shapes = _measure_scale(measures, "range", ["circle", "square", "diamond"])
    point = {
        "mark": {"type": "point", "filled": True, "size": 24 if many else 80, "opacity": 1},
        "encoding": {"x": {"field": "value", **across}, "shape": shapes, "tooltip": tooltip},
    }
    return {
        "data": {"values": values},
        "width": "container",
        "height": (22 if many else 56) * len(made.labels),  # room for three dots that do not touch
        "encoding": place,
        "layer": [rule, point],
    }


def precision_recall_chart(traced: Curves, row: LabelReport) -> dict[str, Any]:
    """Describe precision against recall for every threshold, with where the threshold in force stands."""
    points = zip(traced.thresholds, traced.recall, traced.precision, strict=True)
    share = row.metrics.support / row.metrics.n_known
    return _curve(
        [_point(*point) for point in points if not isnan(point[1])],
        (_("Recall: share of the images showing it that are found"), _("Precision: share of the tagged that show it")),
        (row.metrics.recall, row.metrics.precision),
        # What tagging images at random would give: as many as show it.
        {"data": {"values": [{"y": share}]}, "mark": _dashed("rule"), "encoding": {"y": {"field": "y", **SHARE}}},
    )


def roc_chart(traced: Curves, row: LabelReport) -> dict[str, Any]:
    """Describe recall against false alarms for every threshold."""
    points = zip(traced.thresholds, traced.false_alarms, traced.recall, strict=True)
    lacking = row.metrics.fp + row.metrics.tn
    here = (row.metrics.fp / lacking if lacking else float("nan"), row.metrics.recall)
    chance = {
        "data": {"values": [{"x": 0, "y": 0}, {"x": 1, "y": 1}]},
        "mark": _dashed("line"),
        "encoding": {"x": {"field": "x", **SHARE}, "y": {"field": "y", **SHARE}},
    }
    known = [_point(*point) for point in points if not (isnan(point[1]) or isnan(point[2]))]
    titles = (_("False alarms: share of the other images that are tagged"), _("Recall: share found"))
    # Above every threshold nothing is tagged at all.
    return _curve([{"x": 0.0, "y": 0.0, "threshold": 1.0}, *known], titles, here, chance)


def reliability_chart(made: Calibration) -> dict[str, Any]:
    """Describe how often the label is there against how probable it was called, with the images of each bin."""
    values = [
        {"mean": each.mean, "share": each.share, "n": each.n, "low": each.interval.low, "high": each.interval.high}
        for each in made.bins
        if each.n
    ]
    across = {"field": "mean", **SHARE, "title": _("Mean probability in the bin")}
    tooltip = [
        {"field": "mean", "title": _("Mean probability"), "format": ".3f"},
        {"field": "share", "title": _("Share that shows it"), "format": ".3f"},
        {"field": "n", "title": _("Images")},
    ]
    diagonal = {
        "data": {"values": [{"mean": 0, "share": 0}, {"mean": 1, "share": 1}]},
        "mark": _dashed("line"),
        "encoding": {"x": across, "y": {"field": "share", **SHARE, "title": _("Share that shows the label")}},
    }
    spans = {
        "mark": {"type": "rule", "strokeWidth": 2},
        "encoding": {"x": across, "y": {"field": "low", **SHARE}, "y2": {"field": "high"}},
    }
    dots = {
        "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1, "color": "token:accent"},
        "encoding": {"x": across, "y": {"field": "share", **SHARE}, "tooltip": tooltip},
    }
    counts = {
        "mark": {"type": "text", "dy": -10, "align": "left", "dx": 5, "fontSize": 11},
        "encoding": {"x": across, "y": {"field": "share", **SHARE}, "text": {"field": "n"}},
    }
    return {**_square(), "layer": [diagonal, {"data": {"values": values}, "layer": [spans, dots, counts]}]}


def histogram_chart(row: LabelReport) -> dict[str, Any]:
    """Describe how the probabilities lie of images that show the label and of those that do not."""
    kinds = [_("shows it"), _("does not show it")]
    without, showing = row.ranking.histogram
    width = 1 / len(without)
    values = [
        {"from": place * width, "to": (place + 1) * width, "n": n, "kind": kind}
        for kind, counted in zip(kinds, (showing, without), strict=True)
        for place, n in enumerate(counted)
    ]
    colours = {"domain": kinds, "range": [f"hue:{row.label.colour}", "token:line-strong"]}
    across = {"field": "from", **SHARE, "title": _("Probability")}
    tooltip = [
        {"field": "kind", "title": _("Image")},
        {"field": "from", "title": _("Above"), "format": ".2f"},
        {"field": "to", "title": _("Up to"), "format": ".2f"},
        {"field": "n", "title": _("Images")},
    ]
    bars = {
        "mark": {"type": "bar", "orient": "vertical"},
        "encoding": {
            "x": across,
            "x2": {"field": "to"},
            "y": {"field": "n", "type": "quantitative", "title": _("Images"), "axis": {"tickCount": 3}},
            "y2": {"datum": 0},
            "color": {"field": "kind", "type": "nominal", "legend": None, "scale": colours},
            "tooltip": tooltip,
        },
    }
    threshold = {
        "data": {"values": [{"threshold": row.threshold}]},
        "mark": {"type": "rule", "strokeWidth": 2, "color": "token:ink"},
        "encoding": {"x": {"field": "threshold", **SHARE}},
    }
    return {
        "data": {"values": values},
        "facet": {"row": {"field": "kind", "type": "nominal", "title": None, "sort": kinds, "header": _above()}},
        "spec": {"width": HISTOGRAM, "height": 90, "layer": [bars, threshold]},
        # Rare labels would be flat beside all the images that do not show them.
        "resolve": {"scale": {"y": "independent"}},
    }


def _curve(
    values: list[dict[str, float]], titles: tuple[str, str], here: tuple[float, float], chance: dict[str, Any]
) -> dict[str, Any]:
    x, y = {"field": "x", **SHARE, "title": titles[0]}, {"field": "y", **SHARE, "title": titles[1]}
    tooltip = [{"field": "threshold", "title": _("Threshold"), "format": ".3f"}]
    order = {"field": "threshold", "type": "quantitative", "sort": "descending"}
    line = {
        "data": {"values": values},
        # A lone point is no line: where all images have one probability it is all there is.
        "mark": {"type": "line", "color": "token:accent", "point": len(values) < MANY_LABELS},
        "encoding": {"x": x, "y": y, "order": order, "tooltip": tooltip},
    }
    layers = [chance, line]
    if not any(isnan(value) for value in here):
        layers.append(
            {
                "data": {"values": [{"x": here[0], "y": here[1]}]},
                "mark": {"type": "point", "filled": True, "size": 110, "opacity": 1, "color": "hue:vermilion"},
                "encoding": {"x": x, "y": y},
            }
        )
    return {**_square(), "layer": layers}


def _point(threshold: float, x: float, y: float) -> dict[str, float]:
    return {"x": float(x), "y": float(y), "threshold": float(threshold)}


def _square() -> dict[str, Any]:
    return {"width": SIDE, "height": SIDE}


def _above() -> dict[str, Any]:
    return {"labelAngle": 0, "labelAlign": "left", "labelAnchor": "start", "labelOrient": "top"}


def _dashed(kind: str) -> dict[str, Any]:
    return {"type": kind, "strokeDash": [4, 4], "strokeWidth": 1, "color": "token:line-strong"}


def _measure_scale(measures: list[str], name: str, values: list[str]) -> dict[str, Any]:
    legend = {"orient": "top", "title": None, "columns": 2}  # three in a row do not fit on a telephone
    return {"field": "measure", "type": "nominal", "scale": {"domain": measures, name: values}, "legend": legend}
