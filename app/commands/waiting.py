"""Waiting for a job, with a worker of one's own where none is running."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from app.broker import QUEUE_OF_TASK, send
from app.config import get_settings
from app.db import session_scope
from app.domain.statuses import JobStatus
from app.errors import AppError, Cancelled
from app.i18n import gettext as _
from app.locking import exclusive_lock
from app.models import Job
from app.services import jobs
from app.up import Supervisor, broker_for, child_environment, worker

LOOK_SECONDS = 0.2


class JobFailedError(AppError):
    """The work that was waited for did not succeed."""


def wait_for(job_id: int, say: Callable[[str], None]) -> None:
    """Wait until a job is over; one that did not succeed becomes an error. Ctrl-C cancels the job."""
    with ExitStack() as stack:
        try:
            job = _watch(job_id, say, stack)
        except KeyboardInterrupt:
            with session_scope() as session:
                jobs.request_cancel(session, jobs.get_job(session, job_id))
            raise Cancelled from None
    if job.status is JobStatus.CANCELLED:
        raise JobFailedError(_("It was cancelled."))
    if job.status is JobStatus.FAILED:
        raise JobFailedError(job.error)


def _watch(job_id: int, say: Callable[[str], None], stack: ExitStack) -> Job:
    swept = time.monotonic()
    said, own_worker = "", False
    while True:
        with session_scope(writes=False) as session:
            job = jobs.get_job(session, job_id)
            queue = QUEUE_OF_TASK[jobs.TASK_OF_KIND[job.kind]]
            served = own_worker or jobs.worker_alive(session, queue)
        if job.status.is_final:
            return job
        if job.stage and job.stage != said:
            said = job.stage
            say(said)
        if not served:
            own_worker = _start_worker(queue, job, say, stack)
        if time.monotonic() - swept > get_settings().sweep_seconds:
            swept = time.monotonic()
            jobs.sweep()
        time.sleep(LOOK_SECONDS)


def _start_worker(queue: str, job: Job, say: Callable[[str], None], stack: ExitStack) -> bool:
    if not stack.enter_context(_alone()):
        # `loupe up`, or another command's worker, is just starting or stopping: look again.
        time.sleep(1)
        return False
    say(_("No worker is running; one is started for the duration."))
    settings = get_settings()
    supervisor = Supervisor()
    url = stack.enter_context(broker_for(settings, supervisor))
    supervisor.children = [worker(queue, child_environment(url))]
    stack.callback(supervisor.stop)
    for child in supervisor.children:
        child.start()
    send(jobs.TASK_OF_KIND[job.kind], job.id)
    return True


@contextmanager
def _alone() -> Iterator[bool]:
    with exclusive_lock(get_settings().data / "run" / "up.lock") as free:
        yield free
