"""Training processes that end by SIGKILL when a stage is reached: nothing can catch that or tidy up after it."""

import multiprocessing
import os
import signal
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
    environment = {name: os.environ[name] for name in SETTINGS if name in os.environ}
    process = SERVER.Process(target=_train, args=(job_id, stage, environment))
    process.start()
    return process


def _train(job_id: int, stage: str, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    get_settings.cache_clear()
    torch.set_num_threads(1)
    told = Recorder.on_progress

    def on_progress(recorder: Recorder, report: callbacks.Progress) -> None:
        told(recorder, report)
        if report.stage == stage:
            os.kill(os.getpid(), signal.SIGKILL)

    def measure(*args: Any, **named: Any) -> Any:
        if stage == MEASURING:
            os.kill(os.getpid(), signal.SIGKILL)
        return measured(*args, **named)

    measured: Any = vars(training)["measure"]
    setattr(Recorder, "on_progress", on_progress)  # noqa: B010 - mypy takes no other way
    vars(training)["measure"] = measure
    run_job(job_id, training.work)
