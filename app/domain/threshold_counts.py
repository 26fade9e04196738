"""Counts by which a browser knows every figure of a label at every threshold of a slider, and what lies at the cut."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.domain.matrices import Cells, Floats, Rows

Counts = npt.NDArray[np.int64]

# Thresholds are shown with three decimals, so that a slider in thousandths reaches every number that can be typed.
STEPS = 1000
# A thousandth is written as k / 1000, which is the same double in Python and in JavaScript.
GRID = np.arange(STEPS + 1) / STEPS


@dataclass(frozen=True, eq=False)
class Binned:
    """Hold how many images have a probability from GRID[k] up to, but not including, GRID[k + 1]; int [1001] each.

    The sum of a row from k on is therefore the number of images that a threshold of GRID[k] predicts.
    """

    present: Counts
    absent: Counts
    collection: Counts


@dataclass(frozen=True, slots=True)
class AtThreshold:
    """Hold the counts at one threshold, which need not lie on the grid."""

    tp: int
    fp: int
    collection: int


def binned(truth: Cells, probabilities: Floats, collection: Floats) -> Binned:
    """Sort one label's probabilities into the steps of the slider.

    Args:
        truth: int8 [n], 1 present, 0 absent, -1 unknown; unknown rows are in neither of the first two counts.
        probabilities: float64 [n], 0 to 1.
        collection: float64 [m], the probabilities of all images of the collection.

    """
    return Binned(_steps(probabilities[truth == 1]), _steps(probabilities[truth == 0]), _steps(collection))


def at_threshold(truth: Cells, probabilities: Floats, collection: Floats, threshold: float) -> AtThreshold:
    """Count one label's images at one threshold; arguments as in `binned`."""
    reached = probabilities >= threshold
    return AtThreshold(
        int(np.count_nonzero(reached & (truth == 1))),
        int(np.count_nonzero(reached & (truth == 0))),
        int(np.count_nonzero(collection >= threshold)),
    )


def around_cut(probabilities: Floats, threshold: float, count: int) -> tuple[Rows, Rows]:
    """Return the rows just above a threshold and those just below it, at most `count` each, the nearest first."""
    above, below = np.flatnonzero(probabilities >= threshold), np.flatnonzero(probabilities < threshold)
    # Stable, so that images of equal probability always come in the same order.
    rising = above[np.argsort(probabilities[above], kind="stable")][:count]
    falling = below[np.argsort(-probabilities[below], kind="stable")][:count]
    return rising, falling


def _steps(probabilities: Floats) -> Counts:
    """Count the probabilities of each step."""
    # Searched, not multiplied: 0.29 * 1000 falls below 290.
    places = np.searchsorted(GRID, probabilities, side="right") - 1
    counts: Counts = np.bincount(places, minlength=STEPS + 1)
    return counts
