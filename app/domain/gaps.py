"""Tell which differences between one part of the images and the others are larger than chance explains.

A share, such as recall, is compared by Fisher's exact test, which holds for small counts too: were the share the same
everywhere, how likely would counts be at least as uneven as these? Where many shares are compared, some look uneven by
chance alone, and the probabilities are raised accordingly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
import numpy.typing as npt

from app.domain.intervals import NOTHING_KNOWN, Interval, wilson
from app.domain.matrices import Floats

Counts = npt.NDArray[np.int64]

# Of the differences that are called larger than chance, about one in twenty may be chance after all.
LEVEL = 0.05
# Outcomes whose probabilities differ by no more than rounding count as equally likely, as in R's fisher.test.
_ROUNDING = 1e-7


@dataclass(frozen=True, eq=False)
class ExactTests:
    """Hold the results of Fisher's exact tests, arrays of one shape.

    `p` is the two-sided probability, NaN where there is nothing to compare. `least` is the smallest one that the same
    margins could have given: where it is above the level, the images are too few to show any difference.
    """

    p: Floats
    least: Floats


def exact_tests(successes: Counts, trials: Counts, rest_successes: Counts, rest_trials: Counts) -> ExactTests:
    """Compare shares with those of the rest, cell by cell, by Fisher's exact test.

    Args:
        successes: int64, any shape; how many trials of a part succeeded.
        trials: how many there were, the same shape.
        rest_successes: the same of everything outside that part.
        rest_trials: the same of everything outside that part.

    Raises:
        ValueError: when a count is negative, or more succeeded than were tried.

    Source: Fisher 1935, J. R. Stat. Soc. 98, 39-82; two-sided as the sum over all outcomes that are not more likely.

    """
    given = np.broadcast_arrays(successes, trials, rest_successes, rest_trials)
    part, tried, other, other_tried = (np.asarray(each, dtype=np.int64) for each in given)
    if ((part < 0) | (part > tried) | (other < 0) | (other > other_tried)).any():
        raise ValueError("successes must lie between 0 and the trials")
    logs = _log_factorials(int((tried + other_tried).max(initial=0)))
    p, least = np.full(part.shape, nan), np.full(part.shape, nan)
    for cell in zip(*np.nonzero((tried > 0) & (other_tried > 0)), strict=True):
        p[cell], least[cell] = _exact_test(part[cell], tried[cell], other[cell], other_tried[cell], logs)
    return ExactTests(p, least)


def adjusted(probabilities: npt.ArrayLike) -> Floats:
    """Raise probabilities of many tests to account for their number; those that are NaN are no tests.

    What stays at or below a level of 0.05 holds, on average, at most one difference in twenty that is none.

    Source: Benjamini & Hochberg 1995, J. R. Stat. Soc. B 57, 289-300.
    """
    given = np.asarray(probabilities, dtype=np.float64)
    result = np.full(given.shape, nan)
    known = ~np.isnan(given)
    p = given[known]
    order = np.argsort(p)
    stepped = p[order] * p.size / np.arange(1, p.size + 1)
    raised = np.empty(p.size)
    raised[order] = np.minimum(np.minimum.accumulate(stepped[::-1])[::-1], 1.0)
    result[known] = raised
    return result


def difference_interval(successes: int, trials: int, rest_successes: int, rest_trials: int) -> Interval:
    """Return the 95 % interval of a share minus that of the rest; undefined (NaN) where one of them has no trials.

    Source: Newcombe 1998, Stat. Med. 17, 873-890, method 10: the Wilson intervals of the two, squared and added.
    """
    if not trials or not rest_trials:
        return NOTHING_KNOWN
    share, rest = successes / trials, rest_successes / rest_trials
    low, high = wilson(successes, trials)
    rest_low, rest_high = wilson(rest_successes, rest_trials)
    below = sqrt((share - low) ** 2 + (rest_high - rest) ** 2)
    above = sqrt((high - share) ** 2 + (rest - rest_low) ** 2)
    return Interval(share - rest - below, share - rest + above)


def _log_factorials(most: int) -> Floats:
    """Return the natural logarithms of 0! to most!, float64 [most + 1]."""
    return np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, most + 1, dtype=np.float64)))))


def _exact_test(part: int, tried: int, other: int, other_tried: int, logs: Floats) -> Sequence[float]:
    """Sum the hypergeometric probabilities of outcomes not more likely than the one seen, and than the least likely."""
    total, good = tried + other_tried, part + other
    outcomes = np.arange(max(0, good - other_tried), min(tried, good) + 1)
    bad = total - good
    weights = -(logs[outcomes] + logs[good - outcomes] + logs[tried - outcomes] + logs[bad - tried + outcomes])
    likely = np.exp(weights - weights.max())
    likely /= likely.sum()
    seen = likely[part - outcomes[0]]
    return [float(likely[likely <= bound * (1 + _ROUNDING)].sum()) for bound in (seen, likely.min())]
