"""The charts of a report hold its figures, and only those that can be drawn."""

import json
from math import isnan

from sqlalchemy.orm import Session

from app.domain.statuses import Split
from app.routes import report_charts
from app.services import evaluations
from app.services.measurements import curves
from tests.run_factory import make_world


def test_every_figure_that_has_an_interval_has_a_dot(session: Session) -> None:
    made = evaluations.report(session, make_world(session, n=90).run)
    values = report_charts.figures_chart(made)["data"]["values"]
    assert len(values) == 3 * len(made.labels)
    assert all(value["low"] <= value["value"] <= value["high"] for value in values)


def test_many_labels_still_fit_on_a_screen(session: Session) -> None:
    few = report_charts.figures_chart(evaluations.report(session, make_world(session, n_labels=4).run))
    many = report_charts.figures_chart(evaluations.report(session, make_world(session, n_labels=36).run))
    assert few["height"] == 4 * 56
    assert many["height"] < 1000


def test_the_curves_pass_through_the_point_where_an_uncrossed_threshold_stands(session: Session) -> None:
    world = make_world(session, n=120)
    row = evaluations.report(session, world.run, Split.TRAIN).labels[0]
    traced = curves(session, world.run, Split.TRAIN, 0)
    spec = report_charts.precision_recall_chart(traced, row)
    line, here = (layer["data"]["values"] for layer in spec["layer"][1:])
    assert {"x": row.metrics.recall, "y": row.metrics.precision} == here[0]
    assert any(point["x"] == here[0]["x"] and point["y"] == here[0]["y"] for point in line)
    roc = report_charts.roc_chart(traced, row)["layer"]
    assert roc[1]["data"]["values"][0] == {"x": 0.0, "y": 0.0, "threshold": 1.0}
    assert roc[1]["data"]["values"][-1]["x"] == roc[1]["data"]["values"][-1]["y"] == 1.0


def test_what_is_drawn_is_json_without_gaps(session: Session) -> None:
    world = make_world(session, n=90)
    row = evaluations.report(session, world.run).labels[0]
    for spec in (report_charts.histogram_chart(row), report_charts.reliability_chart(row.ranking.calibration)):
        json.dumps(spec, allow_nan=False)
    bars = report_charts.histogram_chart(row)["data"]["values"]
    assert sum(bar["n"] for bar in bars) == row.metrics.n_known
    dots = report_charts.reliability_chart(row.ranking.calibration)["layer"][1]["data"]["values"]
    assert not any(isnan(value) for dot in dots for value in dot.values())
