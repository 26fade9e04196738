"""Deleting a run: what goes, what stays, and what stands in the way."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.domain.statuses import OPEN_JOB_STATUSES, JobKind, JobStatus
from app.errors import ConflictError
from app.i18n import gettext as _
from app.models import (
    Epoch,
    Inspection,
    Job,
    KeptReport,
    Prediction,
    Project,
    Review,
    Run,
    SnapshotItem,
    Threshold,
    ThresholdSet,
)
from app.models.types import now
from app.services import comparisons, file_sizes, jobs, run_parents, tidying
from app.storage import Storage

# Background work that reads or writes what would be gone.
_USING = (
    JobKind.EVALUATE,
    JobKind.PREDICT,
    JobKind.INSPECT,
    JobKind.ACTIVATION,
    JobKind.LEARNING_CURVE,
    JobKind.MODEL_FILE,
)
_OWN_ROWS = (Prediction, SnapshotItem, Epoch, KeptReport, Inspection)


@dataclass(frozen=True)
class Consequences:
    """Say what deleting a run takes along, what stays without it, and how much room it frees."""

    is_active: bool
    verdicts: int
    threshold_sets: int
    predictions: int
    has_inspection: bool
    # Other finished runs, with which it can no longer be compared.
    others: int
    # Numbers of the runs that went on from its checkpoint.
    children: tuple[int, ...]
    freed: int


def consequences(session: Session, storage: Storage, run: Run) -> Consequences:
    """Tell what deleting a run would mean."""
    standing = (Review.run_id == run.id, Review.undone_at.is_(None))
    counts = [
        session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0
        for table, conditions in (
            (Review, standing),
            (ThresholdSet, (ThresholdSet.run_id == run.id,)),
            (Prediction, (Prediction.run_id == run.id,)),
        )
    ]
    inspected = session.scalar(select(Inspection.run_id).where(Inspection.run_id == run.id).limit(1))
    finished = [each for each in comparisons.finished_runs(session, run.project_id) if each.id != run.id]
    return Consequences(
        is_active=run.is_active,
        verdicts=counts[0],
        threshold_sets=counts[1],
        predictions=counts[2],
        has_inspection=inspected is not None,
        others=len(finished),
        children=run_parents.children_of(session, run),
        freed=sum(file_sizes.of_run(storage, run).values()),
    )


def delete_run(session: Session, run: Run) -> None:
    """Delete a run; its files go by `free`, once this has been committed.

    Its number is never given again, and the verdicts given on its lists stay: they explain why the ground truth is as
    it is, and which images were judged with a model's errors in hand.

    Raises:
        ConflictError: while it is on its way, or background work uses it.

    """
    # Whoever starts work on the run at this moment takes the same lock.
    session.execute(select(Project.id).where(Project.id == run.project_id).with_for_update())
    if run.job.status in OPEN_JOB_STATUSES:
        raise ConflictError(_("Run %(number)s is on its way. Cancel it first.") % {"number": run.number})
    using = _jobs_of(session, run)
    if any(job.status is JobStatus.RUNNING for job in using):
        raise ConflictError(
            _("Background work is using run %(number)s just now. Wait until it is done, or cancel it.")
            % {"number": run.number}
        )
    for job in using:
        jobs.request_cancel(session, job)
    sets = select(ThresholdSet.id).where(ThresholdSet.run_id == run.id)
    session.execute(delete(Threshold).where(Threshold.set_id.in_(sets)))
    session.execute(delete(ThresholdSet).where(ThresholdSet.run_id == run.id))
    for table in _OWN_ROWS:
        session.execute(delete(table).where(table.run_id == run.id))
    emptied: dict[str, Any] = {name: [] for name in ("loss_curve", "schedule_curve", "warnings")}
    emptied |= {name: {} for name in ("rate_searches", "live", "summary", "learning_curve")}
    gone = update(Run).where(Run.id == run.id)
    session.execute(gone.values(is_active=False, checkpoint=None, deleted_at=now(), **emptied))
    session.expire(run)
    tidying.request(session)


def free(storage: Storage, run_id: int) -> None:
    """Remove the files of a deleted run at once; what is left over, should this be cut off, goes with the tidying."""
    for folder in file_sizes.folders_of(storage, run_id).values():
        shutil.rmtree(folder, ignore_errors=True)


def _jobs_of(session: Session, run: Run) -> Sequence[Job]:
    query = select(Job).where(Job.project_id == run.project_id, Job.kind.in_(_USING), Job.status.in_(OPEN_JOB_STATUSES))
    return [job for job in session.scalars(query) if job.params.get("run_id") == run.id]
