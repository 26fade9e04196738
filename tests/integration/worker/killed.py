"""Training processes to which something happens in a stage: SIGKILL, which nothing can catch, or no room to write."""

import multiprocessing
import os
import resource
import signal
from collections.abc import Callable
from functools import partial
from multiprocessing.process import BaseProcess
from typing import Any

import torch

from app.config import get_settings
from worker.jobs import training
from worker.jobs.recording import Recorder
from worker.ml import callbacks
from worker.running import run_job

# Loads the training stack once and forks from there: no process has to load it again.
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["tests.integration.worker.killed", "worker.ml.finetune"])
SETTINGS = ("LOUPE_DATA", "LOUPE_DATABASE_URL", "LOUPE_REDIS_URL")
MEASURING = "measuring"


def train_until(job_id: int, stage: str) -> BaseProcess:
    """Start a process that does the job, up to a stage, or to its end where the stage is empty."""
    return _start(job_id, stage, _die)


def train_without_room(job_id: int, stage: str, most_bytes: int) -> BaseProcess:
    """Start a process that does the job, and can write no file larger than this from a stage on.

    The system refuses what is too much while it is written, as on a full disk, and nobody needs rights to set that up.
    """
    return _start(job_id, stage, partial(_limit, most_bytes))


def _start(job_id: int, stage: str, happens: Callable[[], None]) -> BaseProcess:
    environment = {name: os.environ[name] for name in SETTINGS if name in os.environ}
    process = SERVER.Process(target=_train, args=(job_id, stage, happens, environment))
    process.start()
    return process


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _limit(most_bytes: int) -> None:
    # Without this the system would end the process instead of refusing to write.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))


def _train(job_id: int, stage: str, happens: Callable[[], None], environment: dict[str, str]) -> None:
    os.environ.update(environment)
    get_settings.cache_clear()
    torch.set_num_threads(1)
    told = Recorder.on_progress

    def on_progress(recorder: Recorder, report: callbacks.Progress) -> None:
        told(recorder, report)
        if report.stage == stage:
            happens()

    def measure(*args: Any, **named: Any) -> Any:
        if stage == MEASURING:
            happens()
        return measured(*args, **named)

    measured: Any = vars(training)["measure"]
    setattr(Recorder, "on_progress", on_progress)  # noqa: B010 - mypy takes no other way
    vars(training)["measure"] = measure
    run_job(job_id, training.work)
