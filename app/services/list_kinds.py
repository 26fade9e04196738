"""What each kind of list holds: one function a kind, from the evidence to the cells that belong in it."""

from collections.abc import Mapping

import numpy as np
from sqlalchemy.orm import Session

from app.domain.losses import image_losses
from app.domain.matrices import Flags
from app.domain.statuses import Direction
from app.models import Run
from app.services import comparisons, finding_lists
from app.services.confusion_lists import OF_TWO_LABELS, cells_of
from app.services.evidence import Evidence
from app.services.list_cells import Chooser, Chosen, column_of, wrong_cells
from app.services.list_queries import CellKind, ListKind, ListQuery


def choose(session: Session, run: Run, query: ListQuery, seen: Evidence) -> Chosen:
    """Choose the cells that a kind of list holds, of every label and in both directions."""
    return CHOOSERS[query.kind](session, run, query, seen)


def of_label(query: ListQuery, seen: Evidence) -> Flags:
    """Tell which cells are of the label asked for, bool [n, L]; all of them where none is.

    Raises:
        NotFoundError: when the run does not know the label.

    """
    # In tables of two labels, the label judged need not be the one of the row.
    if query.label is None or query.kind.of_two_labels:
        return np.ones(seen.truth.shape, dtype=np.bool_)
    return np.broadcast_to(np.arange(len(seen.labels)) == column_of(seen, query.label), seen.truth.shape)


def of_direction(query: ListQuery, seen: Evidence) -> Flags:
    """Tell which cells can err in the direction asked for, bool [n, L]; all of them where none is."""
    if query.direction is None or not query.kind.has_sides:
        return np.ones(seen.truth.shape, dtype=np.bool_)
    chosen: Flags = seen.truth == (1 if query.direction is Direction.MISSED else 0)
    return chosen


def _errors(_session: Session, _run: Run, _query: ListQuery, seen: Evidence) -> Chosen:
    return Chosen(wrong_cells(seen))


def _images(_session: Session, _run: Run, _query: ListQuery, seen: Evidence) -> Chosen:
    losses = image_losses(seen.truth, seen.probabilities)
    return Chosen(wrong_cells(seen), losses[:, None])


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
    **finding_lists.CHOOSERS,
}
