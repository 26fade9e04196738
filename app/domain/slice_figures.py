"""Measure predictions slice by slice: the counts of every label in every part of the images."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.domain.matrices import Cells, Flags, Floats

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SliceCounts:
    """Hold how often each label was found, wrongly added and missed in each slice, int64 [S, L], on known cells only.

    `known` counts the cells that are known at all, `images` the images of each slice, int64 [S].
    """

    tp: Counts
    fp: Counts
    fn: Counts
    known: Counts
    images: Counts

    def minus(self, other: "SliceCounts") -> "SliceCounts":
        """Return what is left outside the other slices; shapes are matched as numpy does."""
        return SliceCounts(
            self.tp - other.tp,
            self.fp - other.fp,
            self.fn - other.fn,
            self.known - other.known,
            self.images - other.images,
        )


@dataclass(frozen=True, eq=False)
class SliceAverages:
    """Hold precision, recall and F1 of each slice over all labels, float64 [S], NaN where undefined."""

    precision: Floats
    recall: Floats
    f1: Floats


def count_slices(truth: Cells, predictions: Cells, members: Flags) -> SliceCounts:
    """Count every label in every slice.

    Args:
        truth: int8 [n, L], 1, 0 or -1; unknown cells are not counted.
        predictions: int8 [n, L], 1 or 0.
        members: bool [n, S], which images are in which slice; an image may be in several.

    """
    # Single precision holds such counts exactly up to 16 million, and multiplies twice as fast.
    chosen = members.T.astype(np.float32)

    def counted(cells: Flags) -> Counts:
        return np.rint(chosen @ cells.astype(np.float32)).astype(np.int64)

    present, predicted = truth == 1, predictions == 1
    found = counted(present & predicted)
    return SliceCounts(
        tp=found,
        fp=counted((truth == 0) & predicted),
        fn=counted(present) - found,
        known=counted(truth >= 0),
        images=members.sum(axis=0, dtype=np.int64),
    )


def micro(counts: SliceCounts) -> SliceAverages:
    """Measure the pooled counts of all labels."""
    tp, fp, fn = counts.tp.sum(axis=1), counts.fp.sum(axis=1), counts.fn.sum(axis=1)
    return SliceAverages(_share(tp, tp + fp), _share(tp, tp + fn), _share(2 * tp, 2 * tp + fp + fn))


def macro(counts: SliceCounts) -> SliceAverages:
    """Average over the labels that a slice shows or that are predicted there; an undefined figure counts as 0.

    A small slice shows few labels. To count the others as 0 would say of the slice what is true of its size.
    """
    tp, fp, fn = counts.tp, counts.fp, counts.fn
    there = (tp + fp + fn) > 0
    labels = there.sum(axis=1)

    def mean(figures: Floats) -> Floats:
        return _share(np.where(there, np.nan_to_num(figures), 0.0).sum(axis=1), labels)

    return SliceAverages(mean(_share(tp, tp + fp)), mean(_share(tp, tp + fn)), mean(_share(2 * tp, 2 * tp + fp + fn)))


def _share(part: npt.NDArray[np.generic], whole: Counts) -> Floats:
    """Divide, undefined (NaN) where there is no whole."""
    result = np.full(whole.shape, np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result
