"""Trials before a training: a search for its learning rate, and how long it will take on this machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.broker import QUEUE_OF_TASK, TRAINING_QUEUE
from app.domain.statuses import JobKind, JobStatus, Recipe
from app.errors import InvalidInputError, NotFoundError
from app.i18n import gettext as _
from app.models import Account, Job, Project
from app.models.types import now
from app.services import jobs, readiness
from app.services.jobs import TASK_OF_KIND
from app.services.run_configs import clean_config

# What was tried yesterday was tried on other answers.
FORGOTTEN_AFTER = timedelta(days=1)


class TrialKind(StrEnum):
    """Say what is tried."""

    RATE = "rate"
    ESTIMATE = "estimate"


@dataclass(frozen=True)
class Standing:
    """Say how far a trial is, in a sentence too."""

    job: Job
    what: TrialKind
    recipe: Recipe
    sentence: str
    result: Mapping[str, Any] | None

    @property
    def is_waiting(self) -> bool:
        """Tell whether it is still to come."""
        return not self.job.status.is_final


def ask(
    session: Session,
    project: Project,
    account: Account,
    what: TrialKind,
    recipe: Recipe,
    config: Mapping[str, Any],
) -> Job:
    """Have something tried; what this person had tried before and is not done gives way to it.

    Raises:
        InvalidInputError: when the settings are wrong (`fields` says which), or nothing could be learned.

    """
    if what is TrialKind.RATE and recipe is not Recipe.FINETUNE:
        raise InvalidInputError(_("The quick recipe has no learning rate."))
    cleaned = clean_config(recipe, config)
    refusals = readiness.check(session, project).refusals
    if refusals:
        raise InvalidInputError(" ".join(refusals))
    jobs.cancel_own(session, project.id, JobKind.TRIAL, account)
    _forget(session, project.id)
    params = {"what": what.value, "recipe": recipe.value, "config": cleaned}
    return jobs.create_job(session, JobKind.TRIAL, project_id=project.id, account_id=account.id, params=params)


def get_trial(session: Session, project_id: int, account: Account, job_id: int) -> Job:
    """Load the job of a trial that this person asked for."""
    job = jobs.get_job(session, job_id, project_id=project_id)
    if job.kind is not JobKind.TRIAL or job.created_by_id != account.id:
        raise NotFoundError
    return job


def standing(session: Session, project_id: int, account: Account, job_id: int) -> Standing:
    """Tell how far a trial is that this person asked for."""
    job = get_trial(session, project_id, account, job_id)
    result = job.params.get("result") if job.status is JobStatus.SUCCEEDED else None
    what, recipe = TrialKind(job.params["what"]), Recipe(job.params["recipe"])
    return Standing(job, what, recipe, _sentence(session, job), result)


def keep_result(session: Session, job_id: int, result: Mapping[str, Any]) -> None:
    """Keep with its job what a trial found."""
    job = session.get_one(Job, job_id)
    job.params = {**job.params, "result": dict(result)}


def _forget(session: Session, project_id: int) -> None:
    session.execute(
        delete(Job).where(
            Job.project_id == project_id, Job.kind == JobKind.TRIAL, Job.finished_at < now() - FORGOTTEN_AFTER
        )
    )


def _sentence(session: Session, job: Job) -> str:
    if job.status is JobStatus.FAILED:
        return job.error
    if job.status is JobStatus.CANCELLED:
        return _("It was stopped.")
    if job.status is JobStatus.SUCCEEDED:
        return ""
    if job.status is JobStatus.RUNNING:
        return job.stage or _("Starting")
    return _why_it_waits(session)


def _why_it_waits(session: Session) -> str:
    kinds = [kind for kind, task in TASK_OF_KIND.items() if QUEUE_OF_TASK[task] == TRAINING_QUEUE]
    running = set(session.scalars(select(Job.kind).where(Job.status == JobStatus.RUNNING, Job.kind.in_(kinds))))
    if JobKind.TRAIN in running:
        return _("A training is running. This begins by itself when that has ended.")
    if running:
        return _("Other background work is running. This begins by itself when that has ended.")
    if not jobs.worker_alive(session, TRAINING_QUEUE):
        return _("No training worker answers just now. This begins by itself as soon as one does.")
    return _("It begins in a moment.")
