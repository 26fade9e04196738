"""Figures of a run that were reckoned once: they follow from its snapshot and predictions, which never change."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import KeptReport, Run


def read(session: Session, run: Run, keys: list[str], n: int) -> dict[str, dict[str, Any]]:
    """Read what was kept under these keys; what is not there, or was reckoned on other than `n` images, is left out.

    An image can only go: when its project's images are fewer than they were, the figures are reckoned anew.
    """
    query = select(KeptReport.key, KeptReport.figures).where(KeptReport.run_id == run.id, KeptReport.key.in_(keys))
    return {row[0]: row[1] for row in session.execute(query) if row[1].get("n") == n}


def keep(session: Session, run: Run, figures: Mapping[str, Mapping[str, Any]], n: int) -> None:
    """Keep figures that were reckoned on `n` images; a transaction that only reads passes by."""
    if not figures or not session.info.get("writes", False):
        return
    # Two who reckon the same at once wait for each other here; the second finds it done.
    session.execute(select(Run.id).where(Run.id == run.id).with_for_update())
    query = select(KeptReport).where(KeptReport.run_id == run.id, KeptReport.key.in_(figures))
    there = {row.key: row for row in session.scalars(query)}
    for key, value in figures.items():
        row = there.get(key)
        if row is None:
            session.add(KeptReport(run_id=run.id, key=key, figures={"n": n, **value}))
        elif row.figures.get("n") != n:
            row.figures = {"n": n, **value}
    session.flush()  # whoever reads in the same transaction finds them
