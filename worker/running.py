"""Running one job: claim it, say how far it is, notice a wish to stop, and end it with an outcome, whatever happens."""

import errno
import logging
import os
import socket
import threading
import time
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.config import get_settings
from app.db import session_scope
from app.domain.statuses import JobKind, JobStatus
from app.errors import AppError, Cancelled
from app.i18n import gettext as _
from app.services import jobs
from app.services.jobs import Held

log = logging.getLogger(__name__)

# Set when this process is told to end: the job in hand stops as if it had been cancelled and is given back.
stopping = threading.Event()
# How soon a worker notices that a job is to be cancelled.
LOOK_SECONDS = 1.0
# People read progress a few times a second at most; each report is a write.
REPORT_SECONDS = 0.5


class GiveWay(Exception):  # noqa: N818 - a courtesy, not an error
    """Say that the work stopped so that what people wait for goes first; it is queued again."""


class Progress:
    """What a job's work is handed: tells how far it is, and whether to go on."""

    def __init__(self, held: Held) -> None:
        self.held = held
        self._stop = threading.Event()
        self._reported = 0.0
        self._stage = ""
        self.closing: list[Callable[[Session], None]] = []

    @property
    def job_id(self) -> int:
        """The job's id."""
        return self.held.job_id

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Write down the stage (a sentence) and the count; most calls in quick succession are dropped."""
        moment = time.monotonic()
        if stage == self._stage and done < total and moment - self._reported < REPORT_SECONDS:
            return
        self._stage, self._reported = stage, moment
        with session_scope() as session:
            jobs.report(session, self.held, stage=stage, done=done, total=total)

    def should_stop(self) -> bool:
        """Tell whether somebody cancelled the job or the process is ending; cheap enough to ask in a loop."""
        return self._stop.is_set() or stopping.is_set()

    def check(self) -> None:
        """Stop here if the work is to stop."""
        if self.should_stop():
            raise Cancelled

    def give_way(self) -> None:
        """Stop here if the work is to stop, or if somebody waits for other work of this worker."""
        self.check()
        with session_scope(writes=False) as session:
            wanted = jobs.others_wait(session, self.held)
        if wanted:
            raise GiveWay

    def at_success(self, close: Callable[[Session], None]) -> None:
        """Let a change become true together with the job's success: in the same transaction, or not at all."""
        self.closing.append(close)

    def stop(self) -> None:
        """Ask the work to stop."""
        self._stop.set()


def run_job(job_id: int, work: Callable[[Progress], None], kind: JobKind | None = None) -> JobStatus | None:
    """Claim a job, do its work, record the outcome; None when someone else has it, it is over, or of another kind."""
    with session_scope() as session:
        held = jobs.claim(session, job_id, f"{socket.gethostname()}:{os.getpid()}", kind)
    if held is None:
        return None
    progress = Progress(held)
    done = threading.Event()
    heart = threading.Thread(target=_keep_alive, args=(progress, done), name="heartbeat", daemon=True)
    heart.start()
    try:
        status, error = _outcome(work, progress)
    finally:
        done.set()
        heart.join()
    with session_scope() as session:
        if status is JobStatus.QUEUED:
            return jobs.give_back(session, held)
        if status is JobStatus.CANCELLED and stopping.is_set() and not jobs.cancel_wished(session, held):
            return jobs.give_back(session, held)
        counted = jobs.finish(session, held, status, error=error)
        if counted and status is JobStatus.SUCCEEDED:
            for close in progress.closing:
                close(session)
    return status if counted else None


def _outcome(work: Callable[[Progress], None], progress: Progress) -> tuple[JobStatus, str]:
    try:
        work(progress)
    except Cancelled:
        return JobStatus.CANCELLED, ""
    except GiveWay:
        return JobStatus.QUEUED, ""
    except AppError as refusal:
        return JobStatus.FAILED, refusal.sentence
    except Exception as error:  # the one place where a job's unforeseen end becomes its outcome
        log.exception("job %s failed", progress.job_id)
        return JobStatus.FAILED, explain(error)
    return JobStatus.SUCCEEDED, ""


def explain(error: BaseException) -> str:
    """Say an unforeseen failure in words that a project lead can act on."""
    if _is_full_disk(error):
        return _("The disk is full. Make room in the data folder and start again.")
    if isinstance(error, FileNotFoundError):
        return _("A file that should be in the data folder is missing: %(file)s.") % {
            "file": os.path.basename(str(error.filename))  # noqa: PTH119 - a name is enough, the path is nobody's business
        }
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return _("The machine ran out of memory. Choose a smaller batch size or image size, or close other programs.")
    if isinstance(error, SQLAlchemyError):
        return _("The database did not answer. Start again when it does.")
    return _("Something went wrong that Loupe did not foresee (%(kind)s). The details are in the worker's log.") % {
        "kind": type(error).__name__
    }


def _is_full_disk(error: BaseException) -> bool:
    if isinstance(error, SQLAlchemyError):
        # SQLite and PostgreSQL, each in its own words.
        return any(words in str(error) for words in ("disk is full", os.strerror(errno.ENOSPC)))
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def _keep_alive(progress: Progress, done: threading.Event) -> None:
    interval = get_settings().heartbeat_seconds
    beaten = time.monotonic()
    while not done.wait(min(LOOK_SECONDS, interval)):
        try:
            if time.monotonic() - beaten >= interval:
                beaten = time.monotonic()
                with session_scope() as session:
                    wanted = jobs.beat(session, progress.held)
            else:
                with session_scope(writes=False) as session:
                    wanted = not jobs.cancel_requested(session, progress.held)
        except SQLAlchemyError:
            log.exception("a heartbeat failed and will be tried again")
            continue
        if not wanted:
            progress.stop()
