"""Rank images and labels by how badly the model's probabilities miss the ground truth."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.domain.matrices import Floats, checked_probabilities, checked_truth, predict
from app.domain.statuses import Direction

# Single-precision probabilities cannot come closer to 1 than this; it bounds the loss of one cell at 16.1 nats.
CLIP = 1e-7


@dataclass(frozen=True, slots=True)
class TopLoss:
    """Hold one (image, label) that the model misses: row and column indices, probability, loss in nats."""

    row: int
    label: int
    direction: Direction
    probability: float
    loss: float

    @property
    def truth(self) -> int:
        """Return 1 where the label is present, 0 where it is absent."""
        return 1 if self.direction is Direction.MISSED else 0


@dataclass(frozen=True, slots=True)
class ImageLoss:
    """Hold one image's row index and its mean loss over the known labels, in nats."""

    row: int
    loss: float


def cell_losses(truth: npt.ArrayLike, probabilities: npt.ArrayLike) -> Floats:
    """Return the binary cross-entropy of every (image, label) in nats, float64 [n, L], NaN where unknown.

    Minus the natural logarithm of the probability given to the right answer; probabilities are clipped to 1e-7 from 0
    and 1, so that no cell exceeds 16.1. Source: Good 1952, Rational Decisions, J. R. Stat. Soc. B 14, 107-114.

    Args:
        truth: int8 [n, L], 1 present, 0 absent, -1 unknown.
        probabilities: float [n, L], 0 to 1.

    Raises:
        ValueError: when shapes disagree or values are out of range.

    """
    cells = checked_truth(truth)
    given = np.clip(checked_probabilities(probabilities, cells.shape), CLIP, 1 - CLIP)
    losses: Floats = np.where(cells == 1, -np.log(given), -np.log1p(-given))
    losses[cells < 0] = np.nan
    return losses


def image_losses(truth: npt.ArrayLike, probabilities: npt.ArrayLike) -> Floats:
    """Return each image's mean loss over its known labels in nats, float64 [n], NaN where none is known.

    Arguments and errors as in `cell_losses`.
    """
    losses = cell_losses(truth, probabilities)
    known = ~np.isnan(losses)
    total = np.where(known, losses, 0.0).sum(axis=1)
    n_known = known.sum(axis=1)
    means: Floats = np.divide(total, n_known, out=np.full(total.shape, np.nan), where=n_known > 0)
    return means


def top_images(
    truth: npt.ArrayLike, probabilities: npt.ArrayLike, *, limit: int | None = None, offset: int = 0
) -> list[ImageLoss]:
    """Return the images with any known label, highest mean loss first, equal ones by row.

    Arguments and errors as in `top_losses`.
    """
    losses = image_losses(truth, probabilities)
    rows = np.flatnonzero(~np.isnan(losses))
    rows = rows[np.argsort(-losses[rows], kind="stable")][_page(limit, offset)]
    return [ImageLoss(int(row), float(losses[row])) for row in rows]


def top_losses(
    truth: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    *,
    thresholds: npt.ArrayLike | None = None,
    label: int | None = None,
    direction: Direction | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[TopLoss]:
    """Return the known (image, label) cells, highest loss first, equal ones by row, then by label.

    A cell is missed where the label is present and wrongly added where it is absent.

    Args:
        truth: int8 [n, L], 1 present, 0 absent, -1 unknown.
        probabilities: float [n, L], 0 to 1.
        thresholds: float [L], or one for all; when given, only cells on the wrong side of their threshold are listed.
        label: only this column.
        direction: only missed, or only wrongly added.
        limit: at most so many; all when None.
        offset: how many of the first to leave out, for paging.

    Raises:
        ValueError: when shapes disagree, values are out of range, or limit or offset is negative.

    """
    page = _page(limit, offset)
    cells = checked_truth(truth)
    given = checked_probabilities(probabilities, cells.shape)
    losses = cell_losses(cells, given)
    listed = cells >= 0
    if thresholds is not None:
        listed &= predict(given, thresholds) != cells
    if label is not None:
        listed &= np.arange(cells.shape[1]) == label
    if direction is not None:
        listed &= cells == (1 if direction is Direction.MISSED else 0)
    rows, columns = np.nonzero(listed)
    order = np.argsort(-losses[rows, columns], kind="stable")[page]
    return [
        TopLoss(
            int(row),
            int(column),
            Direction.MISSED if cells[row, column] else Direction.WRONGLY_ADDED,
            float(given[row, column]),
            float(losses[row, column]),
        )
        for row, column in zip(rows[order], columns[order], strict=True)
    ]


def _page(limit: int | None, offset: int) -> slice:
    """Return the slice that holds one page."""
    if offset < 0 or (limit is not None and limit < 0):
        raise ValueError("limit and offset cannot be negative")
    return slice(offset, None if limit is None else offset + limit)
