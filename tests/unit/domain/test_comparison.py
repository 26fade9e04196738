import json

import numpy as np
import pytest
from hypothesis import given

from app.domain.comparison import Scored, compare
from app.domain.intervals import bootstrap_weights, percentile_interval
from app.domain.metrics import evaluate
from tests.unit.domain.strategies import Matrix, cases, noisy, reproducible


def test_fixed_broken_and_flipped_images_of_an_example() -> None:
    truth = np.array([[1], [0], [1], [0], [-1]])
    before = Scored([[0.2], [0.9], [0.8], [0.1], [0.1]], 0.5)
    after = Scored([[0.7], [0.2], [0.3], [0.1], [0.9]], [0.5])

    label = compare(truth, before, after, resamples=50).labels[0]

    assert label.fixed.tolist() == [0, 1]
    assert label.broken.tolist() == [2]
    assert label.flipped.tolist() == [0, 1, 2, 4]
    assert (label.precision.before, label.precision.after, label.precision.change) == (0.5, 1.0, 0.5)
    assert label.recall.change == 0


@reproducible
@given(cases(unknown=True))
def test_figures_are_those_of_each_model_alone(case: tuple[Matrix, Matrix, Matrix]) -> None:
    truth, probabilities, thresholds = case
    other = probabilities[::-1]
    result = compare(truth, Scored(probabilities, thresholds), Scored(other, 0.5), resamples=5)
    before, after = evaluate(truth, probabilities, thresholds), evaluate(truth, other, 0.5)

    def same(given_: float, expected: float) -> bool:
        return given_ == pytest.approx(expected, nan_ok=True)

    for column, label in enumerate(result.labels):
        for name in ("precision", "recall", "f1", "average_precision"):
            delta = getattr(label, name)
            assert same(delta.before, getattr(before.labels[column], name))
            assert same(delta.after, getattr(after.labels[column], name))
            assert same(delta.change, delta.after - delta.before)
    assert same(result.macro_f1.before, before.macro.f1)
    assert same(result.micro_f1.after, after.micro.f1)
    assert same(result.mean_average_precision.after, after.mean_average_precision)


@reproducible
@given(cases(unknown=True))
def test_fixed_and_broken_are_the_known_flips(case: tuple[Matrix, Matrix, Matrix]) -> None:
    truth, probabilities, thresholds = case
    result = compare(truth, Scored(probabilities, thresholds), Scored(probabilities[::-1], thresholds), resamples=0)

    for label in result.labels:
        known = set(np.flatnonzero(truth[:, label.label] >= 0).tolist())
        fixed, broken = set(label.fixed.tolist()), set(label.broken.tolist())
        assert not fixed & broken
        assert fixed | broken == set(label.flipped.tolist()) & known


def test_intervals_are_those_of_measuring_both_models_on_the_same_drawn_images() -> None:
    truth, old = noisy(40, 2, seed=1, unknown=0.1)
    new = np.clip(old + np.random.default_rng(5).normal(0, 0.1, old.shape), 0, 1)
    weights = bootstrap_weights(40, 60, seed=8).astype(int)
    changes: dict[str, list[float]] = {"f1": [], "precision": [], "average_precision": [], "macro": [], "mean": []}
    for resample in weights.T:
        rows = np.repeat(np.arange(40), resample)
        before, after = evaluate(truth[rows], old[rows], 0.4), evaluate(truth[rows], new[rows], 0.5)
        for name in ("f1", "precision", "average_precision"):
            changes[name].append(getattr(after.labels[1], name) - getattr(before.labels[1], name))
        changes["macro"].append(after.macro.f1 - before.macro.f1)
        changes["mean"].append(after.mean_average_precision - before.mean_average_precision)

    result = compare(truth, Scored(old, 0.4), Scored(new, 0.5), seed=8, resamples=60)

    for name in ("f1", "precision", "average_precision"):
        assert getattr(result.labels[1], name).interval == pytest.approx(percentile_interval(changes[name]), abs=1e-9)
    assert result.macro_f1.interval == pytest.approx(percentile_interval(changes["macro"]), abs=1e-9)
    assert result.mean_average_precision.interval == pytest.approx(percentile_interval(changes["mean"]), abs=1e-9)


def test_a_label_no_one_answered_does_not_enter_the_averages() -> None:
    truth, probabilities = noisy(30, 1, seed=6)
    better = np.where(truth == 1, 0.9, 0.1)
    alone = compare(truth, Scored(probabilities, 0.5), Scored(better, 0.5), resamples=40)
    unknown = np.hstack([truth, np.full_like(truth, -1)])
    beside = compare(
        unknown, Scored(np.hstack([probabilities] * 2), 0.5), Scored(np.hstack([better] * 2), 0.5), resamples=40
    )

    assert beside.macro_f1 == alone.macro_f1
    assert beside.micro_f1 == alone.micro_f1
    assert beside.mean_average_precision == alone.mean_average_precision


def test_the_same_model_twice_changes_nothing() -> None:
    truth, probabilities = noisy(50, 2, seed=2)
    result = compare(truth, Scored(probabilities, 0.5), Scored(probabilities, 0.5), resamples=40)

    for delta in (result.macro_f1, result.micro_f1, result.labels[0].f1, result.labels[1].average_precision):
        assert delta.change == 0
        assert delta.interval == (0, 0)
        assert not delta.is_clear


def test_a_much_better_model_is_clearly_better() -> None:
    truth, probabilities = noisy(200, 2, seed=3, shift=0.05)
    better = np.where(truth == 1, 0.9, 0.1)

    result = compare(truth, Scored(probabilities, 0.5), Scored(better, 0.5), resamples=200)

    assert result.macro_f1.is_clear
    assert result.labels[0].average_precision.interval.low > 0


def test_what_cannot_be_known_is_none_in_json() -> None:
    result = compare([[-1], [-1]], Scored([[0.1], [0.9]], 0.5), Scored([[0.8], [0.9]], 0.5), resamples=10)

    told = json.loads(json.dumps(result.to_dict(), allow_nan=False))

    assert told["labels"][0]["f1"] == {"before": None, "after": None, "change": None, "interval": None}
    assert told["labels"][0]["flipped"] == [0]
    assert told["micro_f1"]["interval"] is None
    assert not result.micro_f1.is_clear


def test_no_images_and_no_resamples_are_no_trouble() -> None:
    empty = np.zeros((0, 2))
    compare(empty, Scored(empty, 0.5), Scored(empty, 0.5))
    result = compare([[1]], Scored([[0.4]], 0.5), Scored([[0.6]], 0.5), resamples=0)

    assert result.labels[0].recall.change == 1
    assert result.labels[0].recall.interval.to_list() is None


def test_models_of_other_images_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        compare([[1], [0]], Scored([[0.5], [0.5]], 0.5), Scored([[0.5]], 0.5))


def test_given_predictions_count_in_place_of_thresholds() -> None:
    truth = np.array([[1], [0], [1], [0]])
    probabilities = [[0.6], [0.4], [0.7], [0.2]]
    honest = [[1], [1], [0], [0]]
    result = compare(truth, Scored(probabilities, 0.5), Scored(probabilities, 0.5, honest), resamples=20).labels[0]
    assert (result.f1.before, result.f1.after) == (1.0, 0.5)
    assert result.broken.tolist() == [1, 2]
    # The order of the probabilities is the same, whatever is predicted from them.
    assert result.average_precision.change == 0
    with pytest.raises(ValueError, match="1 and 0"):
        compare(truth, Scored(probabilities, 0.5), Scored(probabilities, 0.5, [[2]] * 4))


def test_rankings_may_be_drawn_less_often_than_counts() -> None:
    truth, probabilities = noisy(40, 2, seed=4)
    sides = (Scored(probabilities, 0.5), Scored(probabilities[::-1], 0.4))
    mixed, few, many = (
        compare(truth, *sides, resamples=n, ranked_resamples=ranked) for n, ranked in ((80, 20), (20, None), (80, None))
    )
    assert mixed.labels[0].average_precision == few.labels[0].average_precision
    assert mixed.mean_average_precision == few.mean_average_precision
    assert mixed.labels[1].f1 == many.labels[1].f1
    assert mixed.macro_f1 == many.macro_f1
    none = compare(truth, *sides, resamples=80, ranked_resamples=0)
    assert none.mean_average_precision.interval.to_list() is None
    assert none.macro_f1 == many.macro_f1
