"""Shorten vectors so that what they say of each other stays as it is, as nearly as fewer numbers can say it."""

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]

# Rows taken at once where sums over all images are formed in double precision: 8192 of 1280 numbers are 80 MB.
PIECE = 8192


def shortened(vectors: Matrix, width: int) -> Matrix:
    """Return unit vectors of at most `width` numbers whose products are nearest to those of the given ones.

    That is a principal component analysis without moving the origin, since the products are what counts.

    Args:
        vectors: float32 [n, d], unit vectors as `neighbours.directions` gives them; zero vectors stay zero.
        width: how many numbers a vector may have, at least 1.

    Returns:
        float32 [n, min(width, d)], the same for the same vectors.

    Source: Eckart & Young 1936, Psychometrika 1(3), on the nearest matrix of lower rank.

    """
    d = vectors.shape[1] if vectors.ndim == 2 else 0
    moments = np.zeros((d, d))
    for start in range(0, len(vectors), PIECE):
        piece = vectors[start : start + PIECE].astype(np.float64)
        moments += piece.T @ piece
    _values, axes = np.linalg.eigh(moments) if d else (np.zeros(0), np.zeros((0, 0)))
    kept = axes[:, ::-1][:, :width]
    # An axis may point either way; the larger end is made the positive one, so that every machine gives the same.
    turned = kept * np.where(kept[np.abs(kept).argmax(axis=0), np.arange(kept.shape[1])] < 0, -1, 1) if d else kept
    short: Matrix = vectors @ turned.astype(np.float32)
    lengths = np.linalg.norm(short, axis=1, keepdims=True)
    short /= np.where(lengths > 0, lengths, 1)
    return short
