from math import log

import numpy as np
import pytest
from hypothesis import given
from sklearn.metrics import log_loss

from app.domain.losses import cell_losses, image_losses, top_images, top_losses
from app.domain.statuses import Direction
from tests.unit.domain.strategies import Matrix, cases, reproducible

TRUTH = np.array([[1, 0, -1], [0, 1, 1], [-1, -1, -1]], dtype=np.int8)
PROBABILITIES = np.array([[0.2, 0.9, 0.9], [0.1, 0.6, 0.3], [0.5, 0.5, 0.5]])


def test_the_loss_of_a_cell_is_minus_the_logarithm_of_what_the_right_answer_got() -> None:
    expected = [[-log(0.2), -log(0.1), np.nan], [-log(0.9), -log(0.6), -log(0.3)], [np.nan] * 3]

    np.testing.assert_allclose(cell_losses(TRUTH, PROBABILITIES), expected, rtol=1e-12)


@reproducible
@given(cases(unknown=True))
def test_the_mean_loss_of_a_label_equals_scikit_learns(case: tuple[Matrix, Matrix, Matrix]) -> None:
    truth, probabilities, _ = case
    clipped = np.clip(probabilities, 1e-7, 1 - 1e-7)
    losses = cell_losses(truth, probabilities)

    for column in range(truth.shape[1]):
        rows = truth[:, column] >= 0
        if rows.any():
            expected = log_loss(truth[rows, column], clipped[rows, column], labels=[0, 1])
            assert losses[rows, column].mean() == pytest.approx(expected, abs=1e-9)
        assert np.isnan(losses[~rows, column]).all()


def test_certain_and_wrong_is_bounded() -> None:
    losses = cell_losses([[1, 0]], [[0.0, 1.0]])

    assert losses == pytest.approx(np.full((1, 2), -log(1e-7)), rel=1e-7)
    assert cell_losses([[1, 0]], [[1.0, 0.0]]) == pytest.approx(np.zeros((1, 2)), abs=1e-6)


def test_the_loss_of_an_image_is_the_mean_over_its_known_labels() -> None:
    losses = image_losses(TRUTH, PROBABILITIES)

    assert losses[0] == pytest.approx((-log(0.2) - log(0.1)) / 2)
    assert losses[1] == pytest.approx((-log(0.9) - log(0.6) - log(0.3)) / 3)
    assert np.isnan(losses[2])


def test_top_images_leave_out_those_nobody_answered() -> None:
    assert [image.row for image in top_images(TRUTH, PROBABILITIES)] == [0, 1]
    assert [image.row for image in top_images(TRUTH, PROBABILITIES, limit=1, offset=1)] == [1]


def test_top_losses_tell_missed_from_wrongly_added_and_come_worst_first() -> None:
    top = top_losses(TRUTH, PROBABILITIES)

    assert [(loss.row, loss.label, loss.direction, loss.truth) for loss in top] == [
        (0, 1, Direction.WRONGLY_ADDED, 0),
        (0, 0, Direction.MISSED, 1),
        (1, 2, Direction.MISSED, 1),
        (1, 1, Direction.MISSED, 1),
        (1, 0, Direction.WRONGLY_ADDED, 0),
    ]
    assert top[0].probability == 0.9
    assert top[0].loss == pytest.approx(-log(0.1))


def test_with_thresholds_only_errors_are_listed() -> None:
    top = top_losses(TRUTH, PROBABILITIES, thresholds=[0.5, 0.5, 0.5])

    assert [(loss.row, loss.label) for loss in top] == [(0, 1), (0, 0), (1, 2)]
    # At a threshold of 0.2 the first label of the first image is predicted, and right.
    assert [(loss.row, loss.label) for loss in top_losses(TRUTH, PROBABILITIES, thresholds=[0.2, 0.5, 0.3])] == [(0, 1)]


def test_top_losses_can_be_narrowed_to_a_label_and_a_direction() -> None:
    assert [loss.row for loss in top_losses(TRUTH, PROBABILITIES, label=0)] == [0, 1]
    assert [loss.row for loss in top_losses(TRUTH, PROBABILITIES, label=0, direction=Direction.WRONGLY_ADDED)] == [1]
    assert {loss.truth for loss in top_losses(TRUTH, PROBABILITIES, direction=Direction.MISSED)} == {1}


@reproducible
@given(cases(unknown=True))
def test_pages_put_together_are_the_whole_list(case: tuple[Matrix, Matrix, Matrix]) -> None:
    truth, probabilities, thresholds = case
    whole = top_losses(truth, probabilities, thresholds=thresholds)
    pages = [
        top_losses(truth, probabilities, thresholds=thresholds, limit=2, offset=offset)
        for offset in range(0, len(whole) + 2, 2)
    ]

    assert [loss for page in pages for loss in page] == whole
    assert [loss.loss for loss in whole] == sorted((loss.loss for loss in whole), reverse=True)
    predicted = probabilities >= thresholds
    assert len(whole) == int(((truth >= 0) & (predicted != (truth == 1))).sum())


@pytest.mark.parametrize(("limit", "offset"), [(-1, 0), (1, -1)])
def test_negative_pages_are_refused(limit: int, offset: int) -> None:
    with pytest.raises(ValueError, match="negative"):
        top_losses(TRUTH, PROBABILITIES, limit=limit, offset=offset)
