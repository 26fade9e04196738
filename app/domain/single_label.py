"""Reckon the ordinary confusion matrix, for collections in which every image shows exactly one label."""

import numpy as np
import numpy.typing as npt

from app.domain.confusion import Counts
from app.domain.matrices import Rows, checked_probabilities, checked_truth

NOT_ONE = -1


def only_labels(truth: npt.ArrayLike) -> Rows:
    """Return the column of each image's one label, int [n]; -1 where not all is known, or not exactly one is shown.

    Args:
        truth: int8 [n, L], 1 present, 0 absent, -1 unknown.

    Raises:
        ValueError: when values are out of range.

    """
    cells = checked_truth(truth)
    is_one = (cells >= 0).all(axis=1) & ((cells == 1).sum(axis=1) == 1)
    columns = cells.argmax(axis=1) if cells.shape[1] else np.zeros(len(cells), dtype=np.intp)
    return np.where(is_one, columns, NOT_ONE).astype(np.intp)


def labels_exclude_each_other(truth: npt.ArrayLike) -> bool:
    """Tell whether there are two or more labels, and every image of which all is known shows exactly one.

    Arguments and errors as in `only_labels`. Where no image is wholly known the answer is no.
    """
    cells = checked_truth(truth)
    complete = cells[(cells >= 0).all(axis=1)]
    return bool(cells.shape[1] > 1 and len(complete) and ((complete == 1).sum(axis=1) == 1).all())


def most_probable(probabilities: npt.ArrayLike) -> Rows:
    """Return the column of each image's highest probability, int [n]; of equal ones the first."""
    columns: Rows = np.asarray(probabilities, dtype=np.float64).argmax(axis=1)
    return columns


def single_label_confusion(truth: npt.ArrayLike, probabilities: npt.ArrayLike) -> Counts:
    """Return on how many images one label is true (row) and one is the most probable (column), int [L, L].

    Images count that have one label and no unknown one. Equals `sklearn.metrics.confusion_matrix`.

    Args:
        truth: int8 [n, L], 1 present, 0 absent, -1 unknown.
        probabilities: float [n, L].

    Raises:
        ValueError: when shapes disagree or values are out of range.

    """
    only = only_labels(truth)
    given = checked_probabilities(probabilities, np.asarray(truth).shape)
    labels = given.shape[1]
    kept = only >= 0
    pairs = only[kept] * labels + most_probable(given[kept])
    return np.bincount(pairs, minlength=labels * labels).reshape(labels, labels).astype(np.int64)
