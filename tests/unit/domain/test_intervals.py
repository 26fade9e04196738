import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, norm
from sklearn.metrics import average_precision_score, roc_auc_score
from statsmodels.stats.proportion import proportion_confint

from app.domain.intervals import (
    Z_95,
    Interval,
    bootstrap_weights,
    f1_interval,
    f_beta_interval,
    half_width_at_middle,
    percentile_interval,
    ranking_intervals,
    trials_for_half_width,
    wilson,
)
from app.domain.scores import f_beta
from tests.unit.domain.strategies import Matrix, noisy, reproducible

trials = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_the_normal_quantile_is_that_of_95_percent() -> None:
    assert pytest.approx(float(norm.ppf(0.975)), abs=1e-15) == Z_95


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        # Newcombe 1998, Stat. Med. 17, table I, method 3 (score without continuity correction).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_is_the_published_one(successes: int, n: int, low: float, high: float) -> None:
    interval = wilson(successes, n)

    assert round(interval.low, 4) == low
    assert round(interval.high, 4) == high


@reproducible
@given(trials)
def test_wilsons_interval_equals_scipys(case: tuple[int, int]) -> None:
    expected = binomtest(*case).proportion_ci(0.95, method="wilson")

    assert wilson(*case) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert wilson(*case) == pytest.approx(proportion_confint(*case, alpha=0.05, method="wilson"), abs=1e-9)


@reproducible
@given(trials)
def test_wilsons_interval_holds_the_share_and_stays_between_0_and_1(case: tuple[int, int]) -> None:
    successes, n = case
    low, high = wilson(successes, n)

    assert 0 <= low <= successes / n <= high <= 1
    mirrored = wilson(n - successes, n)
    assert (1 - mirrored.high, 1 - mirrored.low) == pytest.approx((low, high), abs=1e-12)


def test_no_trials_say_nothing() -> None:
    assert math.isnan(wilson(0, 0).low)
    assert wilson(0, 0).to_list() is None
    assert f1_interval(0, 0, 0).to_list() is None
    assert wilson(0, 4).to_list() == [0.0, pytest.approx(0.4899, abs=1e-4)]


@pytest.mark.parametrize("z", np.linspace(0.1, 4, 40))
def test_none_and_all_reach_0_and_1_exactly(z: float) -> None:
    assert wilson(0, 9, z).low == 0
    assert wilson(9, 9, z).high == 1


@pytest.mark.parametrize(("successes", "n"), [(-1, 3), (4, 3)])
def test_impossible_counts_are_refused(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="impossible"):
        wilson(successes, n)


@reproducible
@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 400))
def test_the_interval_of_f1_holds_f1(tp: int, fp: int, fn: int) -> None:
    low, high = f1_interval(tp, fp, fn)

    if tp + fp + fn:
        assert 0 <= low <= 2 * tp / (2 * tp + fp + fn) + 1e-12
        assert high >= 2 * tp / (2 * tp + fp + fn) - 1e-12
        assert low < high <= 1


def test_the_interval_of_f1_covers_the_true_f1_about_95_times_in_100() -> None:
    # 60 images: 20 with the label, found with recall 0.8; each of the 40 others wrongly added with probability 0.1.
    generator = np.random.default_rng(7)
    cells = generator.multinomial(60, [0.8 / 3, 0.1 * 2 / 3, 0.2 / 3, 0.9 * 2 / 3], size=2000)
    true_f1 = 2 * 0.8 / 3 / (2 * 0.8 / 3 + 0.1 * 2 / 3 + 0.2 / 3)

    covered = [low <= true_f1 <= high for low, high in (f1_interval(*map(int, row[:3])) for row in cells)]

    # 2000 trials leave about half a percent of chance in the share, whose nominal value Wilson meets to about one.
    assert 0.93 < np.mean(covered) < 0.97


def test_the_percentile_interval_of_known_samples() -> None:
    assert percentile_interval(np.arange(101), 0.9) == pytest.approx((5.0, 95.0))
    assert percentile_interval([float("nan"), 3.0, 3.0]) == Interval(3.0, 3.0)


def test_undefined_samples_leave_the_interval_undefined() -> None:
    assert percentile_interval([float("nan")] * 3).to_list() is None
    assert percentile_interval([]).to_list() is None


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0, float("nan")])
def test_a_level_that_is_no_share_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="level"):
        percentile_interval([1.0], level)


def test_every_resample_draws_as_many_rows_as_there_are() -> None:
    weights = bootstrap_weights(7, 50, seed=3)

    assert weights.shape == (7, 50)
    assert (weights.sum(axis=0) == 7).all()
    assert (weights == bootstrap_weights(7, 50, seed=3)).all()
    assert (weights != bootstrap_weights(7, 50, seed=4)).any()
    assert bootstrap_weights(0, 5, seed=1).shape == (0, 5)


def test_rows_are_drawn_with_equal_chances() -> None:
    weights = bootstrap_weights(10, 4000, seed=1)

    # A row's count is binomial(10, 1/10): mean 1, variance 0.9.
    assert weights.mean(axis=1) == pytest.approx(np.ones(10), abs=0.06)
    assert weights.var(axis=1) == pytest.approx(np.full(10, 0.9), abs=0.09)


counted = st.integers(0, 400)


@reproducible
@given(counted, counted, counted, st.sampled_from([0.25, 0.5, 1.0, 2.0, 4.0]))
def test_the_interval_of_f_beta_holds_f_beta_and_swaps_with_precision_and_recall(
    tp: int, fp: int, fn: int, beta: float
) -> None:
    low, high = f_beta_interval(tp, fp, fn, beta)

    if tp + fp + fn:
        found = float(f_beta(tp, fp, fn, beta))
        assert 0 <= low <= found + 1e-12
        assert found - 1e-12 <= high <= 1
        assert low < high
        # Precision and recall change places where beta does with 1 / beta.
        assert f_beta_interval(tp, fn, fp, 1 / beta) == pytest.approx((low, high), abs=1e-9)


@reproducible
@given(counted, counted, counted)
def test_the_general_interval_meets_that_of_f1(tp: int, fp: int, fn: int) -> None:
    near = f_beta_interval(tp, fp, fn, 1 + 1e-9)

    assert near == pytest.approx(f1_interval(tp, fp, fn), abs=1e-6, nan_ok=True)


@pytest.mark.parametrize("beta", [0.25, 0.5, 2.0, 4.0])
@pytest.mark.parametrize(("recall", "alarms"), [(0.8, 0.1), (0.3, 0.02), (0.95, 0.4)])
def test_the_interval_of_f_beta_covers_the_true_one_about_95_times_in_100(
    recall: float, alarms: float, beta: float
) -> None:
    # 300 images, a third of them with the label.
    tp, fp, fn = recall / 3, alarms * 2 / 3, (1 - recall) / 3
    drawn = np.random.default_rng(7).multinomial(300, [tp, fp, fn, 1 - tp - fp - fn], size=2000)
    true = float(f_beta(tp, fp, fn, beta))

    intervals = [f_beta_interval(row[0], row[1], row[2], beta) for row in drawn.tolist()]
    covered = [low <= true <= high for low, high in intervals]

    assert 0.92 < np.mean(covered) < 0.98


def test_the_intervals_of_a_ranking_are_those_of_resamples_measured_one_by_one() -> None:
    truth, given_ = noisy(80, 2, seed=2, unknown=0.1)
    probabilities: Matrix = np.round(given_, 1).astype(np.float64)
    resamples = 150
    # As many rows are drawn at a time as `ranking_intervals` draws.
    weights = np.hstack([bootstrap_weights(80, size, [5, start]) for start, size in ((0, 100), (100, 50))]).astype(int)
    for column, pair in enumerate(ranking_intervals(truth, probabilities, 5, resamples)):
        cells, said = truth[:, column], probabilities[:, column]
        drawn = [rows[cells[rows] >= 0] for rows in (np.repeat(np.arange(80), each) for each in weights.T)]
        for interval, score in zip(pair, (average_precision_score, roc_auc_score), strict=True):
            samples = [score(cells[rows], said[rows]) for rows in drawn]
            assert interval == pytest.approx(np.quantile(samples, [0.025, 0.975]), abs=1e-9)


def test_the_intervals_of_a_ranking_narrow_with_more_images() -> None:
    few, many = (ranking_intervals(*noisy(n, 1, seed=2), seed=0, resamples=500)[0] for n in (40, 640))

    for narrow, wide in zip(many, few, strict=True):
        assert 0 <= wide.low < wide.high <= 1
        # Sixteen times the images make it about a quarter as wide.
        assert narrow.high - narrow.low < (wide.high - wide.low) / 2


def test_the_intervals_of_a_ranking_need_images_of_both_kinds() -> None:
    truth = np.array([[0, 1, -1], [0, 1, -1], [0, 1, -1]], dtype=np.int8)

    none, whole, unknown = ranking_intervals(truth, np.full((3, 3), 0.5), seed=0, resamples=20)

    assert [interval.to_list() for interval in none] == [None, None]
    assert [interval.to_list() for interval in whole] == [[1.0, 1.0], None]
    assert [interval.to_list() for interval in unknown] == [None, None]


@given(st.integers(0, 5000))
def test_half_the_width_at_the_middle_is_that_of_the_widest_interval(n: int) -> None:
    half = half_width_at_middle(2 * n)
    low, high = proportion_confint(n, 2 * n, method="wilson") if n else (0.0, 1.0)
    assert half == pytest.approx((high - low) / 2, abs=1e-12)
    assert half_width_at_middle(n) >= half


@given(st.floats(0.005, 0.6))
def test_the_trials_for_a_half_width_are_the_fewest(half: float) -> None:
    n = trials_for_half_width(half)
    assert half_width_at_middle(n) <= half + 1e-9
    assert n == 0 or half_width_at_middle(n - 1) > half - 1e-9


def test_five_positives_leave_recall_open_by_a_third_and_ten_points_take_ninety_three() -> None:
    assert half_width_at_middle(5) == pytest.approx(0.3296, abs=1e-4)
    assert half_width_at_middle(0) == 0.5
    assert trials_for_half_width(0.1) == 93
    with pytest.raises(ValueError, match="narrow"):
        trials_for_half_width(0)
