"""What the sliders are told agrees with counting by hand."""

import numpy as np
import pytest
from sqlalchemy.orm import Session

from app.domain.objectives import F1, Objective
from app.domain.shared_threshold import shared_curve
from app.domain.statuses import Split
from app.errors import ConflictError, NotFoundError
from app.models import Prediction
from app.models.types import now
from app.services import evidence, threshold_data, thresholds
from tests.run_factory import World, make_world


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=90, unknown=0.15, test_share=0.25)


def test_counts_are_of_the_validation_images_and_of_the_whole_collection(session: Session, world: World) -> None:
    world.images[1].excluded_at = now()
    session.flush()
    rows = world.rows(Split.VALIDATION)
    truth, said = world.truth[rows], world.probabilities[rows].astype(np.float64)
    everything = np.delete(world.probabilities, 1, axis=0).astype(np.float64)
    found = threshold_data.label_data(session, world.run, [label.id for label in reversed(world.labels)])
    limits = thresholds.limits_of(session, world.run.id)
    for column, data in zip((3, 2, 1, 0), found, strict=True):
        assert data.label_id == world.labels[column].id
        for step in (0, 250, 500, 731, 1000):
            reached = said[:, column] >= step / 1000
            assert data.binned.present[step:].sum() == (reached & (truth[:, column] == 1)).sum()
            assert data.binned.absent[step:].sum() == (reached & (truth[:, column] == 0)).sum()
            assert data.binned.collection[step:].sum() == (everything[:, column] >= step / 1000).sum()
        limit = limits[data.label_id]
        assert data.threshold == limit
        assert data.active.tp == ((said[:, column] >= limit) & (truth[:, column] == 1)).sum()
        assert data.active.collection == (everything[:, column] >= limit).sum()


def test_cross_fitted_counts_are_those_of_the_report(session: Session, world: World) -> None:
    by_hand = world.labels[1].id
    thresholds.set_values(session, world.run, {by_hand: 0.4}, None)
    seen = evidence.load(session, world.run)
    for column, data in enumerate(threshold_data.label_data(session, world.run, [label.id for label in world.labels])):
        if data.label_id == by_hand:
            assert (data.cross_fitted, data.objective, data.beta) == (None, None, 1)
            continue
        assert data.cross_fitted is not None
        predicted, truth = seen.predictions[:, column] == 1, seen.truth[:, column]
        counts = ((predicted & (truth == 1)).sum(), (predicted & (truth == 0)).sum(), (~predicted & (truth == 1)).sum())
        assert (data.cross_fitted.tp, data.cross_fitted.fp, data.cross_fitted.fn) == counts
        assert data.objective == F1


def test_the_f_shown_is_that_of_the_objective(session: Session, world: World) -> None:
    label = world.labels[0].id
    thresholds.keep_tuned(session, world.run.id, [thresholds.Chosen(label, 0.4, tuned=True)], Objective(value=2.0))
    (data,) = threshold_data.label_data(session, world.run, [label])
    assert data.beta == 2


def test_the_shared_curve_is_that_of_the_validation_images(session: Session, world: World) -> None:
    rows = world.rows(Split.VALIDATION)
    wanted = shared_curve(world.truth[rows], world.probabilities[rows].astype(np.float64))
    found = threshold_data.shared(session, world.run)
    assert (found.accuracy.tolist(), found.macro_f1.tolist()) == (wanted.accuracy.tolist(), wanted.macro_f1.tolist())


def test_a_label_that_the_run_does_not_know_is_refused(session: Session, world: World) -> None:
    with pytest.raises(NotFoundError):
        threshold_data.label_data(session, world.run, [world.labels[0].id, 10_000])


def test_missing_predictions_are_said(session: Session, world: World) -> None:
    last = world.images[world.rows(Split.VALIDATION)[-1]]
    session.delete(session.get_one(Prediction, (world.run.id, last.id)))
    session.flush()
    with pytest.raises(ConflictError):
        threshold_data.look(session, world.run)


def test_a_run_without_validation_images_can_still_be_looked_at(session: Session, world: World) -> None:
    world.truth[:] = -1
    empty = make_world(session, n=1, n_labels=2, unknown=1.0)
    data, _other = threshold_data.label_data(session, empty.run, [label.id for label in empty.labels])
    assert (data.binned.present.sum(), data.binned.collection.sum(), data.cross_fitted) == (0, 1, None)
