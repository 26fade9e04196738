"""A run on its way: what is so at this moment, and being content with the best epoch so far."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import OPEN_JOB_STATUSES, JobStatus, Recipe
from app.errors import ConflictError
from app.i18n import gettext as _
from app.models import Job, Run
from app.services import jobs

# The stages that go through epochs; in the others `done` counts images, or the folds of the head.
_IN_EPOCHS = ("frozen", "unfrozen")


@dataclass(frozen=True)
class Moment:
    """What a training says of itself at this moment; a figure is None while nobody can tell."""

    epoch: int
    epochs: int
    batch: int
    batches: int
    folds: tuple[int, int] | None
    images_per_second: float | None
    memory_bytes: int | None
    graphics_bytes: int | None
    seconds_left: float | None


@dataclass(frozen=True)
class Standing:
    """How a run stands, as every page of its project says."""

    number: int
    status: JobStatus


def under_way(session: Session, project_id: int) -> Standing | None:
    """Tell which run of a project waits or trains.

    Only the newest can: while one does, no other is begun. So one row of an index tells, however many runs there are.
    """
    newest = select(Run.number, Job.status).join(Job, Job.id == Run.job_id).where(Run.project_id == project_id)
    found = session.execute(newest.order_by(Run.number.desc()).limit(1)).one_or_none()
    return Standing(found.number, found.status) if found and found.status in OPEN_JOB_STATUSES else None


def moment_of(run: Run) -> Moment | None:
    """Read what a run says of itself; None before it has said anything, and once it is over."""
    live: dict[str, Any] = run.live
    if run.job.status is not JobStatus.RUNNING or not live:
        return None
    in_epochs = live.get("stage") in _IN_EPOCHS
    left = live.get("seconds_left")
    return Moment(
        epoch=live.get("epoch", 0),
        epochs=live.get("epochs", 0),
        batch=live.get("done", 0) if in_epochs else 0,
        batches=live.get("total", 0) if in_epochs else 0,
        folds=(live.get("done", 0), live.get("total", 0)) if live.get("stage") == "head" else None,
        images_per_second=live.get("images_per_second"),
        memory_bytes=live.get("memory_bytes"),
        graphics_bytes=live.get("graphics_bytes") or None,
        # Before the worker can tell, the job's own count may.
        seconds_left=jobs.seconds_left(run.job) if left is None else left,
    )


def can_keep_best(run: Run) -> bool:
    """Tell whether a run can be ended with the best epoch so far."""
    is_asked = run.keeps_best or run.job.cancel_requested_at is not None
    return run.recipe is Recipe.FINETUNE and run.job.status is JobStatus.RUNNING and not is_asked


def keep_best(session: Session, run: Run) -> None:
    """Ask a run to train no further and to make a model of its best epoch; asking twice changes nothing."""
    if run.recipe is not Recipe.FINETUNE:
        raise ConflictError(_("Only a fine-tuning has epochs of which the best can be kept."))
    if run.job.status is not JobStatus.RUNNING or run.job.cancel_requested_at is not None:
        raise ConflictError(_("Run %(number)s is not training any more.") % {"number": run.number})
    run.keeps_best = True
    session.flush()  # the page that is shown next says that it was asked for


def in_short(run: Run) -> str:
    """Say in a few words how far a run is."""
    if run.job.status is JobStatus.QUEUED:
        return _("waiting")
    live: dict[str, Any] = run.live
    if run.job.status is JobStatus.RUNNING and live.get("epoch") and live.get("epochs"):
        return _("training, epoch %(epoch)s of %(epochs)s") % {"epoch": live["epoch"], "epochs": live["epochs"]}
    return run.job.stage or _("starting")
