"""The images behind a table of labels by labels: which belong to a cell, and which of its labels is judged there.

In these lists `label` names the row of the cell and `added` its column; neither means the row or column "no label".
"""

import numpy as np
import numpy.typing as npt

from app.domain.cooccurrence import co_occurrence
from app.domain.matrices import Rows
from app.domain.mlcm import multi_label_confusion
from app.domain.single_label import most_probable, only_labels
from app.errors import NotFoundError
from app.services.evidence import Evidence
from app.services.list_cells import column_of
from app.services.list_queries import ListKind, ListQuery

Flags = npt.NDArray[np.bool_]

OF_TWO_LABELS = frozenset(kind for kind in ListKind if kind.of_two_labels)


def cells_of(query: ListQuery, seen: Evidence) -> Flags:
    """Choose one place for each image behind a cell, bool [n, L].

    Raises:
        NotFoundError: when the run does not know a label, or one is missing that the table needs.

    """
    row, column = _column(seen, query.label), _column(seen, query.added)
    if query.kind is ListKind.CONFUSED:
        rows = multi_label_confusion(seen.truth, seen.predictions).rows(row, column)
        return _places(seen, rows, _judged(seen, rows, row, column))
    if len(seen.labels) in {row, column}:
        raise NotFoundError
    if query.kind is ListKind.ONE_LABEL:
        here = (only_labels(seen.truth) == row) & (most_probable(seen.probabilities) == column)
        return _places(seen, np.flatnonzero(here), column)
    table = co_occurrence(seen.truth, seen.predictions)
    together = table.shown_rows if query.kind is ListKind.SHOWN_TOGETHER else table.predicted_rows
    return _places(seen, together(row, column), row)


def _column(seen: Evidence, label_id: int | None) -> int:
    """Find a label's place in the table; the last one is that of no label."""
    return len(seen.labels) if label_id is None else column_of(seen, label_id)


def _judged(seen: Evidence, rows: Rows, row: int, column: int) -> int | Rows:
    """Tell which label is in question: the one added, else the one missed, else the one nearest to being added."""
    nothing = len(seen.labels)
    if column != nothing:
        return column
    if row != nothing:
        return row
    known = np.where(seen.truth[rows] >= 0, seen.probabilities[rows], -1)
    return most_probable(known)


def _places(seen: Evidence, rows: Rows, columns: int | Rows) -> Flags:
    cells = np.zeros(seen.truth.shape, dtype=np.bool_)
    cells[rows, columns] = True
    return cells
