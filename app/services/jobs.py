"""Jobs: asking for background work, and its life from claim to end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, Update, case, literal, or_, select, update
from sqlalchemy.orm import Session

from app.broker import QUEUE_OF_TASK, enqueue, send
from app.config import get_settings
from app.db import session_scope
from app.domain.statuses import OPEN_JOB_STATUSES, JobKind, JobStatus
from app.errors import NotFoundError
from app.i18n import gettext as _
from app.models import Account, Job, Worker
from app.models.types import UtcDateTime, now

# A job that may be repeated without harm starts again when its worker is lost; a training goes on from what is kept of
# it (`worker.ml.resuming`).
REPEATABLE = frozenset(JobKind) - {JobKind.PREDICT}
MAX_ATTEMPTS = 3
# Nobody waits for these; each gives way to all other kinds but those after it, or two would give way to each other.
BACKGROUND = (JobKind.INSPECT, JobKind.SIMILARITY)
_LOOKS = (JobKind.ACTIVATION, JobKind.TILES, JobKind.PREVIEW, JobKind.TRIAL)
_UNREMARKABLE = (JobStatus.SUCCEEDED, JobStatus.CANCELLED)
# The broker may have lost a message, or been down: a job that waits longer is sent again.
RESEND_AFTER = timedelta(seconds=15)
TASK_OF_KIND = {
    JobKind.IMPORT: "loupe.import",
    JobKind.SAMPLE: "loupe.sample",
    JobKind.IMAGES: "loupe.renditions",
    JobKind.RESOLVE: "loupe.resolve",
    JobKind.TIDY: "loupe.tidy",
    JobKind.TRAIN: "loupe.train",
    JobKind.EVALUATE: "loupe.evaluate",
    JobKind.PREDICT: "loupe.predict",
    JobKind.INSPECT: "loupe.inspect",
    JobKind.ACTIVATION: "loupe.activation",
    JobKind.SIMILARITY: "loupe.similarity",
    JobKind.TILES: "loupe.tiles",
    JobKind.MODEL_FILE: "loupe.model_file",
    JobKind.LEARNING_CURVE: "loupe.learning_curve",
    JobKind.PREVIEW: "loupe.preview",
    JobKind.TRIAL: "loupe.trial",
}


@dataclass(frozen=True)
class JobRow:
    """A job as lists show it."""

    job: Job
    who: str
    seconds_left: float | None


@dataclass(frozen=True)
class Held:
    """A job as the worker that claimed it holds it: any other attempt has lost it."""

    job_id: int
    attempt: int


def create_job(
    session: Session,
    kind: JobKind,
    *,
    project_id: int | None,
    account_id: int | None = None,
    params: dict[str, Any] | None = None,
    wait: timedelta = timedelta(),
) -> Job:
    """Make a job and send its task after the commit; the sweep sends one that is to wait when its time has come."""
    job = Job(kind=kind, project_id=project_id, created_by_id=account_id, params=params or {}, total=0)
    job.enqueued_at = now() + wait
    session.add(job)
    session.flush()  # the message carries the id
    if not wait:
        enqueue(session, TASK_OF_KIND[kind], job.id)
    return job


def get_job(session: Session, job_id: int, *, project_id: int | None = None) -> Job:
    """Load a job, of one project if that is given."""
    job = session.get(Job, job_id)
    if job is None or (project_id is not None and job.project_id != project_id):
        raise NotFoundError
    return job


def open_jobs(session: Session, project_id: int, kind: JobKind | None = None) -> list[Job]:
    """List what is waiting or running in a project, oldest first."""
    query = select(Job).where(Job.project_id == project_id, Job.status.in_(OPEN_JOB_STATUSES)).order_by(Job.id)
    if kind is not None:
        query = query.where(Job.kind == kind)
    return list(session.scalars(query))


def recent_jobs(session: Session, project_id: int, *, limit: int = 50) -> list[JobRow]:
    """List the latest background work of a project, newest first."""
    query = (
        select(Job, Account.name)
        .outerjoin(Account, Account.id == Job.created_by_id)
        # Each close look leaves one; only those that failed or are under way are worth a line.
        .where(Job.project_id == project_id, or_(Job.kind.not_in(_LOOKS), Job.status.not_in(_UNREMARKABLE)))
        .order_by(Job.id.desc())
        .limit(limit)
    )
    return [JobRow(job, who or "", seconds_left(job)) for job, who in session.execute(query)]


def asked_by(session: Session, job: Job) -> str:
    """Name who asked for a job; empty for the command line or an account that has gone."""
    return session.scalar(select(Account.name).where(Account.id == job.created_by_id)) or ""


def queue_position(session: Session, job: Job) -> int:
    """Count the jobs of the same kind that are open and older."""
    return len(
        session.scalars(
            select(Job.id).where(Job.kind == job.kind, Job.status.in_(OPEN_JOB_STATUSES), Job.id < job.id)
        ).all()
    )


def cancel_own(session: Session, project_id: int, kind: JobKind, account: Account) -> None:
    """Ask for what a person had begun of a kind to stop, as where they now wish something else."""
    for job in (each for each in open_jobs(session, project_id, kind) if each.created_by_id == account.id):
        request_cancel(session, job)


def request_cancel(session: Session, job: Job) -> None:
    """Ask for a job to stop: at once where it has not begun, else as soon as its worker looks."""
    moment = now()
    stopped = _changed(
        session,
        update(Job)
        .where(Job.id == job.id, Job.status == JobStatus.QUEUED)
        .values(status=JobStatus.CANCELLED, finished_at=moment, cancel_requested_at=moment),
    )
    if not stopped:
        session.execute(
            update(Job)
            .where(Job.id == job.id, Job.status == JobStatus.RUNNING, Job.cancel_requested_at.is_(None))
            .values(cancel_requested_at=moment)
        )
    session.expire(job)


def claim(session: Session, job_id: int, worker: str, kind: JobKind | None = None) -> Held | None:
    """Take a queued job, if it is of that kind; of two that try, one gets it."""
    moment = now()
    # SQLite gives the number of a deleted job again, and a message that names it may still be on its way.
    kinds = JobKind if kind is None else (kind,)
    taken = _changed(
        session,
        update(Job)
        .where(Job.id == job_id, Job.status == JobStatus.QUEUED, Job.kind.in_(kinds))
        .values(
            status=JobStatus.RUNNING,
            attempt=Job.attempt + 1,
            started_at=moment,
            heartbeat_at=moment,
            worker=worker,
            done=0,
            total=0,
            stage="",
        ),
    )
    if not taken:
        return None
    return Held(job_id, session.scalars(select(Job.attempt).where(Job.id == job_id)).one())


def beat(session: Session, held: Held) -> bool:
    """Renew the heartbeat; false when the job is no longer held or is to stop."""
    renewed = _changed(session, update(Job).where(*_is_held(held)).values(heartbeat_at=now()))
    return renewed and not cancel_requested(session, held)


def cancel_requested(session: Session, held: Held) -> bool:
    """Tell whether the work should stop."""
    row = session.execute(select(Job.cancel_requested_at, Job.status, Job.attempt).where(Job.id == held.job_id)).first()
    return row is None or row[0] is not None or row[1] != JobStatus.RUNNING or row[2] != held.attempt


def report(session: Session, held: Held, *, stage: str, done: int, total: int) -> None:
    """Write down how far the work is."""
    moment = now()
    begun = case((Job.stage == stage, Job.stage_started_at), else_=literal(moment, UtcDateTime))
    session.execute(
        update(Job)
        .where(*_is_held(held))
        .values(stage=stage, stage_started_at=begun, done=done, total=total, heartbeat_at=moment)
    )


def seconds_left(job: Job) -> float | None:
    """Reckon how long the stage of a running job will still take, from its pace so far; None while nobody can tell."""
    if job.status is not JobStatus.RUNNING or job.stage_started_at is None or not 0 < job.done < job.total:
        return None
    elapsed = (now() - job.stage_started_at).total_seconds()
    return elapsed * (job.total - job.done) / job.done


def finish(session: Session, held: Held, status: JobStatus, *, error: str = "") -> bool:
    """End a job; false when this attempt no longer holds it, and its outcome must not count."""
    ending = update(Job).where(*_is_held(held)).values(status=status, error=error, finished_at=now())
    return _changed(session, ending)


def cancel_wished(session: Session, held: Held) -> bool:
    """Tell whether a person asked for the job to be cancelled."""
    return session.scalar(select(Job.cancel_requested_at).where(Job.id == held.job_id)) is not None


def give_back(session: Session, held: Held) -> JobStatus:
    """Let go of a job, as where its worker is being shut down: it is queued again, or fails where it cannot be."""
    job = get_job(session, held.job_id)
    again = job.kind in REPEATABLE
    status = JobStatus.QUEUED if again else JobStatus.FAILED
    values: dict[str, Any] = {"status": status, "enqueued_at": now() - RESEND_AFTER}
    if not again:
        values |= {"error": _("Loupe was shut down while this was running."), "finished_at": now()}
    session.execute(update(Job).where(*_is_held(held)).values(**values))
    return status


def others_wait(session: Session, held: Held) -> bool:
    """Tell whether somebody waits for work of another kind from the same workers."""
    kind = get_job(session, held.job_id).kind
    queue = QUEUE_OF_TASK[TASK_OF_KIND[kind]]
    behind = BACKGROUND[BACKGROUND.index(kind) :] if kind in BACKGROUND else (kind,)
    others = [each for each, task in TASK_OF_KIND.items() if each not in behind and QUEUE_OF_TASK[task] == queue]
    query = select(Job.id).where(Job.status == JobStatus.QUEUED, Job.kind.in_(others))
    return session.scalar(query.limit(1)) is not None


def sweep(*, resend: bool = True) -> None:
    """Find jobs whose worker fell silent and messages that were lost; safe to run anywhere, any number of times."""
    with session_scope() as session:
        _end_or_requeue_lost(session)
        waiting = _waiting_too_long(session) if resend else []
    for job_id, kind in waiting:
        send(TASK_OF_KIND[kind], job_id)


def worker_seen(session: Session, name: str, queues: str) -> None:
    """Write down that a worker is alive."""
    session.merge(Worker(name=name, queues=queues, seen_at=now()))


def worker_gone(session: Session, name: str) -> None:
    """Write down that a worker has stopped."""
    row = session.get(Worker, name)
    if row is not None:
        session.delete(row)


def worker_alive(session: Session, queue: str) -> bool:
    """Tell whether some worker takes work from a queue."""
    recent = session.scalars(select(Worker.queues).where(Worker.seen_at >= _lost_before()))
    return any(queue in queues.split(",") for queues in recent)


def _changed(session: Session, statement: Update) -> bool:
    # An UPDATE's result is always a CursorResult, which the signature of execute() does not say.
    return bool(cast("CursorResult[Any]", session.execute(statement)).rowcount)


def _lost_before() -> datetime:
    return now() - timedelta(seconds=get_settings().lost_after_seconds)


def _is_held(held: Held) -> tuple[Any, ...]:
    return (Job.id == held.job_id, Job.attempt == held.attempt, Job.status == JobStatus.RUNNING)


def _end_or_requeue_lost(session: Session) -> None:
    lost = session.scalars(select(Job).where(Job.status == JobStatus.RUNNING, Job.heartbeat_at < _lost_before()))
    for job in lost.all():
        if job.cancel_requested_at is not None:
            job.status, job.finished_at = JobStatus.CANCELLED, now()
        elif job.kind in REPEATABLE and job.attempt < MAX_ATTEMPTS:
            job.status, job.enqueued_at = JobStatus.QUEUED, now() - RESEND_AFTER
        else:
            job.status, job.finished_at = JobStatus.FAILED, now()
            job.error = _("The worker stopped before it was done (it was shut down, crashed or ran out of memory).")


def _waiting_too_long(session: Session) -> list[tuple[int, JobKind]]:
    moment = now()
    rows = session.scalars(
        select(Job).where(Job.status == JobStatus.QUEUED, Job.enqueued_at <= moment - RESEND_AFTER)
    ).all()
    for job in rows:
        job.enqueued_at = moment
    return [(job.id, job.kind) for job in rows]
