"""A fine-tuning whose worker process is killed: the sweep beside the web server finds out, and another goes on."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func
from sqlalchemy.orm import Session

from app.config import get_settings
from app.db import session_scope
from app.domain.statuses import JobStatus, Recipe
from app.main import create_app
from app.models import Epoch, Job, Run
from app.services import runs
from tests.integration.trainable import make_project
from tests.integration.worker.real_workers import training_worker
from tests.processes import redis_server, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.enable_socket,
    # Nothing here depends on the kind of database, and loading the training stack takes a while.
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
EPOCHS = 60
CONFIG = {"backbone": "tiny_vgg", "epochs_frozen": 0, "epochs_unfrozen": EPOCHS, "batch_size": 4, "size": 32}
CONFIG |= {"base_lr": 0.001, "pretrained": False}


@pytest.fixture
def sweeping(loupe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A broker, and a web server with its sweep."""
    folder = tmp_path / "redis"
    folder.mkdir()
    with redis_server(folder) as url:
        monkeypatch.setenv("LOUPE_REDIS_URL", url)
        monkeypatch.setenv("LOUPE_HEARTBEAT_SECONDS", "0.5")
        monkeypatch.setenv("LOUPE_LOST_AFTER_SECONDS", "5")
        monkeypatch.setenv("LOUPE_SWEEP_SECONDS", "0.5")
        get_settings.cache_clear()
        with TestClient(create_app()):
            yield


def job_of(run: Run) -> Job:
    with session_scope(writes=False) as opened:
        return opened.get_one(Job, run.job_id)


def epochs(run: Run) -> int:
    with session_scope(writes=False) as opened:
        return opened.query(func.max(Epoch.epoch)).filter(Epoch.run_id == run.id).scalar() or 0


def test_nobody_has_to_do_anything(sweeping: None, session: Session, tmp_path: Path) -> None:
    project = make_project(session, tmp_path / "pictures", tagged=16, untagged=1)
    run = runs.start_run(session, project, recipe=Recipe.FINETUNE, account=None, config=CONFIG)
    session.commit()
    log = tmp_path / "worker.log"
    with training_worker(log) as first:
        until(lambda: epochs(run) >= 2, log.read_text)
        first.send_signal(signal.SIGKILL)
        first.wait()
    assert job_of(run).status is JobStatus.RUNNING
    done = epochs(run)
    assert done < EPOCHS
    with training_worker(log):
        until(lambda: job_of(run).status.is_final, log.read_text)
    job = job_of(run)
    assert (job.status, job.attempt) == (JobStatus.SUCCEEDED, 2), job.error
    with session_scope(writes=False) as opened:
        row = runs.get_run(opened, project.id, run.number)
        assert row.is_active
        # Of the epoch that was cut off, the line may be written and the state not yet.
        assert any(f"after epoch {done - missing} " in note for note in row.notes for missing in (0, 1))
        assert [each.epoch for each in opened.query(Epoch).order_by(Epoch.epoch)] == list(range(1, EPOCHS + 1))
