"""The page of one label of a report, and the numbers behind its charts."""

import csv
import io
import json
import re
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sklearn.metrics import precision_recall_curve
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Account, Prediction, SnapshotItem
from app.services import evaluations
from app.services.evidence import Basis, load
from tests.run_factory import World, make_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=120, unknown=0.1)


def address(world: World, column: int = 0) -> str:
    return f"/projects/{world.project.id}/runs/1/report/labels/{world.labels[column].id}"


def charts(page: str) -> list[dict[str, object]]:
    return [
        json.loads(found) for found in re.findall(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)
    ]


def rows_of(text: str) -> list[dict[str, float]]:
    return [{name: float(value or "nan") for name, value in row.items()} for row in csv.DictReader(io.StringIO(text))]


def items(session: Session, world: World) -> Sequence[SnapshotItem]:
    return session.scalars(select(SnapshotItem).where(SnapshotItem.run_id == world.run.id)).all()


def test_the_page_shows_both_thresholds_side_by_side_and_four_charts(
    session: Session, world: World, sign_in: SignIn
) -> None:
    page = sign_in(world.reviewer).get(f"{address(world)}?beta=2").text
    tuned, half = (evaluations.report(session, world.run, basis=basis).labels[0] for basis in Basis)
    for row in (tuned, half):
        assert f'<span class="metric__value">{row.metrics.precision:.2f}</span>' in page
    assert "F2" in page
    assert f"At {tuned.threshold:.3f}" in page
    assert len(charts(page)) == 4


def test_the_numbers_of_the_curves_are_scikit_learns(session: Session, world: World, sign_in: SignIn) -> None:
    rows = rows_of(sign_in(world.reviewer).get(f"{address(world)}/curves.csv").text)
    seen = load(session, world.run)
    known = seen.truth[:, 0] >= 0
    truth, said = seen.truth[known, 0], seen.probabilities[known, 0]
    precision, recall, thresholds = precision_recall_curve(truth, said, drop_intermediate=False)
    assert [row["threshold"] for row in rows] == pytest.approx(thresholds[::-1])
    assert [row["precision"] for row in rows] == pytest.approx(precision[:-1][::-1])
    assert [row["recall"] for row in rows] == pytest.approx(recall[:-1][::-1])


def test_the_numbers_of_the_probabilities_add_up_to_the_images(session: Session, world: World, sign_in: SignIn) -> None:
    client = sign_in(world.reviewer)
    figures = evaluations.report(session, world.run).labels[0].metrics
    histogram = rows_of(client.get(f"{address(world)}/probabilities.csv").text)
    assert sum(row["present"] for row in histogram) == figures.support
    assert sum(row["present"] + row["absent"] for row in histogram) == figures.n_known
    bins = rows_of(client.get(f"{address(world)}/reliability.csv").text)
    assert sum(row["images"] for row in bins) == figures.n_known
    filled = [row for row in bins if row["images"]]
    assert all(row["share"] == row["present"] / row["images"] for row in filled)
    error = sum(row["images"] * abs(row["share"] - row["mean_probability"]) for row in filled) / figures.n_known
    assert error == pytest.approx(evaluations.report(session, world.run).labels[0].ranking.calibration.error)


@pytest.mark.parametrize("value", [0, 1, -1])
def test_a_label_of_one_kind_only_is_told_in_words(session: Session, sign_in: SignIn, value: int) -> None:
    world = make_world(session, n=30)
    for item in items(session, world):
        cells = np.frombuffer(item.truth, dtype=np.int8).copy()
        cells[0] = value
        item.truth = cells.tobytes()
    session.commit()
    page = sign_in(world.reviewer).get(address(world))
    assert page.status_code == 200
    sentence = {
        0: "No image here shows the label",
        1: "Every image here shows the label",
        -1: "Nobody has answered for this label",
    }[value]
    assert sentence in page.text
    assert "NaN" not in page.text
    assert "nan" not in page.text
    assert len(charts(page.text)) == {0: 2, 1: 3, -1: 0}[value]


def test_equal_probabilities_make_one_point(session: Session, sign_in: SignIn) -> None:
    world = make_world(session, n=30)
    for said in session.scalars(select(Prediction).where(Prediction.run_id == world.run.id)):
        said.probabilities = np.full(4, 0.5, dtype="<f4").tobytes()
    session.commit()
    page = sign_in(world.reviewer).get(address(world))
    assert page.status_code == 200
    assert len(rows_of(sign_in(world.reviewer).get(f"{address(world)}/curves.csv").text)) == 1


@pytest.mark.parametrize("file", ["", "/curves.csv", "/probabilities.csv", "/reliability.csv"])
def test_a_label_that_the_run_does_not_know_is_not_found(world: World, sign_in: SignIn, file: str) -> None:
    client = sign_in(world.reviewer)
    assert client.get(f"/projects/{world.project.id}/runs/1/report/labels/999999{file}").status_code == 404
    assert sign_in(world.annotator).get(address(world) + file).status_code == 403
