"""What each kind of list holds: one function a kind, from the evidence to the cells that belong in it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from app.domain.losses import image_losses
from app.domain.matrices import Cells, Floats
from app.domain.statuses import Direction
from app.errors import NotFoundError
from app.models import Run
from app.services import comparisons
from app.services.confusion_lists import OF_TWO_LABELS, cells_of
from app.services.evidence import Evidence
from app.services.list_queries import CellKind, ListKind, ListQuery

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Chosen:
    """Hold which cells a list holds, and in what order.

    `cells` is bool [n, L]. `rank` is float64 [n, L] or [n, 1], the highest first, before the loss; None where the loss
    alone decides.
    """

    cells: Flags
    rank: Floats | None = None


Chooser = Callable[[Session, Run, ListQuery, Evidence], Chosen]


def choose(session: Session, run: Run, query: ListQuery, seen: Evidence) -> Chosen:
    """Choose the cells that a list holds; only those of the label asked for, if any."""
    chosen = CHOOSERS[query.kind](session, run, query, seen)
    if query.label is None or query.kind in OF_TWO_LABELS:
        return chosen
    return Chosen(chosen.cells & (np.arange(len(seen.labels)) == column_of(seen, query.label)), chosen.rank)


def wrong_cells(seen: Evidence) -> Flags:
    """Tell where run and answers disagree, bool [n, L]."""
    wrong: Flags = (seen.truth >= 0) & (seen.truth != seen.predictions)
    return wrong


def column_of(seen: Evidence, label_id: int) -> int:
    """Find a label's column.

    Raises:
        NotFoundError: when the run does not know the label.

    """
    column = seen.column(label_id)
    if column < 0:
        raise NotFoundError
    return column


def in_direction(truth: Cells, direction: Direction | None) -> Flags:
    """Tell which cells can err in a direction, bool [n, L]; None means both."""
    if direction is None:
        return np.ones(truth.shape, dtype=np.bool_)
    chosen: Flags = truth == (1 if direction is Direction.MISSED else 0)
    return chosen


def _errors(_session: Session, _run: Run, query: ListQuery, seen: Evidence) -> Chosen:
    return Chosen(wrong_cells(seen) & in_direction(seen.truth, query.direction))


def _images(_session: Session, _run: Run, query: ListQuery, seen: Evidence) -> Chosen:
    losses = image_losses(seen.truth, seen.probabilities)
    return Chosen(wrong_cells(seen) & in_direction(seen.truth, query.direction), losses[:, None])


def _cell(_session: Session, _run: Run, query: ListQuery, seen: Evidence) -> Chosen:
    cell = query.cell or CellKind.FN
    return Chosen((seen.truth == cell.truth) & (seen.predictions == cell.predicted))


def _instead(_session: Session, _run: Run, query: ListQuery, seen: Evidence) -> Chosen:
    """Choose where the label was missed and the other one wrongly added, or nothing was."""
    added = (seen.truth == 0) & (seen.predictions == 1)
    here = ~added.any(axis=1) if query.added is None else added[:, column_of(seen, query.added)]
    return Chosen((seen.truth == 1) & (seen.predictions == 0) & here[:, None])


def _changed(session: Session, run: Run, query: ListQuery, seen: Evidence) -> Chosen:
    """Choose what another run judges differently: rightly here and wrongly there, or the reverse."""
    before = comparisons.predictions_before(session, run, query.other, seen)
    right, was_right = seen.predictions == seen.truth, before == seen.truth
    changed = (right & ~was_right) if query.kind is ListKind.FIXED else (~right & was_right)
    return Chosen(changed & (before >= 0) & (seen.truth >= 0))


def _of_two_labels(_session: Session, _run: Run, query: ListQuery, seen: Evidence) -> Chosen:
    return Chosen(cells_of(query, seen))


CHOOSERS: Mapping[ListKind, Chooser] = {
    ListKind.ERRORS: _errors,
    ListKind.IMAGES: _images,
    ListKind.CELL: _cell,
    ListKind.INSTEAD: _instead,
    ListKind.FIXED: _changed,
    ListKind.BROKEN: _changed,
    **dict.fromkeys(OF_TWO_LABELS, _of_two_labels),
}
