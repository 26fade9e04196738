"""Measure how well probabilities rank the images of one label, whatever the threshold."""

import numpy as np
import numpy.typing as npt

from app.domain.matrices import Cells, Floats, Rows


def average_precision(truth: Cells, probabilities: Floats) -> float:
    """Return the average precision of one label, NaN where no image is known to show it.

    The sum over thresholds of the gain in recall times the precision there, without interpolation; images of equal
    probability enter together, so that their order does not matter. Equals `sklearn.metrics.average_precision_score`,
    which says 0 where this says NaN. Source: Manning, Raghavan & Schuetze 2008, Introduction to Information
    Retrieval, section 8.4.

    Args:
        truth: int8 [n], 1, 0 or -1; unknown rows are left out.
        probabilities: float64 [n], 0 to 1.

    """
    return float(resampled_average_precision(truth, probabilities, np.ones((truth.size, 1), dtype=np.float32))[0])


def resampled_average_precision(truth: Cells, probabilities: Floats, weights: npt.NDArray[np.float32]) -> Floats:
    """Return the average precision of one label in each of B resamples, float64 [B].

    NaN in a resample that holds no image with the label.

    Args:
        truth: int8 [n], 1, 0 or -1; unknown rows are left out.
        probabilities: float64 [n], 0 to 1.
        weights: float32 [n, B], how often each row was drawn into each resample.

    """
    known = np.flatnonzero(truth >= 0)
    order = known[np.argsort(-probabilities[known], kind="stable")]
    positive = truth[order] == 1
    ends = _tie_ends(probabilities[order])
    # Recall grows only at the ties that hold a positive image; the other ties merely add to the images above the next.
    ends = ends[np.diff(np.cumsum(positive)[ends], prepend=0) > 0]
    if ends.size == 0:
        return np.full(weights.shape[1], np.nan)
    starts = np.concatenate(([0], ends[:-1] + 1))
    drawn = weights[order[: ends[-1] + 1]]
    above = np.cumsum(np.add.reduceat(drawn, starts, axis=0), axis=0, dtype=np.float64)
    gained = np.add.reduceat(drawn * positive[: ends[-1] + 1, None], starts, axis=0).astype(np.float64)
    hits = np.cumsum(gained, axis=0)
    # Where nothing was drawn so far nothing was gained either: dividing by 1 keeps that term at 0.
    precision = hits / np.maximum(above, 1)
    total = hits[-1]
    summed = (gained * precision).sum(axis=0)
    averages: Floats = np.divide(summed, total, out=np.full(total.shape, np.nan), where=total > 0)
    return averages


def roc_auc(truth: Cells, probabilities: Floats) -> float:
    """Return the area under the ROC curve of one label, NaN where no image is known to show it, or none to lack it.

    The chance that a random image with the label has a higher probability than a random one without, ties counting half
    (Mann-Whitney U over n1 * n0). Equals `sklearn.metrics.roc_auc_score`. Source: Hanley & McNeil 1982, Radiology 143.

    Args:
        truth: int8 [n], 1, 0 or -1; unknown rows are left out.
        probabilities: float64 [n], 0 to 1.

    """
    known = truth >= 0
    positive = truth[known] == 1
    n_present = int(positive.sum())
    n_absent = int(positive.size - n_present)
    if n_present == 0 or n_absent == 0:
        return float("nan")
    _values, inverse, counts = np.unique(probabilities[known], return_inverse=True, return_counts=True)
    # The mean rank of a tie: the ranks below it, plus the middle of its own.
    ranks = np.cumsum(counts) - (counts - 1) / 2
    wins = float(ranks[inverse][positive].sum()) - n_present * (n_present + 1) / 2
    return wins / (n_present * n_absent)


def _tie_ends(descending: Floats) -> Rows:
    """Return the last position of every run of equal values."""
    if descending.size == 0:
        return np.empty(0, dtype=np.intp)
    return np.append(np.flatnonzero(np.diff(descending)), descending.size - 1)
