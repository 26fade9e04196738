"""Say how far a measured share can be trusted, given how few images it was measured on."""

from collections.abc import Callable, Sequence
from math import ceil, isnan, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.domain.matrices import Cells, Floats
from app.domain.ranking import resampled_ranking

# The 97.5 % point of the standard normal distribution, for a two-sided 95 % interval.
Z_95 = 1.959963984540054
# Beyond each end of a 95 % percentile interval lie then 25 resamples (Efron & Tibshirani 1993, section 14.2).
RESAMPLES = 1000
# So many resamples at a time stay in the processor's cache even for 20 000 images.
RESAMPLES_AT_ONCE = 100
# Halving 0 to 1 so often leaves less than a double can tell.
HALVINGS = 52


class Interval(NamedTuple):
    """Hold the two ends of an interval, both NaN where nothing can be said."""

    low: float
    high: float

    def to_list(self) -> list[float] | None:
        """Return the ends for JSON, None where nothing can be said."""
        return None if isnan(self.low) else [self.low, self.high]


NOTHING_KNOWN = Interval(float("nan"), float("nan"))


def wilson(successes: int, trials: int, z: float = Z_95) -> Interval:
    """Return the Wilson score interval of a share, without continuity correction; undefined (NaN) for no trials.

    Args:
        successes: how many of the trials succeeded, for instance the true positives.
        trials: how many there were, for instance all that were predicted.
        z: the normal quantile; the default gives 95 %.

    Raises:
        ValueError: when successes are negative or more than the trials.

    Source: Wilson 1927, J. Am. Stat. Assoc. 22, 209-212; formula and examples in Newcombe 1998, Stat. Med. 17,
    857-872, method 3.

    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes in {trials} trials is impossible")
    if trials == 0:
        return NOTHING_KNOWN
    share = successes / trials
    spread = z * sqrt(z * z + 4 * trials * share * (1 - share))
    scale = 2 * (trials + z * z)
    middle = 2 * trials * share + z * z
    # Where all succeeded the formula gives exactly 1, which rounding would miss by a hair.
    high = 1.0 if successes == trials else (middle + spread) / scale
    return Interval((middle - spread) / scale, high)


def half_width_at_middle(trials: int, z: float = Z_95) -> float:
    """Return half the width of the Wilson interval of a share of one half, at which it is widest; 0.5 for no trials.

    That is how far a share measured on so many trials may be off, before anything is known of it.

    Args:
        trials: how many there are, at least 0.
        z: the normal quantile; the default gives 95 %.

    Source: `wilson`, with successes = trials / 2: z / (2 sqrt(n + z squared)).

    """
    return z / (2 * sqrt(trials + z * z))


def trials_for_half_width(half_width: float, z: float = Z_95) -> int:
    """Return the fewest trials on which `half_width_at_middle` is at most `half_width`.

    Raises:
        ValueError: when the half width is not positive.

    """
    if half_width <= 0:
        raise ValueError("no number of trials makes an interval that narrow")
    # A millionth of a trial too few is a rounding error.
    return max(0, ceil((z / (2 * half_width)) ** 2 - z * z - 1e-6))


def percentile_interval(samples: npt.ArrayLike, level: float = 0.95) -> Interval:
    """Return the interval that holds the middle `level` of the bootstrap samples.

    Resamples in which the figure is undefined (NaN) are left out; where all are, so is the interval.

    Args:
        samples: float [B], the figure in each resample.
        level: the share to cover, between 0 and 1 exclusive.

    Raises:
        ValueError: when the level is not between 0 and 1.

    Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapter 13.

    """
    if not 0 < level < 1:
        raise ValueError("the level must lie between 0 and 1")
    given = np.asarray(samples, dtype=np.float64)
    defined = given[~np.isnan(given)]
    if defined.size == 0:
        return NOTHING_KNOWN
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def bootstrap_weights(n_rows: int, resamples: int, seed: int | Sequence[int]) -> npt.NDArray[np.float32]:
    """Return how often each row is drawn into each resample, float32 [n, B]; every column sums to n.

    Single precision holds such counts and their sums exactly up to 16 million, at half the memory.
    """
    generator = np.random.default_rng(seed)
    weights = np.zeros((resamples, n_rows), dtype=np.float32)
    for resample in weights:
        if n_rows:
            resample[:] = np.bincount(generator.integers(0, n_rows, n_rows), minlength=n_rows)
    return np.ascontiguousarray(weights.T)


def f1_interval(true_positives: int, false_positives: int, false_negatives: int, z: float = Z_95) -> Interval:
    """Return the Wilson interval of F1, carried over from the share tp / (tp + fp + fn); undefined (NaN) for 0/0.

    F1 = 2 s / (1 + s) grows with that share s, so that the ends of its interval are the ends of F1's. Unlike a
    bootstrap, this does not shrink to a point when a few images happen to be all right or all wrong.

    Source: Lam, Gopal & Qian 2023, Confidence Intervals for the F1 Score: A Comparison of Four Methods,
    arXiv:2309.14621, the Wilson indirect method.
    """
    low, high = wilson(true_positives, true_positives + false_positives + false_negatives, z)
    return Interval(2 * low / (1 + low), 2 * high / (1 + high))


def f_beta_interval(
    true_positives: int, false_positives: int, false_negatives: int, beta: float, z: float = Z_95
) -> Interval:
    """Return a score interval of F-beta; undefined (NaN) for 0/0.

    It holds every value t that the counts do not contradict: with b = beta squared, (1 + b)(1 - t) for a true positive,
    -t for a false positive and -bt for a false negative have the mean 0 where F-beta is t, and t is held while their
    sum is within z of its standard deviation under that assumption. The share of false positives among the errors is
    taken as observed. For beta = 1 this is `f1_interval`, to which it reduces.

    Args:
        true_positives: images that show the label and were tagged.
        false_positives: images that do not and were tagged.
        false_negatives: images that show it and were not tagged.
        beta: greater than 0.
        z: the normal quantile; the default gives 95 %.

    Source: Wilson 1927 for the principle; the tests hold its coverage by simulation.

    """
    errors = false_positives + false_negatives
    n, square = true_positives + errors, beta**2
    if beta == 1 or n == 0:
        return f1_interval(true_positives, false_positives, false_negatives, z)
    added = (false_positives + 0.5) / (errors + 1)
    weight, spread = added + (1 - added) * square, added + (1 - added) * square**2

    def excess(t: float, side: float) -> float:
        hit = (1 + square) * (1 - t)
        total = true_positives * hit - t * (false_positives + square * false_negatives)
        share = t * weight / (hit + t * weight)
        variance = share * hit**2 + (1 - share) * t**2 * spread
        return total + side * z * sqrt(n * variance)

    found = (1 + square) * true_positives / ((1 + square) * true_positives + square * false_negatives + false_positives)
    low = 0.0 if true_positives == 0 else _root(lambda t: excess(t, -1), 0.0, found)
    high = 1.0 if errors == 0 else _root(lambda t: excess(t, 1), found, 1.0)
    return Interval(low, high)


def ranking_intervals(
    truth: Cells, probabilities: Floats, seed: int, resamples: int = RESAMPLES
) -> list[tuple[Interval, Interval]]:
    """Return the 95 % bootstrap intervals of every label's average precision and ROC-AUC; NaN where undefined.

    All labels are measured on the same resamples of the images.

    Args:
        truth: int8 [n, L], 1, 0 or -1; unknown cells are left out.
        probabilities: float64 [n, L], 0 to 1.
        seed: draws the resamples.
        resamples: how many.

    """
    samples = np.full((2, truth.shape[1], resamples), np.nan)
    for start in range(0, resamples, RESAMPLES_AT_ONCE):
        part = slice(start, min(start + RESAMPLES_AT_ONCE, resamples))
        weights = bootstrap_weights(len(truth), part.stop - start, [seed, start])
        for column in range(truth.shape[1]):
            samples[:, column, part] = resampled_ranking(truth[:, column], probabilities[:, column], weights)
    return [(percentile_interval(each), percentile_interval(area)) for each, area in zip(*samples, strict=True)]


def _root(falling: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function that is positive at `low` and negative at `high` crosses 0."""
    for _step in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return (low + high) / 2
