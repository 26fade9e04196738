"""Judge from a learning curve whether more images of a label would help: its slope, and how sure that slope is."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# What part of the training images is learned from, and how often with other images.
SHARES = (0.10, 0.25, 0.50, 0.75, 1.0)
DRAWS = 8
# The slope is read off the sizes from half of the images on: what was so with a tenth says little about what comes.
_FROM = 0.5
# A gain of less than one point for twice as many images is not worth anybody's day.
WORTH = 0.01
# So many standard errors make a slope certain enough to be told.
_CERTAIN = 2.0


class Trend(StrEnum):
    """Say what more images of a label would bring."""

    # It still gains, and more than chance explains.
    HELPS = "helps"
    # It gains less than is worth it.
    LEVEL = "level"
    # The draws scatter too much to tell.
    UNCLEAR = "unclear"
    # There is nothing to measure on, or too few images to draw from.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Slope:
    """Hold what twice as many training images brought lately, and the standard error of that."""

    per_doubling: float
    error: float
    trend: Trend


def slope_of(images: npt.ArrayLike, figures: npt.ArrayLike) -> Slope:
    """Return the slope of a figure over the binary logarithm of the number of training images, and what it says.

    A least-squares line through all draws with at least half of the images. More images help where the slope is at
    least 0.01 and twice its standard error; the label has levelled off where the slope plus twice its error is below
    0.01, or the slope is below 0.01 and the draws scatter by less than that; else nobody can tell.

    Args:
        images: how many images each draw had, [n].
        figures: what was measured, [n]; NaN where it is undefined.

    """
    counts, values = np.asarray(images, dtype=np.float64), np.asarray(figures, dtype=np.float64)
    used = np.isfinite(values) & (counts >= _FROM * counts.max(initial=0.0)) & (counts > 0)
    across, up = np.log2(counts[used]), values[used]
    if len(up) < 3 or np.ptp(across) == 0:
        return Slope(float("nan"), float("nan"), Trend.UNKNOWN)
    centred = across - across.mean()
    slope = float(centred @ up / (centred @ centred))
    rest = up - up.mean() - slope * centred
    error = float(np.sqrt(rest @ rest / (len(up) - 2) / (centred @ centred)))
    return Slope(slope, error, _trend(slope, error))


def _trend(slope: float, error: float) -> Trend:
    if slope >= WORTH and slope >= _CERTAIN * error:
        return Trend.HELPS
    if slope + _CERTAIN * error < WORTH or (slope < WORTH and error < WORTH):
        return Trend.LEVEL
    return Trend.UNCLEAR


def spread(figures: npt.ArrayLike) -> tuple[float, float, float]:
    """Return mean, lowest and highest of what the draws measured; NaN where nothing was."""
    values = np.asarray(figures, dtype=np.float64)
    values = values[np.isfinite(values)]
    if not len(values):
        return float("nan"), float("nan"), float("nan")
    return float(values.mean()), float(values.min()), float(values.max())
