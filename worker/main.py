"""The worker process: `python -m worker.main images|training|previews` takes jobs from one queue, one at a time.

Every worker runs Celery's solo pool: CUDA must not be touched before a fork, and a crash of one takes no other along.
"""

import logging
import os
import socket
import sys
import threading
from typing import Any

from celery.signals import worker_ready, worker_shutting_down
from sqlalchemy.exc import SQLAlchemyError

from app.broker import IMAGES_QUEUE, PREVIEWS_QUEUE, TRAINING_QUEUE, broker_url, make_celery
from app.config import get_settings
from app.db import session_scope
from app.errors import UnavailableError
from app.i18n import gettext as _
from app.services import jobs
from app.storage import get_storage
from app.supervision import end_if_abandoned
from worker import idling, running, scratch

log = logging.getLogger(__name__)
# The images worker never loads the training stack: it starts at once and stays small.
TASKS_OF_QUEUE = {
    IMAGES_QUEUE: ["worker.tasks.images"],
    TRAINING_QUEUE: ["worker.tasks.training"],
    PREVIEWS_QUEUE: ["worker.tasks.previews"],
}
# Half of what a system has to give: the processor is a training's own as long as nothing else wants it.
TRAINING_NICENESS = 10
NAME = f"{socket.gethostname()}:{os.getpid()}"


def main(arguments: list[str]) -> None:
    """Run a worker for one queue until it is told to stop."""
    queue = arguments[0] if arguments else ""
    if queue not in TASKS_OF_QUEUE:
        raise SystemExit(_("Say which queue to work for: %(queues)s.") % {"queues": " | ".join(TASKS_OF_QUEUE)})
    settings = get_settings()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    url = broker_url()
    if not url:
        raise UnavailableError(_("No broker is running: start `loupe up`, or set LOUPE_REDIS_URL."))
    _listen(queue)
    if queue == TRAINING_QUEUE:
        # Whoever tags images waits for the web server; a training that takes a little longer keeps nobody waiting.
        os.nice(TRAINING_NICENESS)
        scratch.clear(get_storage())
    if queue == PREVIEWS_QUEUE:
        idling.stay_small()
    celery = make_celery(url)
    celery.conf.include = TASKS_OF_QUEUE[queue]
    celery.set_default()
    celery.worker_main(
        [
            "worker",
            "--pool=solo",
            f"--queues={queue}",
            f"--hostname={queue}-{os.getpid()}@%h",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
            f"--loglevel={settings.log_level}",
        ]
    )
    with session_scope() as session:
        jobs.worker_gone(session, NAME)
    if idling.wants_to_begin_anew():
        os.execv(sys.executable, [sys.executable, "-m", "worker.main", queue])  # noqa: S606 - this program, once more


def _listen(queue: str) -> None:
    """Say that the worker is alive from its start to its end, and tell the work in hand when that comes."""
    stopped = threading.Event()

    def ready(**_kwargs: Any) -> None:
        threading.Thread(target=_announce_until, args=(stopped, queue), name="announce", daemon=True).start()

    def shutting_down(**_kwargs: Any) -> None:
        running.stopping.set()
        stopped.set()

    worker_ready.connect(ready, weak=False)
    worker_shutting_down.connect(shutting_down, weak=False)


def _announce_until(stopped: threading.Event, queue: str) -> None:
    interval = get_settings().heartbeat_seconds
    while True:
        try:
            with session_scope() as session:
                jobs.worker_seen(session, NAME, queue)
        except SQLAlchemyError:
            log.exception("the worker could not say that it is alive and will try again")
        if stopped.wait(interval):
            return
        if end_if_abandoned():
            running.stopping.set()
            return


if __name__ == "__main__":
    main(sys.argv[1:])
