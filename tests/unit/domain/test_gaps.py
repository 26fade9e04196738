import math
import warnings

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import fisher_exact
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep

from app.domain.gaps import LEVEL, adjusted, difference_interval, exact_tests
from tests.unit.domain.strategies import reproducible

counts = st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def compare(part: tuple[int, int], rest: tuple[int, int]) -> tuple[float, float]:
    made = exact_tests(*(np.array([[each]]) for each in (*part, *rest)))
    return float(made.p[0, 0]), float(made.least[0, 0])


@reproducible
@given(counts, counts)
def test_the_exact_test_is_scipys(part: tuple[int, int], rest: tuple[int, int]) -> None:
    assume(part[1] and rest[1])
    table = [[part[0], part[1] - part[0]], [rest[0], rest[1] - rest[0]]]
    assert compare(part, rest)[0] == pytest.approx(fisher_exact(table).pvalue, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize(
    ("part", "rest"), [((900, 1000), (17_000, 19_000)), ((0, 8), (9_500, 10_000)), ((5_000, 9_999), (5_001, 10_001))]
)
def test_the_exact_test_is_scipys_for_large_counts_too(part: tuple[int, int], rest: tuple[int, int]) -> None:
    table = [[part[0], part[1] - part[0]], [rest[0], rest[1] - rest[0]]]
    assert compare(part, rest)[0] == pytest.approx(fisher_exact(table).pvalue, rel=1e-8)


@reproducible
@given(counts, counts)
def test_the_least_probability_is_that_of_the_most_uneven_outcome(part: tuple[int, int], rest: tuple[int, int]) -> None:
    assume(part[1] and rest[1])
    good = part[0] + rest[0]
    outcomes = range(max(0, good - rest[1]), min(part[1], good) + 1)
    possible = [
        fisher_exact([[each, part[1] - each], [good - each, rest[1] - good + each]]).pvalue for each in outcomes
    ]
    assert compare(part, rest)[1] == pytest.approx(min(possible), rel=1e-9, abs=1e-300)


def test_without_trials_on_one_side_there_is_nothing_to_compare() -> None:
    for part, rest in [((0, 0), (3, 5)), ((3, 5), (0, 0)), ((0, 0), (0, 0))]:
        assert all(math.isnan(each) for each in compare(part, rest))
        assert math.isnan(difference_interval(*part, *rest).low)
    assert exact_tests(*(np.zeros((0, 4), dtype=np.int64) for _array in range(4))).p.shape == (0, 4)


def test_all_or_none_everywhere_is_no_difference_and_few_images_can_show_none() -> None:
    assert compare((5, 5), (20, 20)) == (1.0, 1.0)
    assert compare((0, 5), (0, 20)) == (1.0, 1.0)
    assert compare((0, 1), (10, 20))[1] > LEVEL
    assert compare((0, 8), (95, 100))[0] < 1e-6


def test_impossible_counts_are_refused() -> None:
    for part, rest in [((3, 2), (1, 2)), ((1, 2), (-1, 2)), ((1, 2), (3, 2))]:
        with pytest.raises(ValueError, match="between 0 and the trials"):
            compare(part, rest)


@reproducible
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_the_correction_for_many_tests_is_that_of_statsmodels(p: list[float]) -> None:
    # The smallest numbers of all have no digits to spare for rounding.
    np.testing.assert_allclose(adjusted(p), multipletests(p, method="fdr_bh")[1], rtol=1e-12, atol=1e-300)


def test_what_was_not_tested_is_not_counted() -> None:
    p = np.array([[0.01, math.nan], [0.04, 0.5]])
    raised = adjusted(p)
    assert math.isnan(raised[0, 1])
    np.testing.assert_allclose(raised[[0, 1, 1], [0, 0, 1]], multipletests([0.01, 0.04, 0.5], method="fdr_bh")[1])
    assert adjusted(np.array([])).shape == (0,)
    assert np.isnan(adjusted([math.nan])).all()


@reproducible
@given(counts, counts)
def test_the_interval_of_a_difference_is_that_of_statsmodels(part: tuple[int, int], rest: tuple[int, int]) -> None:
    assume(part[1] and rest[1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it also works out a ratio, which may be 0/0
        low, high = confint_proportions_2indep(*part, *rest, method="newcomb", compare="diff")
    assert difference_interval(*part, *rest) == pytest.approx((low, high), abs=1e-9)


def test_where_nothing_differs_marks_are_rare() -> None:
    generator = np.random.default_rng(7)
    marked = 0
    for _page in range(200):
        trials = generator.integers(5, 60, (8, 6))
        successes = generator.binomial(trials, 0.7)
        rest = trials.sum(axis=0) - trials, successes.sum(axis=0) - successes
        marked += bool((adjusted(exact_tests(successes, trials, rest[1], rest[0]).p) <= LEVEL).any())
    assert marked <= 200 * LEVEL
