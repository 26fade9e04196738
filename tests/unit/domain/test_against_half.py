"""Whether a tuned threshold can be told from 0.5, against drawing the images one by one."""

import numpy as np
import pytest
from sklearn.metrics import fbeta_score, precision_score, recall_score

from app.domain.against_half import Measure, against_half, told_apart
from app.domain.matrices import Cells
from app.domain.objectives import F1, Objective, ObjectiveKind
from tests.unit.domain.strategies import noisy

FLOOR = Objective(ObjectiveKind.RECALL_AT_PRECISION, 0.8)
COST = Objective(ObjectiveKind.COST, 4.0)
SHARE = Objective(ObjectiveKind.PREVALENCE, 0.2)


def judged(n: int, limit: float, seed: int = 0, unknown: float = 0.1) -> tuple[Cells, Cells, Cells]:
    truth, said = noisy(n, 1, seed=seed, unknown=unknown)
    return truth[:, 0], (said[:, 0] >= limit).astype(np.int8), (said[:, 0] >= 0.5).astype(np.int8)


def figure(measure: Measure, truth: Cells, predicted: Cells, value: float) -> float:
    match measure:
        case Measure.F_BETA:
            return float(fbeta_score(truth, predicted, beta=value, zero_division=np.nan))
        case Measure.PRECISION:
            return float(precision_score(truth, predicted, zero_division=np.nan))
        case Measure.RECALL:
            return float(recall_score(truth, predicted, zero_division=np.nan))
        case Measure.COST:
            return float(np.mean(np.where(truth == 1, value * (predicted == 0), predicted == 1)))
        case Measure.SHARE:
            return float(predicted.mean())


@pytest.mark.parametrize("objective", [F1, Objective(value=2.0), FLOOR, COST, SHARE])
def test_figures_and_intervals_are_those_of_drawing_image_by_image(objective: Objective) -> None:
    truth, tuned, half = judged(120, 0.42)
    rows = np.flatnonzero(truth >= 0)
    chance = np.random.default_rng(1)
    drawn = [chance.choice(rows, rows.size) for _ in range(1000)]
    for difference in against_half(truth, tuned, half, objective):
        measure = difference.measure
        assert difference.tuned == pytest.approx(figure(measure, truth[rows], tuned[rows], objective.value), abs=1e-9)
        assert difference.at_half == pytest.approx(figure(measure, truth[rows], half[rows], objective.value), abs=1e-9)
        changes = [
            figure(measure, truth[draw], tuned[draw], objective.value)
            - figure(measure, truth[draw], half[draw], objective.value)
            for draw in drawn
        ]
        # Two bootstraps of 1000 and 2000 draws differ by chance, by far less than the interval is wide.
        low, high = np.quantile(changes, [0.025, 0.975])
        assert difference.interval == pytest.approx((low, high), abs=0.15 * (high - low))


def test_the_same_predictions_cannot_be_told_apart() -> None:
    truth, _tuned, half = judged(100, 0.5)
    for objective in (F1, FLOOR, COST, SHARE):
        differences = against_half(truth, half, half, objective)
        assert not told_apart(differences)
        assert {tuple(difference.interval) for difference in differences} == {(0.0, 0.0)}


def test_one_image_is_no_difference_and_many_are() -> None:
    truth = np.array([1] * 40 + [0] * 60, dtype=np.int8)
    half = np.array([1] * 20 + [0] * 80, dtype=np.int8)
    one, many = half.copy(), half.copy()
    one[20] = 1
    many[20:36] = 1
    assert not told_apart(against_half(truth, one, half, F1))
    assert told_apart(against_half(truth, many, half, F1))


def test_chance_is_called_a_difference_in_about_one_of_twenty_cases() -> None:
    # Both judge by chance, so that they really are equally good.
    generator = np.random.default_rng(7)
    called = 0
    for seed in range(300):
        truth = (generator.random(200) < 0.4).astype(np.int8)
        first, second = ((generator.random(200) < 0.5).astype(np.int8) for _ in range(2))
        called += told_apart(against_half(truth, first, second, F1, seed, resamples=400))
    assert 0.02 <= called / 300 <= 0.09


@pytest.mark.parametrize("value", [-1, 0, 1])
def test_labels_of_one_kind_only_are_no_trouble(value: int) -> None:
    truth = np.full(10, value, dtype=np.int8)
    for objective in (F1, FLOOR, COST, SHARE):
        predicted = np.zeros(10, dtype=np.int8)
        assert not told_apart(against_half(truth, predicted, predicted, objective))


def test_no_images_say_nothing() -> None:
    nothing = np.zeros(0, dtype=np.int8)
    (difference,) = against_half(nothing, nothing, nothing, F1)
    assert np.isnan([difference.tuned, difference.at_half, *difference.interval]).all()
    assert not told_apart((difference,))
