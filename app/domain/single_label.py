"""Reckon the ordinary confusion matrix, for collections in which every image shows exactly one label."""

import numpy as np
import numpy.typing as npt

from app.domain.confusion import Counts
from app.domain.matrices import Cells, Floats, Rows, checked_probabilities, checked_truth, predict
from app.domain.statuses import Labelling

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


def predict_one(probabilities: npt.ArrayLike) -> Cells:
    """Return int8 [n, L]: 1 for each image's most probable label, of equal ones the first, else 0.

    A row with a missing probability (NaN) predicts nothing.
    """
    given = np.asarray(probabilities, dtype=np.float64)
    predicted = np.zeros(given.shape, dtype=np.int8)
    rows = np.flatnonzero(~np.isnan(given).any(axis=1)) if given.shape[1] else np.zeros(0, dtype=np.intp)
    predicted[rows, given[rows].argmax(axis=1)] = 1
    return predicted


def decide(labelling: Labelling, probabilities: npt.ArrayLike, thresholds: npt.ArrayLike) -> Cells:
    """Return which labels count as predicted, int8 [n, L]: by threshold, or the most probable one where only one can.

    Thresholds are float [L] or one for all, and without meaning where labels exclude each other.
    """
    return predict_one(probabilities) if labelling is Labelling.EXCLUSIVE else predict(probabilities, thresholds)


def against_rivals(probabilities: npt.ArrayLike) -> Floats:
    """Return each label's share of what it and its strongest rival get together, float64 [n, L].

    It is above one half exactly where the label is the most probable one, so that what is written for labels with
    thresholds holds for labels that exclude each other too. Where both get nothing it is one half.
    """
    given = np.asarray(probabilities, dtype=np.float64)
    if given.shape[1] < 2:
        return given
    order = np.sort(given, axis=1)
    best, second = order[:, -1:], order[:, -2:-1]
    is_best = np.zeros(given.shape, dtype=np.bool_)
    is_best[np.arange(len(given)), given.argmax(axis=1)] = True
    rivals = np.where(is_best, second, best)
    total = given + rivals
    shares: Floats = np.divide(given, total, out=np.full(given.shape, 0.5), where=total > 0)
    return shares


def accuracy(truth: npt.ArrayLike, probabilities: npt.ArrayLike) -> float:
    """Return the share of images with one known label whose most probable label is the true one; NaN without any.

    Equals `sklearn.metrics.accuracy_score` of the labels. Arguments and errors as in `single_label_confusion`.
    """
    counts = single_label_confusion(truth, probabilities)
    return float(np.trace(counts) / counts.sum()) if counts.sum() else float("nan")


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
