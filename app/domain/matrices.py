"""Check the matrices that all numeric rules share: truth, probabilities, thresholds and predictions.

Rows are images, columns are labels. Truth is int8 [n, L] with 1 present, 0 absent and -1 unknown or disputed;
probabilities are floats [n, L] between 0 and 1; thresholds are floats [L]; predictions are int8 [n, L] with 1 and 0.
"""

import numpy as np
import numpy.typing as npt

UNKNOWN = -1

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Cells = npt.NDArray[np.int8]


def checked_truth(truth: npt.ArrayLike) -> Cells:
    """Return the truth as int8 [n, L].

    Raises:
        ValueError: when it is not two-dimensional or holds anything but 1, 0 and -1.

    """
    given = np.asarray(truth)
    if given.ndim != 2:
        raise ValueError(f"truth must have two dimensions (images, labels), not {given.ndim}")
    if not np.isin(given, (UNKNOWN, 0, 1)).all():
        raise ValueError("truth may hold only 1 (present), 0 (absent) and -1 (unknown)")
    return given.astype(np.int8)


def checked_probabilities(probabilities: npt.ArrayLike, shape: tuple[int, ...]) -> Floats:
    """Return the probabilities as float64 of the given shape.

    Raises:
        ValueError: when the shape differs, or a value is missing (NaN) or outside 0 to 1.

    """
    given = np.asarray(probabilities, dtype=np.float64)
    if given.shape != shape:
        raise ValueError(f"probabilities have the shape {given.shape}, the truth has {shape}")
    # A NaN fails both comparisons, so that it is refused too.
    if not ((given >= 0) & (given <= 1)).all():
        raise ValueError("probabilities must lie between 0 and 1")
    return given


def checked_predictions(predictions: npt.ArrayLike, shape: tuple[int, ...]) -> Cells:
    """Return the predictions as int8 of the given shape.

    Raises:
        ValueError: when the shape differs or a value is neither 0 nor 1.

    """
    given = np.asarray(predictions)
    if given.shape != shape:
        raise ValueError(f"predictions have the shape {given.shape}, the truth has {shape}")
    if not np.isin(given, (0, 1)).all():
        raise ValueError("predictions may hold only 1 and 0")
    return given.astype(np.int8)


def checked_thresholds(thresholds: npt.ArrayLike, n_labels: int) -> Floats:
    """Return the thresholds as float64 [L]; one number stands for all labels.

    Raises:
        ValueError: when there is not one finite threshold per label.

    """
    given = np.asarray(thresholds, dtype=np.float64)
    if given.ndim == 0:
        given = np.full(n_labels, float(given))
    if given.shape != (n_labels,):
        raise ValueError(f"there are {n_labels} labels but thresholds of the shape {given.shape}")
    if not np.isfinite(given).all():
        raise ValueError("every threshold must be a finite number")
    return given


def predict(probabilities: npt.ArrayLike, thresholds: npt.ArrayLike) -> Cells:
    """Return int8 [n, L]: 1 where the probability reaches the label's threshold, else 0.

    Both are compared in double precision: rounded to single precision, a threshold could change sides.
    A missing probability (NaN) is never predicted.
    """
    given = np.asarray(probabilities, dtype=np.float64)
    return (given >= checked_thresholds(thresholds, given.shape[-1])).astype(np.int8)
