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

    NaN in a resample that holds no image with the label. Arguments as in `resampled_ranking`.
    """
    return resampled_ranking(truth, probabilities, weights)[0]


def resampled_ranking(truth: Cells, probabilities: Floats, weights: npt.NDArray[np.float32]) -> tuple[Floats, Floats]:
    """Return the average precision and the ROC-AUC of one label in each of B resamples, float64 [B] each.

    Average precision is NaN in a resample that holds no image with the label, ROC-AUC also where all do.

    Args:
        truth: int8 [n], 1, 0 or -1; unknown rows are left out.
        probabilities: float64 [n], 0 to 1.
        weights: float32 [n, B], how often each row was drawn into each resample.

    """
    known = np.flatnonzero(truth >= 0)
    order = known[np.argsort(-probabilities[known], kind="stable")]
    positive = truth[order] == 1
    ends = _tie_ends(probabilities[order])
    starts = np.concatenate(([0], ends[:-1] + 1)).astype(np.intp)
    # Both figures grow only at the ties that hold a positive image; other ties merely add to what lies above the next.
    holds = np.diff(np.cumsum(positive)[ends], prepend=0) > 0
    starts, ends = starts[holds], ends[holds]
    if ends.size == 0:
        nothing = np.full(weights.shape[1], np.nan)
        return nothing, nothing.copy()
    drawn = weights[order]
    gained = np.add.reduceat(drawn[: ends[-1] + 1] * positive[: ends[-1] + 1, None], starts, axis=0).astype(np.float64)
    between, tied = _pieces(drawn, starts, ends)
    above = np.cumsum(between + tied, axis=0)
    hits = np.cumsum(gained, axis=0)
    # Where nothing was drawn so far nothing was gained either: dividing by 1 keeps that term at 0.
    precision = hits / np.maximum(above, 1)
    n_present = hits[-1]
    n_absent = drawn.sum(axis=0, dtype=np.float64) - n_present
    # An absent image below counts whole, one in the same tie half.
    below = n_absent - (above - hits) + (tied - gained) / 2
    return (
        _over((gained * precision).sum(axis=0), n_present),
        _over((gained * below).sum(axis=0), n_present * n_absent),
    )


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


def _pieces(drawn: npt.NDArray[np.float32], starts: Rows, ends: Rows) -> tuple[Floats, Floats]:
    """Return how often rows were drawn between each tie and the one before it, and in the tie, float64 [G, B] each."""
    before = np.concatenate(([0], ends[:-1] + 1)).astype(np.intp)
    edges = np.column_stack([before, starts]).ravel()
    sums = np.add.reduceat(drawn[: ends[-1] + 1], edges, axis=0).astype(np.float64)
    # An empty piece comes back as the row that it begins with.
    between = np.where((before == starts)[:, None], 0.0, sums[0::2])
    return between, sums[1::2]


def _over(part: Floats, whole: Floats) -> Floats:
    """Return part / whole, NaN where the whole is 0."""
    shares: Floats = np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
    return shares
