"""Agreement, held to published worked examples and to scikit-learn and statsmodels."""

import warnings
from fractions import Fraction
from itertools import combinations, product
from math import isnan

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import cohen_kappa_score

from app.domain.agreement import agreement, cohen_kappa, krippendorff_alpha, pair_agreement

Counts = npt.NDArray[np.int64]


def counted(rows: list[str]) -> Counts:
    """Count what each observer (a row; a dot says nothing) said of each unit (a column)."""
    values = sorted(set("".join(rows)) - {"."})
    return np.array([[sum(row[unit] == value for row in rows) for value in values] for unit in range(len(rows[0]))])


# Krippendorff 2011, Computing Krippendorff's Alpha-Reliability, examples A, B and C.
@pytest.mark.parametrize(
    ("rows", "alpha"),
    [
        (["0100000010", "1110010000"], 0.095),
        (["aabbdcccedda", "babbbccceddd"], 0.692),
        (["123321412...", "1233224125.3", ".3332342251.", "12332441251."], 0.743),
    ],
)
def test_alpha_is_that_of_krippendorffs_own_examples(rows: list[str], alpha: float) -> None:
    assert round(float(krippendorff_alpha(counted(rows))), 3) == alpha


def test_kappa_is_that_of_cohens_own_example() -> None:
    # Cohen 1960, table 1: 200 patients, two diagnosticians, three diagnoses.
    table = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]
    found = pair_agreement(table)
    assert (round(found.share.value, 2), round(found.kappa.value, 3), found.images) == (0.70, 0.492, 200)


@given(arrays(np.int64, (40, 2), elements=st.integers(0, 2)))
@settings(deadline=None)
def test_kappa_is_scikit_learns(said: Counts) -> None:
    table = np.zeros((3, 3), dtype=np.int64)
    np.add.at(table, (said[:, 0], said[:, 1]), 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = cohen_kappa_score(said[:, 0], said[:, 1], labels=[0, 1, 2])
    np.testing.assert_allclose(cohen_kappa(table), expected, atol=1e-9)


def alpha_by_the_book(said: npt.NDArray[np.int8]) -> float:
    """Reckon alpha pair by pair, as the coincidence matrix does; said is [units, people] of 1, 0 and -1 for nothing."""
    # Exact: thirds that do not add up to a whole would give answers that are all alike a chance of differing.
    coincidences = {pair: Fraction(0) for pair in product((0, 1), repeat=2)}
    for unit in said:
        values = unit[unit >= 0].tolist()
        for first, second in combinations(values, 2):
            coincidences[first, second] += Fraction(1, len(values) - 1)
            coincidences[second, first] += Fraction(1, len(values) - 1)
    totals = [coincidences[value, 0] + coincidences[value, 1] for value in (0, 1)]
    n = sum(totals)
    expected = (n**2 - sum(total**2 for total in totals)) / (n - 1) if n > 1 else Fraction(0)
    differing = n - coincidences[0, 0] - coincidences[1, 1]
    return float(1 - differing / expected) if expected else float("nan")


@example(np.zeros((6, 4), dtype=np.int8))
@given(arrays(np.int8, st.tuples(st.integers(0, 25), st.integers(1, 5)), elements=st.integers(-1, 1)))
@settings(deadline=None)
def test_alpha_and_the_share_are_those_of_counting_pair_by_pair(said: npt.NDArray[np.int8]) -> None:
    counts = np.stack([(said == 1).sum(axis=1), (said == 0).sum(axis=1)], axis=1)
    found = agreement(counts, np.ones(len(counts)), resamples=2)
    np.testing.assert_allclose(found.alpha.value, alpha_by_the_book(said), atol=1e-9)
    pairs = [(a, b) for unit in said for a, b in combinations(unit[unit >= 0], 2)]
    assert found.images == sum((unit >= 0).sum() >= 2 for unit in said)
    if pairs:
        assert found.share.value == pytest.approx(np.mean([a == b for a, b in pairs]))
    present = [b for a, b in pairs + [(b, a) for a, b in pairs] if a == 1]
    if present:
        assert found.present.value == pytest.approx(np.mean(present))


def test_images_with_the_same_counts_may_be_given_once() -> None:
    counts = [[2, 0], [0, 2], [1, 1], [0, 2], [2, 0], [0, 2]]
    one_by_one = agreement(counts, [1] * 6, resamples=10)
    together = agreement([[2, 0], [0, 2], [1, 1]], [2, 3, 1], resamples=10)
    assert together.alpha.value == pytest.approx(one_by_one.alpha.value)
    assert (together.images, together.answers, together.differing) == (6, 12, 1)
    np.testing.assert_allclose(krippendorff_alpha([[2, 0], [0, 2], [1, 1]], [2, 3, 1]), one_by_one.alpha.value)


def test_alpha_comes_close_to_fleiss_kappa_where_nobody_is_missing() -> None:
    inter_rater = pytest.importorskip("statsmodels.stats.inter_rater")
    present = np.random.default_rng(3).integers(0, 6, 4000)
    counts = np.stack([present, 5 - present], axis=1)
    found = agreement(counts, np.ones(4000), resamples=2)
    # Alpha corrects for the number of answers, here one in 20 000.
    assert found.alpha.value == pytest.approx(inter_rater.fleiss_kappa(counts), abs=1e-4)


def test_the_interval_is_that_of_drawing_the_images_one_by_one() -> None:
    counts, images = np.array([[2, 0], [0, 2], [1, 1]]), np.array([30, 55, 15])
    units = np.repeat(counts, images, axis=0)
    generator = np.random.default_rng(1)
    drawn = [float(krippendorff_alpha(units[generator.integers(0, 100, 100)])) for _ in range(2000)]
    found = agreement(counts, images, seed=5)
    assert found.alpha.interval == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.02)
    assert found.alpha.interval.low < found.alpha.value < found.alpha.interval.high


def test_the_interval_covers_what_is_true_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(0)
    # Two people who are right in 9 of 10 cases each, on a label that 4 of 10 images show.
    alike, present = 0.9**2 + 0.1**2, 0.4 * 0.9 + 0.6 * 0.1
    true = 1 - (1 - alike) / (2 * present * (1 - present))
    cells = [0.4 * 0.81 + 0.6 * 0.01, 0.4 * 0.01 + 0.6 * 0.81, 1 - alike]
    hits = 0
    for seed in range(300):
        images = generator.multinomial(150, cells)
        low, high = agreement([[2, 0], [0, 2], [1, 1]], images, seed=seed, resamples=400).alpha.interval
        hits += low <= true <= high
    assert 0.90 <= hits / 300 <= 0.99


@pytest.mark.parametrize(("counts", "images"), [([], []), ([[1, 0]], [7]), ([[0, 0], [0, 1]], [3, 4])])
def test_without_two_answers_to_one_image_nothing_is_defined(counts: list[list[int]], images: list[int]) -> None:
    found = agreement(counts, images)
    assert (found.images, found.answers) == (0, 0)
    assert isnan(found.share.value)
    assert isnan(found.alpha.value)
    assert found.alpha.to_dict() == {"value": None, "interval": None}


def test_of_one_value_alone_the_share_is_known_and_alpha_is_not() -> None:
    found = agreement([[0, 3]], [20])
    assert found.share.value == 1
    assert isnan(found.alpha.value)
    # No resample can differ from another, so that an interval would claim a certainty that nobody has.
    assert isnan(found.share.interval.low)


def test_of_one_image_there_are_figures_without_intervals() -> None:
    found = agreement([[1, 1]], [1])
    assert (found.share.value, found.alpha.value, found.differing) == (0, 0, 1)
    assert isnan(found.alpha.interval.low)


def test_two_people_without_a_common_image_have_no_figures() -> None:
    found = pair_agreement([[0, 0], [0, 0]])
    assert found.images == 0
    assert isnan(found.kappa.value)


def test_kappa_of_one_value_alone_is_undefined_and_of_total_contradiction_negative() -> None:
    assert isnan(pair_agreement([[9, 0], [0, 0]]).kappa.value)
    assert pair_agreement([[0, 5], [5, 0]]).kappa.value == -1


def test_the_same_seed_gives_the_same_interval() -> None:
    first, second = (pair_agreement([[20, 3], [4, 13]], seed=7) for _ in range(2))
    assert first == second


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="numbers of images"):
        agreement([[1, 1]], [1, 2])
    with pytest.raises(ValueError, match="negative"):
        agreement([[-1, 1]], [1])
    with pytest.raises(ValueError, match="square"):
        pair_agreement([[1, 2]])
