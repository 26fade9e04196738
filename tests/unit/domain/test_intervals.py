import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, norm

from app.domain.intervals import (
    Z_95,
    Interval,
    average_precision_interval,
    bootstrap_weights,
    f1_interval,
    percentile_interval,
    wilson,
)
from tests.unit.domain.strategies import noisy, reproducible

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


def test_the_interval_of_average_precision_narrows_with_more_images() -> None:
    widths = []
    for n in (40, 640):
        truth, probabilities = noisy(n, 1, seed=2)
        low, high = average_precision_interval(truth[:, 0], probabilities[:, 0], bootstrap_weights(n, 500, seed=0))
        assert 0 <= low < high <= 1
        widths.append(high - low)

    # Sixteen times the images make it about a quarter as wide.
    assert widths[1] < widths[0] / 2


def test_the_interval_of_average_precision_needs_a_positive_image() -> None:
    none = np.zeros(5, dtype=np.int8)

    assert average_precision_interval(none, np.full(5, 0.5), bootstrap_weights(5, 20, seed=0)).to_list() is None
