"""A training worker that is really killed while it trains."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.broker import send
from app.config import ROOT, get_settings
from app.db import session_scope
from app.domain.statuses import JobStatus, Recipe
from app.models import Job, Prediction, Run
from app.services import jobs, runs
from tests.integration.trainable import make_project
from tests.processes import redis_server, until

# A worker loads the training stack first, on two cores that may be busy.
PATIENCE_SECONDS = 90

pytestmark = pytest.mark.slow


@pytest.fixture
def broker(loupe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    folder = tmp_path / "redis"
    folder.mkdir()
    with redis_server(folder) as url:
        monkeypatch.setenv("LOUPE_REDIS_URL", url)
        monkeypatch.setenv("LOUPE_HEARTBEAT_SECONDS", "0.3")
        monkeypatch.setenv("LOUPE_LOST_AFTER_SECONDS", "2")
        get_settings.cache_clear()
        yield url


@pytest.fixture
def worker(broker: str, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (tmp_path / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "worker.main", "training"],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=log,
            stderr=log,
        )
        yield process
        process.kill()
        process.wait()


def job_of(run: Run) -> Job:
    with session_scope(writes=False) as opened:
        return opened.get_one(Job, run.job_id)


def test_a_killed_worker_s_run_waits_for_another_worker(
    worker: subprocess.Popen[bytes], session: Session, tmp_path: Path
) -> None:
    project = make_project(session, tmp_path / "pictures", tagged=300, untagged=0)
    run = runs.start_run(session, project, recipe=Recipe.QUICK, account=None)
    session.commit()
    until(lambda: job_of(run).status is JobStatus.RUNNING, "the worker takes the job", PATIENCE_SECONDS)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    assert job_of(run).status is JobStatus.RUNNING
    begun = time.monotonic()

    def noticed() -> bool:
        jobs.sweep(resend=False)
        return job_of(run).status is not JobStatus.RUNNING

    until(noticed, "the sweep notices")
    assert time.monotonic() - begun < 10
    assert job_of(run).status is JobStatus.QUEUED
    with session_scope(writes=False) as opened:
        assert opened.query(Prediction).count() == 0
        assert runs.active_run(opened, project.id) is None


# Nothing here depends on the kind of database, and loading the training stack takes a while.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_worker_does_a_run_to_its_end_and_a_repeated_message_does_not_repeat_it(
    worker: subprocess.Popen[bytes], session: Session, tmp_path: Path
) -> None:
    project = make_project(session, tmp_path / "pictures", tagged=24, untagged=0)
    run = runs.start_run(session, project, recipe=Recipe.QUICK, account=None)
    session.commit()
    until(lambda: job_of(run).status.is_final, "the worker finishes", PATIENCE_SECONDS)
    finished = job_of(run)
    assert finished.status is JobStatus.SUCCEEDED, finished.error
    assert send("loupe.train", run.job_id)
    following = runs.start_run(session, project, recipe=Recipe.QUICK, account=None)
    session.commit()
    until(lambda: job_of(following).status.is_final, "the worker finishes the next run", PATIENCE_SECONDS)
    assert job_of(run).attempt == 1
    assert job_of(run).finished_at == finished.finished_at
