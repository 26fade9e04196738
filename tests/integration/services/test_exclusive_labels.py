"""Where labels exclude each other the most probable one is predicted, everywhere that says what a run predicts."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, precision_recall_fscore_support
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.domain.sampling import Order
from app.domain.statuses import Split
from app.errors import ConflictError
from app.models import Image
from app.services import evaluations, evidence, exports, predictions, rankings, threshold_tuning, thresholds
from app.services.evidence import Basis
from app.services.queue_wishes import Wish
from tests.exclusive_world import make_exclusive_world
from tests.run_factory import World


@pytest.fixture
def world(session: Session) -> World:
    return make_exclusive_world(session)


def best(world: World, rows: list[int]) -> list[int]:
    found: list[int] = world.probabilities[rows].argmax(axis=1).tolist()
    return found


@pytest.mark.parametrize("basis", list(Basis))
def test_a_report_measures_the_most_probable_label(session: Session, world: World, basis: Basis) -> None:
    rows = world.rows(Split.VALIDATION)
    made = evaluations.report(session, world.run, basis=basis)
    true, said = world.truth[rows].argmax(axis=1), best(world, rows)
    precision, recall, _f1, support = precision_recall_fscore_support(true, said, labels=range(4), zero_division=np.nan)
    np.testing.assert_allclose([row.metrics.precision for row in made.labels], precision, rtol=0, atol=1e-12)
    np.testing.assert_allclose([row.metrics.recall for row in made.labels], recall, rtol=0, atol=1e-12)
    assert [row.metrics.support for row in made.labels] == support.tolist()
    # Micro-averaged recall is the accuracy where every image has one label and one prediction.
    assert made.evaluation.micro.recall == pytest.approx(accuracy_score(true, said), abs=1e-12)
    assert not made.cross_fitted
    assert made.threshold_set == "run 1, the most probable label"


def test_lists_rest_on_the_same_predictions(session: Session, world: World) -> None:
    seen = evidence.load(session, world.run, None)
    assert seen.predictions.sum(axis=1).tolist() == [1] * len(world.images)
    few = evidence.at_thresholds(session, world.run, Basis.TUNED, seen.image_ids[:3].tolist())
    assert few.predictions.tolist() == seen.predictions[:3].tolist()


def test_exactly_one_label_is_suggested(session: Session, world: World) -> None:
    ids = [image.id for image in world.images]
    said = predictions.suggestions(session, world.project.id, ids)
    meant = [[each.label_id for each in said[image_id] if each.predicted] for image_id in ids]
    assert meant == [[world.labels[column].id] for column in best(world, list(range(len(ids))))]


def test_thresholds_are_refused(session: Session, world: World) -> None:
    with pytest.raises(ConflictError, match="exclude each other"):
        thresholds.set_values(session, world.run, {world.labels[0].id: 0.3}, world.lead)
    with pytest.raises(ConflictError, match="exclude each other"):
        threshold_tuning.request_tuning(session, world.run)


def test_the_export_says_present_of_one_label_only(session: Session, world: World) -> None:
    rows = list(exports.export_rows(session, world.project))
    names = [label.name for label in world.labels]
    for row, column in zip(rows, best(world, list(range(len(rows)))), strict=True):
        assert [row.cells[name].predicted for name in names].count("present") == 1
        assert row.cells[names[column]].predicted == "present"
        assert row.cells[names[column]].threshold is None


def test_least_certain_is_where_two_labels_are_nearly_alike(session: Session, world: World) -> None:
    session.execute(update(Image).values(opinions=2, needed=1))
    found = rankings.rank(session, world.project, world.reviewer, Wish(Order.LEAST_CERTAIN)).image_ids.tolist()
    ordered = np.sort(world.probabilities.astype(np.float64), axis=1)
    margin = {image.id: row[-1] / (row[-1] + row[-2]) for image, row in zip(world.images, ordered, strict=True)}
    assert sorted(found) == sorted(margin)
    assert margin[found[0]] == min(margin.values())
