"""What a run keeps between the worker that lost it and the one that goes on with it."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.domain.statuses import OPEN_JOB_STATUSES
from app.models import Epoch, Job, Run, SnapshotItem

# What the job of a run says once its snapshot is whole: a later attempt learns from the same images and answers.
SNAPSHOT_KEPT = "snapshot_kept"


def mark_snapshot(run: Run) -> None:
    """Write down that the snapshot of a run is whole."""
    run.job.params = run.job.params | {SNAPSHOT_KEPT: True}


def has_snapshot(run: Run) -> bool:
    """Tell whether the snapshot of a run is whole."""
    return bool(run.job.params.get(SNAPSHOT_KEPT))


def forget_snapshot(session: Session, run: Run) -> None:
    """Remove what of a snapshot was written when its worker was lost."""
    session.execute(delete(SnapshotItem).where(SnapshotItem.run_id == run.id))


def forget_epochs(session: Session, run_id: int, first: int) -> None:
    """Remove the lines of epochs that are trained anew, from one on."""
    session.execute(delete(Epoch).where(Epoch.run_id == run_id, Epoch.epoch >= first))


def open_runs(session: Session, among: Sequence[int]) -> set[int]:
    """Tell which runs wait or are at work."""
    query = select(Run.id).join(Job, Job.id == Run.job_id)
    return set(session.scalars(query.where(Run.id.in_(among), Job.status.in_(OPEN_JOB_STATUSES))))
