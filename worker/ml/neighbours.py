"""Find the images that look most alike, by what a frozen network sees in them."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
Places = npt.NDArray[np.int32]

# Rows compared at once: with 20,000 images a piece is 20 MB, and twice that while it is ordered.
PIECE = 256
NOBODY = -1


@dataclass(frozen=True, slots=True)
class Nearest:
    """Hold the nearest images of each image, the nearest first.

    `rows` is int32 [n, k], -1 where there are fewer; `similarities` is float32 [n, k], -1 to 1, NaN where there are
    fewer.
    """

    rows: Places
    similarities: Matrix

    def first(self, k: int) -> "Nearest":
        """Keep the k nearest."""
        return Nearest(self.rows[:, :k], self.similarities[:, :k])

    def outside(self, groups: Sequence[Hashable], k: int) -> "Nearest":
        """Keep the k nearest that are not of the image's own group: its near-duplicates say nothing new."""
        names, numbers = np.unique(np.array([str(group) for group in groups]), return_inverse=True)
        own = numbers[self.rows] == numbers[:, None] if names.size else np.zeros(self.rows.shape, dtype=np.bool_)
        own |= self.rows == NOBODY
        order = np.argsort(own, axis=1, kind="stable")[:, :k]
        left_out = np.take_along_axis(own, order, axis=1)
        rows = np.where(left_out, NOBODY, np.take_along_axis(self.rows, order, axis=1))
        similarities = np.where(left_out, np.nan, np.take_along_axis(self.similarities, order, axis=1))
        return Nearest(rows.astype(np.int32), similarities.astype(np.float32))

    def distances(self) -> npt.NDArray[np.float64]:
        """Return the mean cosine distance of each image to its nearest, float64 [n]; NaN where there are none."""
        there = self.rows != NOBODY
        total = np.where(there, 1.0 - np.where(there, self.similarities, 0.0), 0.0).sum(axis=1, dtype=np.float64)
        count = there.sum(axis=1)
        return np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)


def directions(features: Matrix) -> Matrix:
    """Return features as unit vectors whose products are similarities, float32 [n, d].

    Signed square roots keep single strong features from deciding alone, and without the mean, which all images of a
    collection share, differences count. Both were measured (decision 0019).
    """
    rooted: Matrix = np.sign(features)
    rooted *= np.sqrt(np.abs(features))
    if len(rooted):
        rooted -= rooted.mean(axis=0)
    lengths = np.linalg.norm(rooted, axis=1, keepdims=True)
    rooted /= np.where(lengths > 0, lengths, 1)
    return rooted


def ignore_piece(_done: int, _total: int) -> None:
    """Take how many images are done, of how many, and do nothing with it."""


def nearest(vectors: Matrix, k: int, on_piece: Callable[[int, int], None] = ignore_piece) -> Nearest:
    """Find the k nearest other images of each image by cosine similarity, a piece at a time.

    Args:
        vectors: float32 [n, d], as from `directions`.
        k: how many; fewer where there are not so many images.
        on_piece: told before each piece how many images are done, of how many; what it raises ends the search.

    """
    n = len(vectors)
    wanted = max(0, min(k, n - 1))
    rows = np.full((n, k), NOBODY, dtype=np.int32)
    similarities = np.full((n, k), np.nan, dtype=np.float32)
    for start in range(0, n if wanted else 0, PIECE):
        on_piece(start, n)
        piece = slice(start, min(start + PIECE, n))
        near = vectors[piece] @ vectors.T
        here = np.arange(len(near))
        near[here, start + here] = -np.inf
        found = np.argpartition(-near, wanted - 1, axis=1)[:, :wanted]
        values = np.take_along_axis(near, found, axis=1)
        # Equal similarities stand in the order of the images, so that the same collection gives the same list.
        order = np.lexsort((found, -values), axis=1)
        rows[piece, :wanted] = np.take_along_axis(found, order, axis=1)
        similarities[piece, :wanted] = np.take_along_axis(values, order, axis=1)
    return Nearest(rows, similarities)
