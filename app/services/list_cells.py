"""What a list is made of: cells, which are places of an image and a label, and the order in which they come."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from app.domain.matrices import Flags, Floats
from app.errors import NotFoundError
from app.models import Run
from app.services.evidence import Evidence
from app.services.list_queries import ListQuery


@dataclass(frozen=True, eq=False)
class Chosen:
    """Hold which cells a list holds, and in what order.

    `cells` is bool [n, L]. `rank` is float64 [n, L] or [n, 1], the highest first, before the loss; None where the loss
    alone decides. `figure` is float64 of the same shapes: what is told of each place besides its loss, if anything.
    """

    cells: Flags
    rank: Floats | None = None
    figure: Floats | None = None


Chooser = Callable[[Session, Run, ListQuery, Evidence], Chosen]


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


def no_cells(seen: Evidence) -> Chosen:
    """Choose nothing."""
    return Chosen(np.zeros(seen.truth.shape, dtype=np.bool_))
