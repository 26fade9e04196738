import numpy as np
import pytest

from app.domain.matrices import (
    checked_predictions,
    checked_probabilities,
    checked_thresholds,
    checked_truth,
    predict,
)


@pytest.mark.parametrize("wrong", [[1, 0], [[2, 0]], [[-2]], [[0.5]], [[float("nan")]]])
def test_truth_that_is_no_truth_is_refused(wrong: list[object]) -> None:
    with pytest.raises(ValueError, match="truth"):
        checked_truth(np.array(wrong))


@pytest.mark.parametrize("wrong", [[[0.2, 1.2]], [[-0.1, 0.5]], [[float("nan"), 0.5]], [[0.5]]])
def test_probabilities_out_of_range_missing_or_of_another_shape_are_refused(wrong: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="probabilities"):
        checked_probabilities(wrong, (1, 2))


@pytest.mark.parametrize("wrong", [[[0, 2]], [[0]], [[-1, 1]]])
def test_predictions_other_than_0_and_1_are_refused(wrong: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="predictions"):
        checked_predictions(wrong, (1, 2))


@pytest.mark.parametrize("wrong", [[0.5], [0.5, float("nan")], [[0.5, 0.5]], [0.5, float("inf")]])
def test_thresholds_other_than_one_finite_number_per_label_are_refused(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match="threshold"):
        checked_thresholds(wrong, 2)


def test_one_threshold_stands_for_all_labels() -> None:
    assert checked_thresholds(0.3, 3).tolist() == [0.3, 0.3, 0.3]


def test_a_probability_at_the_threshold_is_predicted() -> None:
    assert predict([[0.5, 0.4999], [0.2, 0.9]], [0.5, 0.5]).tolist() == [[1, 0], [0, 1]]


def test_a_missing_probability_is_not_predicted() -> None:
    assert predict([[float("nan")]], 0.0).tolist() == [[0]]


def test_single_precision_probabilities_are_not_rounded_across_a_threshold() -> None:
    probability = np.array([[0.3]], dtype=np.float32)
    just_above = float(probability[0, 0]) + 1e-12

    assert predict(probability, [just_above]).tolist() == [[0]]
    assert predict(probability, [float(probability[0, 0])]).tolist() == [[1]]
