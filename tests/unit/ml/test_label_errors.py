"""Suspects and their estimated number are cleanlab's, label by label, with unknown answers left out."""

import numpy as np
import pytest
from cleanlab.count import num_label_issues
from cleanlab.multilabel_classification.rank import get_label_quality_scores_per_class

from worker.ml.label_errors import estimated_errors, label_quality


def world(n: int = 300, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    truth = (chance.random((n, 4)) < [0.5, 0.3, 0.1, 0.05]).astype(np.int8)
    probabilities = 1 / (1 + np.exp(-(3 * truth - 1.5 + chance.normal(0, 1, truth.shape))))
    return truth, probabilities


def test_quality_is_that_of_cleanlabs_multilabel_scores() -> None:
    truth, probabilities = world()
    lists = [np.flatnonzero(row).tolist() for row in truth]
    assert (label_quality(truth, probabilities) == get_label_quality_scores_per_class(lists, probabilities)).all()


def test_unknown_answers_and_absent_probabilities_are_masked() -> None:
    truth, probabilities = world()
    whole = label_quality(truth, probabilities)
    truth[:40, 0] = -1
    probabilities[40:70] = np.nan
    masked = label_quality(truth, probabilities)
    left_out = (truth < 0) | np.isnan(probabilities)
    assert (np.isnan(masked) == left_out).all()
    assert (masked[~left_out] == whole[~left_out]).all()


def test_the_estimate_is_cleanlabs_for_each_label_by_itself() -> None:
    truth, probabilities = world()
    wrong = np.random.default_rng(1).random(truth.shape) < 0.06
    truth = np.where(wrong, 1 - truth, truth).astype(np.int8)
    truth[:25, 1] = -1
    expected = []
    for column in range(4):
        known = truth[:, column] >= 0
        pair = np.stack([1 - probabilities[known, column], probabilities[known, column]], axis=1)
        expected.append(num_label_issues(truth[known, column], pair))
    found = estimated_errors(truth, probabilities)
    assert found == expected
    assert sum(n or 0 for n in found) == pytest.approx(wrong.sum(), rel=0.5)


@pytest.mark.parametrize("cell", [0, 1, -1])
def test_a_label_with_one_side_only_has_no_estimate(cell: int) -> None:
    truth, probabilities = world(50)
    truth[:, 2] = cell
    assert estimated_errors(truth, probabilities)[2] is None
    quality = label_quality(truth, probabilities)[:, 2]
    if cell < 0:
        assert np.isnan(quality).all()
    else:
        assert np.allclose(quality, probabilities[:, 2] if cell else 1 - probabilities[:, 2])


def test_nothing_known_is_no_fault() -> None:
    assert label_quality(np.zeros((0, 2), dtype=np.int8), np.zeros((0, 2))).shape == (0, 2)
    assert estimated_errors(np.zeros((0, 2), dtype=np.int8), np.zeros((0, 2))) == [None, None]
