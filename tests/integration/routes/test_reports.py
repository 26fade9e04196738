"""The report's page and files show the figures of the domain, and leads set thresholds on it."""

import csv
import io
from collections.abc import Callable

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sklearn.metrics import average_precision_score, precision_recall_fscore_support
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, JobStatus, Split
from app.models import Account
from app.services import annotations, evaluations
from app.services.evidence import load
from tests.run_factory import World, make_world

SignIn = Callable[[Account], TestClient]
TOLERANCE = 1e-9


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, test_share=0.25)


def report(world: World) -> str:
    return f"/projects/{world.project.id}/runs/1/report"


def test_the_page_shows_every_label_with_its_figures(session: Session, world: World, sign_in: SignIn) -> None:
    page = sign_in(world.reviewer).get(report(world))
    assert page.status_code == 200
    made = evaluations.report(session, world.run)
    for row in made.labels:
        assert row.label.name in page.text
        assert f'<span class="metric__value">{row.metrics.precision:.2f}</span>' in page.text
        low, high = row.metrics.recall_interval
        assert f"[{low:.2f}\N{EN DASH}{high:.2f}]" in page.text
        cell = f"/projects/{world.project.id}/runs/1/cells/{row.label.id}/tp"
        assert (cell in page.text) == bool(row.metrics.tp)
    assert "cross-fitted" in page.text


@pytest.mark.parametrize("split", list(Split))
@pytest.mark.parametrize("basis", ["tuned", "half"])
def test_files_hold_what_scikit_learn_computes(
    session: Session, world: World, sign_in: SignIn, split: Split, basis: str
) -> None:
    client = sign_in(world.reviewer)
    query = f"?split={split.value}&at={basis}"
    made = client.get(f"/api/v1{report(world)}{query}").json()
    lines = csv.DictReader(io.StringIO(client.get(f"{report(world)}.csv{query}").text))
    table = {row["label"]: row for row in lines}
    seen = load(session, world.run, split)
    rows = world.rows(split)
    predicted = (seen.probabilities >= 0.5) if basis == "half" else seen.predictions
    truth = world.truth[rows]
    wanted = precision_recall_fscore_support(truth, predicted, average=None, zero_division=np.nan)
    for column, label in enumerate(made["labels"]):
        given = {
            "precision": wanted[0][column],
            "recall": wanted[1][column],
            "f1": wanted[2][column],
            "average_precision": average_precision_score(truth[:, column], seen.probabilities[:, column]),
        }
        for name, value in given.items():
            assert label[name] == pytest.approx(value, abs=TOLERANCE)
            assert float(table[label["label"]][name]) == pytest.approx(value, abs=TOLERANCE)
        assert label["support"] == wanted[3][column] == int(table[label["label"]]["support"])
    macro = precision_recall_fscore_support(truth, predicted, average="macro", zero_division=0)
    assert float(table["[macro average]"]["f1"]) == pytest.approx(macro[2], abs=TOLERANCE)


def test_a_run_that_has_not_finished_is_shown_on_its_way(session: Session, world: World, sign_in: SignIn) -> None:
    world.run.job.status = JobStatus.RUNNING
    session.commit()
    answer = sign_in(world.reviewer).get(report(world))
    assert (answer.status_code, answer.headers["location"]) == (303, f"/projects/{world.project.id}/runs/1")


def test_changed_labels_call_for_a_retraining(session: Session, world: World, sign_in: SignIn) -> None:
    assert "changed since this run" not in sign_in(world.lead).get(report(world)).text
    annotations.decide(
        session,
        project=world.project,
        image_id=world.images[0].id,
        account=world.reviewer,
        label_id=world.labels[0].id,
        answer=Answer.ABSENT if world.truth[0, 0] else Answer.PRESENT,
    )
    session.commit()
    lead = sign_in(world.lead).get(report(world)).text
    assert "1 label has been changed since this run." in lead
    assert "Retrain with them" in lead
    reviewer = sign_in(world.reviewer).get(report(world)).text
    assert "A lead of this project can retrain" in reviewer
    assert "Retrain with them" not in reviewer


def test_an_annotator_and_a_stranger_do_not_see_it(world: World, sign_in: SignIn, owner: Account) -> None:
    assert sign_in(world.annotator).get(report(world)).status_code == 403


def test_labels_no_one_has_found_or_predicted_are_shown_as_not_measurable(session: Session, sign_in: SignIn) -> None:
    world = make_world(session, n=6)
    page = sign_in(world.reviewer).get(report(world))
    assert page.status_code == 200
    assert "nan" not in page.text
    assert "not measurable" in page.text
    assert "could be far off" in page.text
