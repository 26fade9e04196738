"""Sending tasks to the workers: by name, with ids, after the commit that makes them true."""

import json
import logging
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import redis
from celery import Celery
from kombu.exceptions import OperationalError
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from app.config import get_settings

log = logging.getLogger(__name__)

# Which queue a task waits in. The training queue is served by one process at a time, which holds the model stack.
IMAGES_QUEUE = "images"
TRAINING_QUEUE = "training"
# Pictures for somebody who moves a slider: a process of their own, so that they never wait for a training.
PREVIEWS_QUEUE = "previews"
QUEUE_OF_TASK: Mapping[str, str] = {
    "loupe.import": IMAGES_QUEUE,
    "loupe.sample": IMAGES_QUEUE,
    "loupe.renditions": IMAGES_QUEUE,
    "loupe.resolve": IMAGES_QUEUE,
    "loupe.tidy": IMAGES_QUEUE,
    "loupe.tiles": IMAGES_QUEUE,
    "loupe.train": TRAINING_QUEUE,
    "loupe.evaluate": TRAINING_QUEUE,
    "loupe.predict": TRAINING_QUEUE,
    "loupe.inspect": TRAINING_QUEUE,
    "loupe.activation": TRAINING_QUEUE,
    "loupe.similarity": TRAINING_QUEUE,
    "loupe.model_file": TRAINING_QUEUE,
    "loupe.learning_curve": TRAINING_QUEUE,
    "loupe.preview": PREVIEWS_QUEUE,
    "loupe.trial": TRAINING_QUEUE,
}
# Nobody waits for an inspection: a command that only wanted the training is over by then, and its worker with it.
SECONDS_BEFORE_TASK: Mapping[str, float] = {"loupe.inspect": 3}
_PENDING = "loupe_pending_tasks"
# A page asks while somebody waits for it; a broker next door answers within a thousandth of this.
_ASK_SECONDS = 0.5


def broker_file(data: Path) -> Path:
    """Name the file in which `loupe up` leaves the address of its embedded Valkey."""
    return data / "run" / "broker.json"


def broker_url() -> str:
    """Find the broker: the configured one, else the embedded one that is running, else none."""
    settings = get_settings()
    if settings.redis_url:
        return settings.redis_url
    try:
        return str(json.loads(broker_file(settings.data).read_text(encoding="utf-8"))["url"])
    except (FileNotFoundError, json.JSONDecodeError, KeyError):
        return ""


@lru_cache(maxsize=4)
def make_celery(url: str) -> Celery:
    """Make the Celery application that both sides use; results are kept in the database, not here."""
    celery = Celery("loupe", broker=url or "memory://", set_as_current=False)
    celery.conf.update(
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        # A message is taken back when its worker dies; the job's claim makes a second delivery harmless.
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        # However long the broker is away: a worker that gave up would have to be started by somebody.
        broker_connection_max_retries=None,
        broker_transport_options={"socket_timeout": 5, "socket_connect_timeout": 3, "max_retries": 1},
        worker_hijack_root_logger=False,
        enable_utc=True,
    )
    return celery


def enqueue(session: Session, task: str, job_id: int) -> None:
    """Send a task once this session's transaction is committed; a rollback forgets it."""
    if task not in QUEUE_OF_TASK:
        raise KeyError(task)
    session.info.setdefault(_PENDING, []).append((task, job_id))


def send(task: str, job_id: int) -> bool:
    """Send a task now; tell whether the broker took it. A job it did not take is sent again by the sweep."""
    url = broker_url()
    if not url:
        log.warning("no broker is running: job %s waits", job_id)
        return False
    try:
        make_celery(url).send_task(
            task, args=[job_id], queue=QUEUE_OF_TASK[task], countdown=SECONDS_BEFORE_TASK.get(task), retry=False
        )
    except (OperationalError, OSError) as error:
        log.warning("the broker did not take job %s: %s", job_id, error)
        return False
    return True


def is_silent() -> bool:
    """Tell whether the broker does not answer; where none is known no worker runs either, which is said instead."""
    url = broker_url()
    if not url:
        return False
    try:
        with redis.Redis.from_url(
            url, socket_timeout=_ASK_SECONDS, socket_connect_timeout=_ASK_SECONDS, retry=Retry(NoBackoff(), 0)
        ) as client:
            return not client.ping()
    except redis.RedisError:
        return True


@event.listens_for(Session, "after_commit")
def _send_pending(session: Session) -> None:
    for task, job_id in session.info.pop(_PENDING, []):
        send(task, job_id)


@event.listens_for(Session, "after_soft_rollback")
def _forget_pending(session: Session, transaction: SessionTransaction) -> None:
    # Inner savepoints roll back alone; what was promised by the outer transaction still stands.
    if transaction.parent is None:
        session.info.pop(_PENDING, None)
