"""Show what was predicted for what, for labels that overlap, with the images behind every number.

An image can be right for one label and wrong for another. Therefore there is a 2x2 table per label, and a table of
what was added where a label was missed. `mlcm` puts all labels into one table; `single_label` does so for labels that
exclude each other.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.domain.matrices import Cells, Flags, Floats, Rows, checked_predictions, checked_truth

Counts = npt.NDArray[np.int64]


# Arrays have no single truth value, so that none of these is compared field by field.
@dataclass(frozen=True, slots=True, eq=False)
class LabelConfusion:
    """Hold one label's 2x2 table as the rows behind each cell, int [k] each, rising; unknown rows are in none."""

    label: int
    true_positives: Rows
    false_positives: Rows
    false_negatives: Rows
    true_negatives: Rows

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Return how many rows are true positive, false positive, false negative and true negative."""
        return (
            self.true_positives.size,
            self.false_positives.size,
            self.false_negatives.size,
            self.true_negatives.size,
        )


@dataclass(frozen=True, slots=True, eq=False)
class MissedInstead:
    """Hold, for each missed label A (row), what was wrongly added instead (column B).

    Attributes:
        counts: int [L, L], on how many images A was missed and B wrongly added; the diagonal is 0. An image with two
            wrongly added labels counts under both, so that a row may sum to more than `missed`.
        nothing_else: int [L], on how many images A was missed and no label was wrongly added.
        missed: int [L], on how many images A was missed at all.

    """

    counts: Counts
    nothing_else: Counts
    missed: Counts
    _missed_cells: Flags
    _added_cells: Flags

    def rows(self, missed: int, added: int) -> Rows:
        """Return the images behind one cell, rising: label `missed` was missed and label `added` wrongly added."""
        return np.flatnonzero(self._missed_cells[:, missed] & self._added_cells[:, added])

    def nothing_else_rows(self, missed: int) -> Rows:
        """Return the images, rising, where label `missed` was missed and nothing was wrongly added."""
        return np.flatnonzero(self._missed_cells[:, missed] & ~self._added_cells.any(axis=1))


def label_confusions(truth: npt.ArrayLike, predictions: npt.ArrayLike) -> list[LabelConfusion]:
    """Return the 2x2 table of every label, in column order.

    The counts equal `sklearn.metrics.multilabel_confusion_matrix` where nothing is unknown.

    Args:
        truth: int8 [n, L], 1 present, 0 absent, -1 unknown.
        predictions: int [n, L], 1 predicted, 0 not.

    Raises:
        ValueError: when shapes disagree or values are out of range.

    """
    cells, given = _checked(truth, predictions)
    yes = given == 1
    present, absent = cells == 1, cells == 0
    kinds = (present & yes, absent & yes, present & ~yes, absent & ~yes)
    return [
        LabelConfusion(column, *(np.flatnonzero(kind[:, column]) for kind in kinds)) for column in range(cells.shape[1])
    ]


def missed_instead(truth: npt.ArrayLike, predictions: npt.ArrayLike) -> MissedInstead:
    """Return the label x label table of what was wrongly added where a label was missed.

    A label predicted where it is unknown is no error and counts nowhere. Arguments and errors as in `label_confusions`.
    """
    cells, given = _checked(truth, predictions)
    missed = (cells == 1) & (given == 0)
    added = (cells == 0) & (given == 1)
    alone = missed & ~added.any(axis=1, keepdims=True)
    return MissedInstead(
        counts=pair_counts(missed, added),
        nothing_else=alone.sum(axis=0, dtype=np.int64),
        missed=missed.sum(axis=0, dtype=np.int64),
        _missed_cells=missed,
        _added_cells=added,
    )


@dataclass(frozen=True, slots=True)
class Confused:
    """Hold that one label was missed on `count` images where another was added, of `missed` on which it was missed."""

    label: int
    added: int
    count: int
    missed: int


def most_confused(table: MissedInstead, least: int = 1) -> list[Confused]:
    """List what was added where a label was missed, the most frequent first; pairs of fewer than `least` images not.

    Of equally frequent pairs, the one that makes up the larger share of its label's misses comes first.
    """
    rows, columns = np.nonzero(table.counts >= max(1, least))
    found = [
        Confused(int(row), int(column), int(table.counts[row, column]), int(table.missed[row]))
        for row, column in zip(rows, columns, strict=True)
    ]
    return sorted(found, key=lambda pair: (-pair.count, pair.missed, pair.label, pair.added))


def pair_counts(first: Flags, second: Flags) -> Counts:
    """Count the rows in which both hold, int [A, B], for every column of bool [n, A] with every one of bool [n, B]."""
    # Doubles count exactly up to 2 ** 53, and a library multiplies them; whole numbers numpy would add one by one.
    return (first.T.astype(np.float64) @ second.astype(np.float64)).astype(np.int64)


def shares(counts: npt.ArrayLike, axis: int) -> Floats:
    """Return each count as a share of its row (axis 1) or its column (axis 0); NaN where that sums to nothing."""
    table = np.asarray(counts, dtype=np.float64)
    whole = table.sum(axis=axis, keepdims=True)
    made: Floats = np.divide(table, whole, out=np.full_like(table, np.nan), where=whole > 0)
    return made


def _checked(truth: npt.ArrayLike, predictions: npt.ArrayLike) -> tuple[Cells, Cells]:
    """Return both matrices, checked."""
    cells = checked_truth(truth)
    return cells, checked_predictions(predictions, cells.shape)
