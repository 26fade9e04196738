"""Count predictions against the truth, in so few numbers that every figure at a threshold follows from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.domain.matrices import Cells

Counts = npt.NDArray[np.int64]


# Arrays have no single truth value, so that tallies are not compared field by field.
@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Hold the counts of one set of predictions, over known cells only.

    Attributes:
        n_rows: how many images were looked at, those with nothing known too.
        by_label: int [4, L], true positives, false positives, false negatives and true negatives of each label.
        by_image: int [K, 4], how many true positives, false positives and false negatives an image has, and how many
            images have just these; images with nothing known are left out.

    """

    n_rows: int
    by_label: Counts
    by_image: Counts

    def to_dict(self) -> dict[str, Any]:
        """Return the counts for JSON."""
        return {"n_rows": self.n_rows, "by_label": self.by_label.tolist(), "by_image": self.by_image.tolist()}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> "Tally":
        """Read counts as `to_dict` gives them."""
        return cls(
            given["n_rows"],
            np.array(given["by_label"], dtype=np.int64).reshape(4, -1),
            np.array(given["by_image"], dtype=np.int64).reshape(-1, 4),
        )


def tally(truth: Cells, predictions: Cells) -> Tally:
    """Count predictions, int8 [n, L] of 1 and 0, against the truth, int8 [n, L] of 1, 0 and -1."""
    known = (truth >= 0).any(axis=1)
    of_images = counts(truth[known], predictions[known], axis=1)[:3]
    kinds, n_images = np.unique(of_images.T, axis=0, return_counts=True)
    return Tally(truth.shape[0], counts(truth, predictions), np.column_stack([kinds, n_images]).astype(np.int64))


def counts(truth: Cells, predictions: Cells, axis: int | None = 0) -> Counts:
    """Return true positives, false positives, false negatives and true negatives over known cells, int [4, ...].

    Args:
        truth: int8 [n, L], 1, 0 or -1.
        predictions: int8 [n, L], 1 or 0.
        axis: 0 counts per label, 1 per image, None over all cells.

    """
    yes = predictions == 1
    present, absent = truth == 1, truth == 0
    kinds = (present & yes, absent & yes, present & ~yes, absent & ~yes)
    return np.array([np.sum(kind, axis=axis, dtype=np.int64) for kind in kinds])
