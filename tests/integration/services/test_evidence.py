"""What reports and lists rest on agrees with what the run's evaluation measured."""

import numpy as np
from sqlalchemy.orm import Session

from app.domain.statuses import Split
from app.domain.thresholds import cross_fitted
from app.services import evidence
from app.services.evidence import Basis
from app.services.thresholds import set_values
from tests.run_factory import make_world


def test_validation_predictions_are_cross_fitted_as_the_evaluation_was(session: Session) -> None:
    world = make_world(session)
    seen = evidence.load(session, world.run)
    rows = world.rows(Split.VALIDATION)
    assert seen.image_ids.tolist() == [world.images[row].id for row in rows]
    np.testing.assert_array_equal(seen.truth, world.truth[rows])
    np.testing.assert_array_equal(seen.probabilities, world.probabilities[rows].astype(np.float64))
    honest = cross_fitted(seen.truth, seen.probabilities, seed=world.run.seed)
    np.testing.assert_array_equal(seen.predictions, honest)
    assert seen.cross_fitted.all()


def test_at_half_and_other_splits_nothing_is_cross_fitted(session: Session) -> None:
    world = make_world(session, test_share=0.25)
    half = evidence.load(session, world.run, basis=Basis.HALF)
    np.testing.assert_array_equal(half.predictions, half.probabilities >= 0.5)
    for split in (Split.TEST, Split.TRAIN):
        seen = evidence.load(session, world.run, split)
        assert len(seen.image_ids) == len(world.rows(split)) > 0
        np.testing.assert_array_equal(seen.predictions, seen.probabilities >= seen.thresholds)
        assert not seen.cross_fitted.any()


def test_a_threshold_set_by_hand_is_judged_as_it_stands(session: Session) -> None:
    world = make_world(session)
    set_values(session, world.run, {world.labels[1].id: 0.9}, world.lead)
    seen = evidence.load(session, world.run)
    assert seen.cross_fitted.tolist() == [True, False, True, True]
    assert seen.thresholds[1] == 0.9
    np.testing.assert_array_equal(seen.predictions[:, 1], seen.probabilities[:, 1] >= 0.9)


def test_all_splits_together_judge_each_image_as_its_own_split_does(session: Session) -> None:
    world = make_world(session, test_share=0.25)
    whole = evidence.load(session, world.run, None)
    assert len(whole.image_ids) == len(world.images)
    for split in Split:
        rows = [row for row, each in enumerate(whole.splits) if each is split]
        part = evidence.load(session, world.run, split)
        np.testing.assert_array_equal(whole.predictions[rows], part.predictions)


def test_splits_are_counted_in_the_order_in_which_they_are_offered(session: Session) -> None:
    world = make_world(session, test_share=0.25)
    counted = evidence.split_counts(session, world.run)
    assert list(counted) == [Split.VALIDATION, Split.TEST, Split.TRAIN]
    assert sum(counted.values()) == 60


def test_truth_today_follows_the_answers_and_knows_labels_by_the_run(session: Session) -> None:
    world = make_world(session, unknown=0.1)
    ids = [image.id for image in world.images]
    np.testing.assert_array_equal(evidence.truth_today(session, world.run, ids), world.truth)
