"""Reckon the multi-label confusion matrix (MLCM): what was predicted for which true label, where labels overlap.

Source: Heydarian, Doyle and Samavi, MLCM: Multi-Label Confusion Matrix, IEEE Access 10 (2022), 19083-19095.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.domain.confusion import Counts, pair_counts
from app.domain.matrices import Flags, Rows, checked_predictions, checked_truth


# Arrays have no single truth value, so that this is not compared field by field.
@dataclass(frozen=True, slots=True, eq=False)
class MultiLabelConfusion:
    """Hold the MLCM of L labels, with the images behind every cell.

    Attributes:
        counts: int [L + 1, L + 1]. Rows are true labels, the last one "no true label"; columns are predicted labels,
            the last one "no predicted label". No image counts twice in one cell.

    """

    counts: Counts
    _known: Flags
    _found: Flags
    _missed: Flags
    _added: Flags

    @property
    def nothing(self) -> int:
        """Return the index that stands for "no true label" as a row and for "no predicted label" as a column."""
        return len(self.counts) - 1

    def rows(self, true: int, predicted: int) -> Rows:
        """Return the images behind one cell, rising."""
        nothing = self.nothing
        if true == nothing:
            none_true = ~(self._found | self._missed).any(axis=1)
            if predicted == nothing:
                return np.flatnonzero(none_true & ~self._added.any(axis=1) & self._known.any(axis=1))
            return np.flatnonzero(none_true & self._added[:, predicted])
        if predicted == nothing:
            return np.flatnonzero(self._missed[:, true] & ~self._added.any(axis=1))
        if predicted == true:
            return np.flatnonzero(self._found[:, true])
        blamed = self._missed[:, true] | (self._found[:, true] & ~self._missed.any(axis=1))
        return np.flatnonzero(blamed & self._added[:, predicted])


def multi_label_confusion(truth: npt.ArrayLike, predictions: npt.ArrayLike) -> MultiLabelConfusion:
    """Return the multi-label confusion matrix.

    Each true label that was predicted counts on the diagonal. What was wrongly added counts, for each label that was
    missed on the same image, in that label's row; where nothing was missed, in the row of every true label of the
    image; and where the image shows no label, in the row "no true label". What was missed where nothing was added
    counts in the column "no predicted label". Nothing true and nothing predicted is one count where those two meet.

    An unknown cell is left out, as if the image had not been asked about that label; an image of which nothing is known
    counts nowhere. With one true label and one predicted label an image, this is the ordinary confusion matrix.

    Args:
        truth: int8 [n, L], 1 present, 0 absent, -1 unknown.
        predictions: int [n, L], 1 predicted, 0 not.

    Raises:
        ValueError: when shapes disagree or values are out of range.

    """
    cells = checked_truth(truth)
    given = checked_predictions(predictions, cells.shape) == 1
    known, present = cells >= 0, cells == 1
    found, missed, added = present & given, present & ~given, (cells == 0) & given
    any_missed, any_added, any_present = missed.any(axis=1), added.any(axis=1), present.any(axis=1)
    labels = cells.shape[1]
    counts = np.zeros((labels + 1, labels + 1), dtype=np.int64)
    blamed = missed | (found & ~any_missed[:, None])
    counts[:labels, :labels] = pair_counts(blamed, added) + np.diag(found.sum(axis=0, dtype=np.int64))
    counts[:labels, labels] = (missed & ~any_added[:, None]).sum(axis=0)
    counts[labels, :labels] = (added & ~any_present[:, None]).sum(axis=0)
    counts[labels, labels] = (known.any(axis=1) & ~any_present & ~any_added).sum()
    return MultiLabelConfusion(counts, known, found, missed, added)
