"""The report's page and files show the figures of the domain, and leads set thresholds on it."""

import csv
import io
from collections.abc import Callable

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sklearn.metrics import average_precision_score, fbeta_score, precision_recall_fscore_support
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, JobStatus, Split
from app.models import Account
from app.routes.reports import in_order
from app.services import annotations, evaluations
from app.services.evidence import load
from tests.exclusive_world import make_exclusive_world
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
    assert "the true recall may lie anywhere between" in page.text


def test_beta_and_what_0_over_0_counts_as_are_chosen_in_the_address(
    session: Session, world: World, sign_in: SignIn
) -> None:
    client = sign_in(world.reviewer)
    seen = load(session, world.run)
    made = client.get(f"/api/v1{report(world)}?beta=2&undefined=1").json()
    wanted = fbeta_score(seen.truth, seen.predictions, beta=2, average="samples", zero_division=1)
    assert (made["beta"], made["undefined_as_one"]) == (2.0, True)
    assert made["samples"]["f_beta"] == pytest.approx(wanted, abs=TOLERANCE)
    page = client.get(f"{report(world)}?beta=2&undefined=1").text
    assert "Macro-F2" in page
    assert f'<span class="metric__value">{wanted:.2f}</span>' in page
    assert "counts as 1, as the lessons do" in page
    assert "report.csv?split=validation&amp;at=tuned&amp;beta=2&amp;undefined=1" in page


def test_the_labels_are_sorted_by_a_column(session: Session, world: World, sign_in: SignIn) -> None:
    page = sign_in(world.reviewer).get(f"{report(world)}?sort=-recall").text
    assert 'aria-sort="descending"' in page
    made = evaluations.report(session, world.run)
    recalls = {row.label.name: row.metrics.recall for row in made.labels}
    for sort, falling in (("recall", False), ("-recall", True)):
        rows = in_order(made, sort)
        assert [row.label.name for row in rows] == sorted(recalls, key=lambda name: recalls[name], reverse=falling)
    assert [row.label.name for row in in_order(made, "name")] == sorted(recalls)
    assert in_order(made, "nothing of the kind") == list(made.labels)


def test_with_many_labels_the_words_are_folded_away(session: Session, sign_in: SignIn) -> None:
    world = make_world(session, n=30, n_labels=14)
    page = sign_in(world.reviewer).get(report(world)).text
    assert "What the figures mean for each of the 14 labels" in page
    assert 'class="confusion"' not in page


def test_labels_that_exclude_each_other_have_an_accuracy_and_no_thresholds(session: Session, sign_in: SignIn) -> None:
    world = make_exclusive_world(session)
    client = sign_in(world.lead)
    page = client.get(report(world)).text
    assert "Accuracy" in page
    assert "Tuned thresholds" not in page
    root = f"/projects/{world.project.id}/runs/1"
    assert "Tuned thresholds" not in client.get(f"{root}/report/labels/{world.labels[0].id}").text
    shown = client.get(f"{root}/thresholds").text
    assert "no threshold to set" in shown
    assert "data-threshold-card" not in shown
    assert client.get(f"{root}/confusion").status_code == 200
