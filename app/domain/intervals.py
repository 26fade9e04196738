"""Say how far a measured share can be trusted, given how few images it was measured on."""

from math import isnan, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.domain.matrices import Cells, Floats
from app.domain.ranking import resampled_average_precision

# The 97.5 % point of the standard normal distribution, for a two-sided 95 % interval.
Z_95 = 1.959963984540054
# Beyond each end of a 95 % percentile interval lie then 25 resamples (Efron & Tibshirani 1993, section 14.2).
RESAMPLES = 1000


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


def bootstrap_weights(n_rows: int, resamples: int, seed: int) -> npt.NDArray[np.float32]:
    """Return how often each row is drawn into each resample, float32 [n, B]; every column sums to n.

    Single precision holds such counts and their sums exactly up to 16 million, at half the memory.
    """
    generator = np.random.default_rng(seed)
    weights = np.zeros((resamples, n_rows), dtype=np.float32)
    for resample in weights:
        if n_rows:
            resample[:] = np.bincount(generator.integers(0, n_rows, n_rows), minlength=n_rows)
    return np.ascontiguousarray(weights.T)


def average_precision_interval(truth: Cells, probabilities: Floats, weights: npt.NDArray[np.float32]) -> Interval:
    """Return the 95 % bootstrap interval of one label's average precision; undefined (NaN) without a positive image.

    Args:
        truth: int8 [n], 1, 0 or -1; unknown rows are left out.
        probabilities: float64 [n], 0 to 1.
        weights: float32 [n, B] from `bootstrap_weights`; share one over the labels, drawing is half the cost.

    """
    return percentile_interval(resampled_average_precision(truth, probabilities, weights))


def f1_interval(true_positives: int, false_positives: int, false_negatives: int, z: float = Z_95) -> Interval:
    """Return the Wilson interval of F1, carried over from the share tp / (tp + fp + fn); undefined (NaN) for 0/0.

    F1 = 2 s / (1 + s) grows with that share s, so that the ends of its interval are the ends of F1's. Unlike a
    bootstrap, this does not shrink to a point when a few images happen to be all right or all wrong.

    Source: Lam, Gopal & Qian 2023, Confidence Intervals for the F1 Score: A Comparison of Four Methods,
    arXiv:2309.14621, the Wilson indirect method.
    """
    low, high = wilson(true_positives, true_positives + false_positives + false_negatives, z)
    return Interval(2 * low / (1 + low), 2 * high / (1 + high))
