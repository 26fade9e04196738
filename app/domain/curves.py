"""Trace what every threshold would give for one label: precision against recall, and found against false alarms."""

from dataclasses import dataclass

import numpy as np

from app.domain.matrices import Cells, Floats, Rows

# Finer than a screen can draw, and few enough to be sent with a page.
POINTS = 400


# Arrays have no single truth value, so that curves are not compared field by field.
@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Hold the points of both curves, float64 [k] each, from the highest threshold to the lowest.

    Attributes:
        thresholds: the distinct probabilities; an image is tagged from there on.
        precision: NaN nowhere, because each threshold tags an image.
        recall: NaN everywhere where no image shows the label.
        false_alarms: the share of the images without the label that are tagged; NaN everywhere where all show it.

    """

    thresholds: Floats
    precision: Floats
    recall: Floats
    false_alarms: Floats


def trace(truth: Cells, probabilities: Floats, points: int | None = POINTS) -> Curves:
    """Return both curves of one label; images of equal probability enter together.

    With more distinct probabilities than `points`, so many are kept, evenly spread along the curve of false alarms and
    recall, the first and the last among them; each is exact. None keeps all. Equals
    `sklearn.metrics.precision_recall_curve` and `roc_curve` there.

    Args:
        truth: int8 [n], 1, 0 or -1; unknown rows are left out.
        probabilities: float64 [n], 0 to 1.
        points: how many to keep, 2 or more.

    """
    known = np.flatnonzero(truth >= 0)
    order = known[np.argsort(-probabilities[known], kind="stable")]
    descending, positive = probabilities[order], truth[order] == 1
    if order.size == 0:
        nothing = np.empty(0)
        return Curves(nothing, nothing, nothing, nothing)
    ends = np.append(np.flatnonzero(np.diff(descending)), order.size - 1)
    hits = np.cumsum(positive)[ends].astype(np.float64)
    tagged = ends + 1.0
    n_present, n_absent = hits[-1], tagged[-1] - hits[-1]
    recall, alarms = _over(hits, n_present), _over(tagged - hits, n_absent)
    kept = _spread(np.nan_to_num(recall) + np.nan_to_num(alarms), points)
    return Curves(descending[ends][kept], (hits / tagged)[kept], recall[kept], alarms[kept])


def _spread(rising: Floats, points: int | None) -> Rows:
    """Return the places of so many values, evenly spread between the first and the last."""
    if points is None or rising.size <= points:
        return np.arange(rising.size)
    wanted = np.linspace(rising[0], rising[-1], points)
    places: Rows = np.unique(np.append(np.searchsorted(rising, wanted).clip(max=rising.size - 1), rising.size - 1))
    return places


def _over(part: Floats, whole: float) -> Floats:
    """Return part / whole, NaN where the whole is 0."""
    shares: Floats = part / whole if whole else np.full(part.shape, np.nan)
    return shares
