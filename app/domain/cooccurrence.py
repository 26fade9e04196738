"""Count which labels go together: in the truth, and in what a model predicts."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.domain.confusion import Counts, pair_counts
from app.domain.matrices import Flags, Rows, checked_predictions, checked_truth


# Arrays have no single truth value, so that this is not compared field by field.
@dataclass(frozen=True, slots=True, eq=False)
class CoOccurrence:
    """Hold, for every two labels A and B, on how many images both are, of those where both are known.

    Attributes:
        shown: int [L, L], images that show A and B; on the diagonal, those that show A.
        predicted: int [L, L], of the same images, those to which the model gives A and B.

    """

    shown: Counts
    predicted: Counts
    _known: Flags
    _present: Flags
    _given: Flags

    def shown_rows(self, first: int, second: int) -> Rows:
        """Return the images, rising, that show both labels."""
        return np.flatnonzero(self._present[:, first] & self._present[:, second])

    def predicted_rows(self, first: int, second: int) -> Rows:
        """Return the images, rising, to which the model gives both labels, of those where both are known."""
        given, known = self._given, self._known
        return np.flatnonzero((given & known)[:, first] & (given & known)[:, second])


def co_occurrence(truth: npt.ArrayLike, predictions: npt.ArrayLike) -> CoOccurrence:
    """Return how often labels go together.

    Both tables count the same images, those of which both labels are known, so that they can be laid side by side.

    Args:
        truth: int8 [n, L], 1 present, 0 absent, -1 unknown.
        predictions: int [n, L], 1 predicted, 0 not.

    Raises:
        ValueError: when shapes disagree or values are out of range.

    """
    cells = checked_truth(truth)
    given = checked_predictions(predictions, cells.shape) == 1
    known, present = cells >= 0, cells == 1
    return CoOccurrence(pair_counts(present, present), pair_counts(given & known, given & known), known, present, given)
