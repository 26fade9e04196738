import warnings

import numpy as np
import pytest
from hypothesis import given
from sklearn.metrics import precision_recall_curve, roc_curve

from app.domain.curves import trace
from app.domain.matrices import predict
from app.domain.metrics import evaluate_predictions
from tests.unit.domain.strategies import Matrix, cases, noisy, reproducible

one_label = cases(unknown=True, min_labels=1, max_labels=1, max_rows=25)


@reproducible
@given(one_label)
def test_every_point_is_scikit_learns(case: tuple[Matrix, Matrix, Matrix]) -> None:
    truth, probabilities = case[0][:, 0], case[1][:, 0]
    known = truth >= 0
    cells, said = truth[known], probabilities[known]

    made = trace(truth, probabilities, points=None)

    if not known.any():
        assert made.thresholds.size == 0
        return
    if (cells == 1).any():
        # Theirs rises, and ends with a point that no threshold gives.
        precision, recall, thresholds = precision_recall_curve(cells, said, drop_intermediate=False)
        assert made.thresholds == pytest.approx(thresholds[::-1], abs=0)
        assert made.precision == pytest.approx(precision[:-1][::-1], abs=1e-9)
        assert made.recall == pytest.approx(recall[:-1][::-1], abs=1e-9)
    else:
        assert np.isnan(made.recall).all()
    if len(set(cells)) > 1:
        # Theirs begins with a point above every threshold.
        alarms, recall, thresholds = roc_curve(cells, said, drop_intermediate=False)
        assert made.thresholds == pytest.approx(thresholds[1:], abs=0)
        assert made.false_alarms == pytest.approx(alarms[1:], abs=1e-9)
        assert made.recall == pytest.approx(recall[1:], abs=1e-9)
    elif (cells == 1).all():
        assert np.isnan(made.false_alarms).all()


def test_a_long_curve_is_thinned_to_exact_points_with_both_ends() -> None:
    truth, probabilities = noisy(5000, 1, seed=4, unknown=0.05)
    cells, said = truth[:, 0], probabilities[:, 0]

    whole, made = trace(cells, said, points=None), trace(cells, said, points=50)

    assert 25 <= made.thresholds.size <= 51
    assert (made.thresholds[0], made.thresholds[-1]) == (whole.thresholds[0], whole.thresholds[-1])
    for threshold, precision, recall in zip(made.thresholds, made.precision, made.recall, strict=True):
        figures = evaluate_predictions(truth, predict(probabilities, threshold)).labels[0]
        assert (precision, recall) == pytest.approx((figures.precision, figures.recall), abs=1e-12)
    # No step between neighbours is larger than a few fiftieths.
    assert np.diff(made.recall).max() < 0.1
    assert np.diff(made.false_alarms).max() < 0.1


@pytest.mark.parametrize("value", [-1, 0, 1])
def test_labels_of_one_kind_only_warn_of_nothing(value: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = trace(np.full(3, value, dtype=np.int8), np.array([0.1, 0.1, 0.4]))

    assert made.thresholds.size == (0 if value < 0 else 2)
