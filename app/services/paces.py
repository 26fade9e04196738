"""How quick people are, by their latest answers."""

from collections.abc import Collection
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.pace import Pace, pace
from app.domain.statuses import View
from app.models import Annotation

# Some hours of work: enough for a steady figure, and as quick to read after a million answers as after a thousand.
LATEST = 500
# What people answer at the desk, one by one or many at once; decisions and tables are other work.
WORK = (View.ANNOTATE, View.GRID)


def paces(session: Session, project_id: int, account_ids: Collection[int]) -> dict[int, Pace]:
    """Measure the pace of some people by each one's latest answers in a project."""
    return {account_id: _pace(session, project_id, account_id) for account_id in account_ids}


def counting(project_id: int) -> tuple[Any, ...]:
    """Say which answers count now, to all labels and from the desk, in the words of the index that knows them."""
    return (
        Annotation.project_id == project_id,
        Annotation.superseded_at.is_(None),
        Annotation.whole,
        Annotation.view.in_(WORK),
    )


def _pace(session: Session, project_id: int, account_id: int) -> Pace:
    # Corrections, and answers taken back since, were work too.
    rows = session.execute(
        select(Annotation.created_at, Annotation.seconds)
        .where(Annotation.project_id == project_id, Annotation.account_id == account_id, Annotation.view.in_(WORK))
        .order_by(Annotation.created_at.desc())
        .limit(LATEST)
    ).all()
    moments = np.array([row.created_at.timestamp() for row in rows])
    spent = np.array([np.nan if row.seconds is None else row.seconds for row in rows], dtype=np.float64)
    return pace(moments, spent)
