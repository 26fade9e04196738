"""Versions of a run's thresholds: listing them, using an older one, naming them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import NotFoundError
from app.models import Account, Run, Threshold, ThresholdSet
from app.services import thresholds


@dataclass(frozen=True)
class SetRow:
    """Hold one version, who made it (empty: the training itself, or somebody who has gone), and its rows by label."""

    made: ThresholdSet
    who: str
    rows: dict[int, Threshold]


def list_sets(session: Session, run: Run) -> list[SetRow]:
    """List the versions of a run's thresholds, the newest first."""
    query = (
        select(ThresholdSet, Account.name)
        .outerjoin(Account, Account.id == ThresholdSet.made_by_id)
        .where(ThresholdSet.run_id == run.id)
        .order_by(ThresholdSet.version.desc())
    )
    found = [SetRow(made, who or "", {}) for made, who in session.execute(query)]
    of_set = {row.made.id: row for row in found}
    for threshold in session.scalars(select(Threshold).where(Threshold.set_id.in_(of_set))):
        of_set[threshold.set_id].rows[threshold.label_id] = threshold
    return found


def get_set(session: Session, run: Run, version: int) -> ThresholdSet:
    """Read one version; a version that does not exist is refused."""
    query = select(ThresholdSet).where(ThresholdSet.run_id == run.id, ThresholdSet.version == version)
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFoundError
    return found


def activate(session: Session, run: Run, version: int) -> ThresholdSet:
    """Judge a run by one of its versions from now on."""
    thresholds.lock(session, run.id)
    wanted = get_set(session, run, version)
    earlier = thresholds.active_set(session, run.id)
    if earlier is not None and earlier.id != wanted.id:
        earlier.is_active = False
        session.flush()  # two active ones are refused by the database
    wanted.is_active = True
    session.flush()  # the copy tells the rows of the active one
    thresholds.write_copy(session, run, wanted)
    return wanted


def rename(session: Session, run: Run, version: int, name: str) -> ThresholdSet:
    """Give a version another name; an empty one takes the name away."""
    thresholds.lock(session, run.id)
    wanted = get_set(session, run, version)
    wanted.name = thresholds.checked_name(name)
    if wanted.is_active:
        thresholds.write_copy(session, run, wanted)
    return wanted


def differing(sets: Sequence[SetRow], label_id: int) -> bool:
    """Tell whether a label has different thresholds in some of the versions."""
    return len({row.rows[label_id].value for row in sets if label_id in row.rows}) > 1
