"""Runs: starting, finding, cancelling and activating them, and what a finished one reports."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session, joinedload

from app.domain.statuses import OPEN_JOB_STATUSES, JobKind, JobStatus, Recipe
from app.errors import ConflictError, InvalidInputError, NotFoundError
from app.i18n import gettext as _
from app.models import Account, Epoch, Job, Project, Run
from app.services import jobs, readiness
from app.services.labelling import labelling_of
from app.services.predictions import (
    ProbabilityMatrix,
    Suggestion,
    probability_matrix,
    request_predictions,
    suggestions,
)
from app.services.run_configs import clean_config, default_config
from app.services.run_parents import check_parent
from app.services.snapshots import TruthMatrix, truth_matrix

# What a run says and what it was told belong to it, so both can be asked for here.
__all__ = [
    "ProbabilityMatrix",
    "Suggestion",
    "TruthMatrix",
    "activate",
    "active_run",
    "cancel_run",
    "deactivate",
    "default_config",
    "epochs",
    "finished_run",
    "get_run",
    "latest_run",
    "open_run",
    "probability_matrix",
    "request_predictions",
    "start_run",
    "started_by",
    "suggestions",
    "truth_matrix",
]

# What the job of a run that started by itself says of it: after how many new answers.
AFTER_ANSWERS = "after_answers"


def start_run(
    session: Session,
    project: Project,
    *,
    recipe: Recipe,
    account: Account | None,
    config: Mapping[str, Any] | None = None,
    parent: Run | None = None,
) -> Run:
    """Start a training; while one is open in the project, that one is given instead of a second.

    With a parent the training goes on from that run's network. Raises InvalidInputError where nothing could be
    learned, or the configuration is wrong.
    """
    cleaned = clean_config(recipe, config)
    if parent is not None:
        check_parent(parent, recipe, cleaned)
    # Two clicks at once: the second waits here until the first has made its run.
    session.execute(select(Project.id).where(Project.id == project.id).with_for_update())
    already = open_run(session, project.id)
    if already is not None:
        return already
    refusals = readiness.check(session, project).refusals
    if refusals:
        raise InvalidInputError(" ".join(refusals))
    job = jobs.create_job(
        session, JobKind.TRAIN, project_id=project.id, account_id=account.id if account else None, params={}
    )
    highest = session.scalar(select(func.max(Run.number)).where(Run.project_id == project.id)) or 0
    run = Run(
        project_id=project.id,
        number=highest + 1,
        job_id=job.id,
        recipe=recipe,
        config=cleaned,
        seed=project.seed,
        labelling=labelling_of(session, project),
        parent_id=parent.id if parent else None,
    )
    session.add(run)
    session.flush()  # the job's parameters name the run
    job.params = {"run_id": run.id}
    return run


def get_run(session: Session, project_id: int, number: int) -> Run:
    """Load a run of a project by the number people know it by."""
    run = session.scalar(_runs(project_id).where(Run.number == number))
    if run is None:
        raise NotFoundError(_("This project has no run %(number)s.") % {"number": number})
    return run


def finished_run(session: Session, project_id: int, number: int | None = None) -> Run:
    """Load a run that succeeded, the latest one unless a number is given."""
    if number is None:
        run = latest_run(session, project_id)
        if run is None:
            raise ConflictError(_("No run of this project has finished yet. Train a model first."))
        return run
    run = get_run(session, project_id, number)
    if run.job.status is not JobStatus.SUCCEEDED:
        raise ConflictError(_("Run %(number)s has not finished, so there is no report yet.") % {"number": number})
    return run


def latest_run(session: Session, project_id: int) -> Run | None:
    """Find the newest run that succeeded."""
    query = _runs(project_id).where(Job.status == JobStatus.SUCCEEDED)
    return session.scalar(query.order_by(Run.number.desc()).limit(1))


def open_run(session: Session, project_id: int) -> Run | None:
    """Find the run that waits or is at work."""
    query = _runs(project_id).where(Job.status.in_(OPEN_JOB_STATUSES))
    return session.scalar(query.order_by(Run.number).limit(1))


def active_run(session: Session, project_id: int) -> Run | None:
    """Find the run whose checkpoint gives the suggestions."""
    return session.scalar(_runs(project_id).where(Run.is_active))


def activate(session: Session, run: Run) -> None:
    """Let a run's checkpoint give the suggestions from now on, instead of any other's."""
    if not run.checkpoint:
        raise ConflictError(_("Run %(number)s has no checkpoint to use.") % {"number": run.number})
    session.execute(
        update(Run).where(Run.project_id == run.project_id, Run.is_active, Run.id != run.id).values(is_active=False)
    )
    session.execute(update(Run).where(Run.id == run.id).values(is_active=True))
    session.expire(run, ["is_active"])


def deactivate(session: Session, run: Run) -> None:
    """Let no model give suggestions: the desk shows none, and orders that need one fall back to others."""
    session.execute(update(Run).where(Run.id == run.id).values(is_active=False))
    session.expire(run, ["is_active"])


def cancel_run(session: Session, run: Run) -> None:
    """Ask for a run to stop; one that is over stays as it is."""
    jobs.request_cancel(session, run.job)


def started_by(session: Session, run: Run) -> str:
    """Name who started a run, or say that it started by itself; empty for the command line."""
    return _by_itself(run) or jobs.asked_by(session, run.job)


def epochs(session: Session, run: Run) -> list[Epoch]:
    """List the lines of a run's epoch table."""
    return list(session.scalars(select(Epoch).where(Epoch.run_id == run.id).order_by(Epoch.epoch)))


def _runs(project_id: int) -> Select[Run]:
    there = (Run.project_id == project_id, Run.deleted_at.is_(None))
    return select(Run).join(Run.job).where(*there).options(joinedload(Run.job))


def _by_itself(run: Run) -> str:
    answers = run.job.params.get(AFTER_ANSWERS)
    return _("by itself, after %(count)s new answers") % {"count": answers} if answers else ""
