"""One threshold for all labels, against fastai and scikit-learn."""

import numpy as np
import pytest
import torch
from fastai.metrics import accuracy_multi
from hypothesis import given
from sklearn.metrics import f1_score

from app.domain.shared_threshold import shared_curve
from tests.unit.domain.strategies import Matrix, cases, noisy, reproducible

TOLERANCE = 1e-9


def test_the_thresholds_are_those_of_the_lessons() -> None:
    curve = shared_curve([[1, 0]], [[0.7, 0.2]])
    assert curve.thresholds == pytest.approx(np.linspace(0.05, 0.95, 29), abs=1e-12)
    assert (curve.thresholds[0], curve.thresholds[14], curve.thresholds[-1]) == (0.05, 0.5, 0.95)


def test_accuracy_is_fastais_accuracy_multi() -> None:
    truth, said = noisy(400, 5, seed=3)
    curve = shared_curve(truth, said)
    # fastai predicts above a threshold, Loupe from it on: no probability here lies exactly on one.
    assert not np.isin(said, curve.thresholds).any()
    for limit, accuracy in zip(curve.thresholds, curve.accuracy, strict=True):
        theirs = accuracy_multi(torch.tensor(said), torch.tensor(truth), thresh=limit, sigmoid=False)
        assert accuracy == pytest.approx(float(theirs), abs=1e-6)  # theirs is a mean in single precision


@reproducible
@given(cases(unknown=True))
def test_both_figures_equal_those_of_the_known_cells(case: tuple[Matrix, Matrix, Matrix]) -> None:
    truth, said, limits = case
    curve = shared_curve(truth, said, limits)
    known = truth >= 0
    for place, limit in enumerate(limits):
        right = (truth == (said >= limit))[known]
        scores = [
            f1_score(truth[rows, label], said[rows, label] >= limit, zero_division=0)
            for label, rows in enumerate(known.T)
            if rows.any()
        ]
        if not scores:
            assert np.isnan([curve.accuracy[place], curve.macro_f1[place]]).all()
            continue
        assert curve.accuracy[place] == pytest.approx(right.mean(), abs=TOLERANCE)
        assert curve.macro_f1[place] == pytest.approx(np.mean(scores), abs=TOLERANCE)


def test_of_equally_good_thresholds_the_one_nearest_one_half_is_best_and_of_these_the_higher() -> None:
    # Everything between 0.1 and 0.9 separates the two.
    wide = shared_curve([[1], [0]], [[0.9], [0.1]])
    assert (wide.best_by_accuracy, wide.best_by_macro_f1) == (0.5, 0.5)
    # Nothing from 0.45 to 0.55 does: 0.4 and 0.6 are equally near.
    even = shared_curve([[1], [0], [1], [0]], [[0.6], [0.5], [0.5], [0.4]], [0.3, 0.4, 0.6])
    assert even.best_by_accuracy == 0.6


def test_where_nothing_is_known_nothing_is_best() -> None:
    for truth in (np.full((3, 2), -1), np.zeros((0, 2))):
        curve = shared_curve(truth, np.full(truth.shape, 0.5))
        assert (curve.best_by_accuracy, curve.best_by_macro_f1) == (None, None)


@pytest.mark.parametrize(("value", "wanted"), [(0, 0.0), (1, 1.0)])
def test_labels_that_all_or_no_images_show(value: int, wanted: float) -> None:
    curve = shared_curve(np.full((4, 2), value), np.full((4, 2), 0.5))
    assert curve.macro_f1[0] == wanted
    assert curve.macro_f1[-1] == 0
