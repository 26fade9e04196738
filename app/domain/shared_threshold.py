"""One threshold for all labels, as lessons choose it: how accuracy and macro-F1 change with it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.domain.matrices import Floats, checked_probabilities, checked_truth

# The lessons look at 29 thresholds from 0.05 to 0.95.
FIRST, LAST, COUNT = 0.05, 0.95, 29
# Equal shares computed by different roundings differ by less than this; shares of a million answers differ by more.
_SAME = 1e-12


@dataclass(frozen=True, eq=False)
class SharedCurve:
    """Hold what each threshold reaches when all labels share it, float [t] each; NaN where nothing is known."""

    thresholds: Floats
    # The share of known cells that are right; fastai's accuracy_multi.
    accuracy: Floats
    # The mean of F1 over the labels that have a known cell, 0 for a label whose F1 is 0/0.
    macro_f1: Floats

    @property
    def best_by_accuracy(self) -> float | None:
        """Return the threshold of the highest accuracy; of several the one nearest 0.5, of these the higher."""
        return self._best(self.accuracy)

    @property
    def best_by_macro_f1(self) -> float | None:
        """Return the threshold of the highest macro-F1; of several the one nearest 0.5, of these the higher."""
        return self._best(self.macro_f1)

    def _best(self, figures: Floats) -> float | None:
        if np.isnan(figures).all():
            return None
        best = self.thresholds[figures >= np.nanmax(figures) - _SAME]
        distance = np.abs(best - 0.5)
        return float(best[distance <= distance.min() + _SAME].max())


def shared_curve(
    truth: npt.ArrayLike, probabilities: npt.ArrayLike, thresholds: npt.ArrayLike | None = None
) -> SharedCurve:
    """Measure one shared threshold after the other, by default the 29 of the lessons.

    Args:
        truth: int8 [n, L], 1 present, 0 absent, -1 unknown.
        probabilities: float [n, L], 0 to 1.
        thresholds: float [t].

    Raises:
        ValueError: when shapes disagree or values are out of range.

    """
    cells = checked_truth(truth)
    given = checked_probabilities(probabilities, cells.shape)
    # Rounded, so that the one in the middle is 0.5 and not the number just below it.
    limits = np.linspace(FIRST, LAST, COUNT).round(12) if thresholds is None else np.asarray(thresholds, np.float64)
    present, absent = (cells == 1).sum(axis=0), (cells == 0).sum(axis=0)
    hits, added = (_reached(cells == value, given, limits) for value in (1, 0))
    n_known = int((present + absent).sum())
    right = hits.sum(axis=1) + (absent - added).sum(axis=1)
    accuracy = right / n_known if n_known else np.full(limits.size, np.nan)
    # 2 tp / (2 tp + fp + fn), counted as 0 where it is 0/0.
    whole = hits + added + present
    f1 = np.divide(2 * hits, whole, out=np.zeros(whole.shape), where=whole > 0)
    counted = present + absent > 0
    macro = f1[:, counted].mean(axis=1) if counted.any() else np.full(limits.size, np.nan)
    return SharedCurve(limits, accuracy, macro)


def _reached(chosen: npt.NDArray[np.bool_], probabilities: Floats, limits: Floats) -> npt.NDArray[np.int64]:
    """Return how many chosen cells of each label reach each threshold, int [t, L]."""
    counts = np.zeros((limits.size, chosen.shape[1]), dtype=np.int64)
    for column in range(chosen.shape[1]):
        ordered = np.sort(probabilities[chosen[:, column], column])
        counts[:, column] = ordered.size - np.searchsorted(ordered, limits, side="left")
    return counts
