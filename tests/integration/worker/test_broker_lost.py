"""The broker dies and comes back while one run trains and another one waits: both are trained, once."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import psutil
import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app import broker
from app.config import get_settings
from app.db import session_scope
from app.domain.statuses import JobStatus, Recipe
from app.main import create_app
from app.models import Account, Epoch, Job, Project, Run
from app.services import accounts, jobs, runs
from app.valkey import EmbeddedValkey
from tests.integration.trainable import make_project
from tests.integration.worker.real_workers import training_worker
from tests.processes import until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.enable_socket,
    # Nothing here depends on the kind of database, and loading the training stack takes a while.
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
# So many epochs of so small a network take some seconds: long enough to lose the broker meanwhile.
LONG = {"backbone": "tiny_vgg", "epochs_frozen": 0, "epochs_unfrozen": 40, "batch_size": 4, "size": 32}
LONG |= {"base_lr": 0.001, "pretrained": False}


@pytest.fixture
def valkey(loupe: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedValkey]:
    """The broker that `loupe up` starts, and starts again when it has died."""
    server = EmbeddedValkey(loupe)
    server.start()
    monkeypatch.setenv("LOUPE_REDIS_URL", server.url)
    monkeypatch.setenv("LOUPE_HEARTBEAT_SECONDS", "0.5")
    monkeypatch.setenv("LOUPE_SWEEP_SECONDS", "0.5")
    monkeypatch.setattr(jobs, "RESEND_AFTER", timedelta(seconds=2))
    get_settings.cache_clear()
    yield server
    server.stop()


@pytest.fixture
def worker(valkey: EmbeddedValkey, tmp_path: Path) -> Iterator[Path]:
    """A training worker that takes work; gives its log."""
    path = tmp_path / "worker.log"
    with training_worker(path):
        yield path


@pytest.fixture
def browser(valkey: EmbeddedValkey, owner: Account) -> Iterator[TestClient]:
    """A browser before a real web server, whose sweep runs beside it."""
    with TestClient(create_app(), base_url="http://testserver", follow_redirects=False) as client:
        with session_scope() as opened:
            client.cookies.set("loupe_session", accounts.start_session(opened, owner))
        yield client


def kill(valkey: EmbeddedValkey) -> None:
    port = int(valkey.url.rsplit(":", 1)[1].split("/")[0])
    victims = [
        child
        for child in psutil.Process().children(recursive=True)
        if any(each.laddr.port == port for each in child.net_connections() if each.status == psutil.CONN_LISTEN)
    ]
    assert victims
    for victim in victims:
        victim.kill()
        victim.wait()
    assert broker.is_silent()


def start(session: Session, folder: Path) -> Run:
    project: Project = make_project(session, folder, tagged=16, untagged=1)
    run = runs.start_run(session, project, recipe=Recipe.FINETUNE, account=None, config=LONG)
    session.commit()
    return run


def job_of(run: Run) -> Job:
    with session_scope(writes=False) as opened:
        return opened.get_one(Job, run.job_id)


def is_over(run: Run) -> bool:
    return job_of(run).status.is_final


def test_what_trains_goes_on_and_what_waits_is_trained_when_the_broker_is_back(
    worker: Path, valkey: EmbeddedValkey, browser: TestClient, session: Session, tmp_path: Path
) -> None:
    first, sent = start(session, tmp_path / "first"), start(session, tmp_path / "sent")
    until(lambda: job_of(first).status is JobStatus.RUNNING, worker.read_text)
    kill(valkey)
    assert job_of(first).status is JobStatus.RUNNING
    # This one was never handed to a broker; of the one before it the message may be lost.
    unsent = start(session, tmp_path / "unsent")
    for waiting in (sent, unsent):
        page = browser.get(f"/projects/{waiting.project_id}/runs/1").text
        assert "Work is not handed out just now" in page
        assert "begins by itself within a minute after the service is back" in page
    until(partial(is_over, first), worker.read_text)
    assert (job_of(sent).status, job_of(unsent).status) == (JobStatus.QUEUED, JobStatus.QUEUED)
    valkey.look()
    assert not broker.is_silent()
    for run in (sent, unsent):
        until(partial(is_over, run), worker.read_text)
    for run in (first, sent, unsent):
        job = job_of(run)
        assert (job.status, job.attempt) == (JobStatus.SUCCEEDED, 1), job.error
        with session_scope(writes=False) as opened:
            assert opened.query(Epoch).filter_by(run_id=run.id).count() == 40
    assert "Work is not handed out" not in browser.get(f"/projects/{sent.project_id}/runs/1/report").text
