import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from app.domain.ranking import average_precision, resampled_ranking, roc_auc
from tests.unit.domain.strategies import Matrix, cases, reproducible

one_label = cases(unknown=True, min_labels=1, max_labels=1, max_rows=25)


def test_average_precision_of_a_ranking_counted_by_hand() -> None:
    truth = np.array([1, 0, 1, 0], dtype=np.int8)
    probabilities = np.array([0.9, 0.8, 0.7, 0.1])

    # The first positive is found at precision 1/1, the second at 2/3; each is half of the recall.
    assert average_precision(truth, probabilities) == pytest.approx((1 + 2 / 3) / 2, abs=1e-15)
    # Of the four pairs of a positive and a negative, three stand in the right order.
    assert roc_auc(truth, probabilities) == pytest.approx(3 / 4, abs=1e-15)


def test_equal_probabilities_enter_together() -> None:
    truth = np.array([1, 0, 0, 1], dtype=np.int8)

    assert average_precision(truth, np.full(4, 0.3)) == 0.5
    assert roc_auc(truth, np.full(4, 0.3)) == 0.5


@reproducible
@given(one_label)
def test_average_precision_and_roc_auc_equal_scikit_learns_on_known_rows(case: tuple[Matrix, Matrix, Matrix]) -> None:
    truth, probabilities = case[0][:, 0], case[1][:, 0]
    known = truth >= 0
    n_present = int((truth == 1).sum())

    if n_present == 0:
        assert np.isnan(average_precision(truth, probabilities))
    else:
        expected = average_precision_score(truth[known], probabilities[known])
        assert average_precision(truth, probabilities) == pytest.approx(expected, abs=1e-9)
    if n_present in {0, int(known.sum())}:
        assert np.isnan(roc_auc(truth, probabilities))
    else:
        expected = roc_auc_score(truth[known], probabilities[known])
        assert roc_auc(truth, probabilities) == pytest.approx(expected, abs=1e-9)


@reproducible
@given(one_label, st.integers(0, 99))
def test_a_resample_counts_each_row_as_often_as_it_was_drawn(case: tuple[Matrix, Matrix, Matrix], seed: int) -> None:
    truth, probabilities = case[0][:, 0], case[1][:, 0]
    weights = np.random.default_rng(seed).integers(0, 4, (truth.size, 3)).astype(np.float32)

    averages, areas = resampled_ranking(truth, probabilities, weights)

    for resample, average, area in zip(weights.T.astype(int), averages, areas, strict=True):
        rows = np.repeat(np.arange(truth.size), resample)
        rows = rows[truth[rows] >= 0]
        if (truth[rows] == 1).any():
            expected = average_precision_score(truth[rows], probabilities[rows])
            assert average == pytest.approx(expected, abs=1e-9)
        else:
            assert np.isnan(average)
        if len(set(truth[rows])) > 1:
            assert area == pytest.approx(roc_auc_score(truth[rows], probabilities[rows]), abs=1e-9)
        else:
            assert np.isnan(area)


def test_no_rows_at_all_are_undefined_and_warn_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(average_precision(np.empty(0, dtype=np.int8), np.empty(0)))
        assert np.isnan(roc_auc(np.empty(0, dtype=np.int8), np.empty(0)))
