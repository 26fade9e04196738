"""A worker that is killed in each stage of each recipe: the run goes on from there, once, and ends well."""

import signal
from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobStatus, Recipe
from app.models import Epoch, Job, Prediction, Project, Run
from app.services import jobs, runs
from app.storage import get_storage
from tests.integration.trainable import make_project
from tests.integration.worker import killed
from worker.ml.callbacks import Stage

pytestmark = [
    pytest.mark.slow,
    # Nothing here depends on the kind of database.
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
CONFIG = {"epochs_frozen": 1, "epochs_unfrozen": 2, "batch_size": 4, "size": 32, "base_lr": 0.005}
PATIENCE_SECONDS = 120
# How many epochs need not be trained again after a worker was killed in this stage.
KEPT = {Stage.READING: 0, Stage.FROZEN: 0, Stage.UNFROZEN: 1, Stage.PREDICTING: 3, killed.MEASURING: 3}


@pytest.fixture
def project(session: Session, tmp_path: Path, sent: list[tuple[str, int]]) -> Project:
    made = make_project(session, tmp_path / "pictures", tagged=16, untagged=1)
    session.commit()
    return made


def start(project: Project, recipe: Recipe, config: Mapping[str, object]) -> Run:
    with session_scope() as opened:
        own = opened.get_one(Project, project.id)
        return runs.start_run(opened, own, recipe=recipe, account=None, config=config)


def job_of(run: Run) -> Job:
    with session_scope(writes=False) as opened:
        return opened.get_one(Job, run.job_id)


def train(run: Run, until: str = "") -> int | None:
    process = killed.train_until(run.job_id, until)
    process.join(PATIENCE_SECONDS)
    return process.exitcode


def kill_and_sweep(run: Run, stage: str) -> None:
    assert train(run, stage) == -signal.SIGKILL
    assert job_of(run).status is JobStatus.RUNNING
    with session_scope() as opened:
        job = opened.get_one(Job, run.job_id)
        job.heartbeat_at = job.created_at.replace(year=2020)
    jobs.sweep(resend=False)
    assert job_of(run).status is JobStatus.QUEUED


def assert_ended_well(project: Project, run: Run) -> Run:
    job = job_of(run)
    assert (job.status, job.attempt) == (JobStatus.SUCCEEDED, 2), job.error
    storage = get_storage()
    assert not storage.unfinished(run.id).exists()
    assert [path.name for path in storage.checkpoints.iterdir()] == [str(run.id)]
    with session_scope(writes=False) as opened:
        row = runs.get_run(opened, project.id, run.number)
        assert row.is_active
        assert opened.query(Prediction).filter_by(run_id=run.id).count() == 17
        return row


@pytest.mark.parametrize("stage", [Stage.EMBEDDING, Stage.HEAD, killed.MEASURING])
def test_a_quick_run_starts_again_wherever_its_worker_was_killed(project: Project, stage: str) -> None:
    run = start(project, Recipe.QUICK, {})
    kill_and_sweep(run, stage)
    assert train(run) == 0
    assert_ended_well(project, run)


@pytest.mark.parametrize("stage", list(KEPT))
def test_a_fine_tuning_goes_on_from_its_last_epoch(project: Project, stage: str) -> None:
    run = start(project, Recipe.FINETUNE, CONFIG)
    kill_and_sweep(run, stage)
    assert get_storage().unfinished(run.id).is_dir() == bool(KEPT[stage])
    assert train(run) == 0
    row = assert_ended_well(project, run)
    assert any(f"interrupted after epoch {KEPT[stage]}" in note for note in row.notes) == bool(KEPT[stage])
    with session_scope(writes=False) as opened:
        assert [each.epoch for each in opened.query(Epoch).order_by(Epoch.epoch)] == [1, 2, 3]


def test_a_fine_tuning_whose_worker_was_killed_while_it_looked_for_a_rate_looks_again(project: Project) -> None:
    run = start(project, Recipe.FINETUNE, CONFIG | {"base_lr": None, "epochs_unfrozen": 0})
    kill_and_sweep(run, Stage.FINDING_RATE)
    assert train(run) == 0
    assert_ended_well(project, run)


def test_of_two_workers_that_get_the_same_message_one_trains(project: Project) -> None:
    run = start(project, Recipe.QUICK, {})
    both = [killed.train_until(run.job_id, "") for _worker in range(2)]
    for process in both:
        process.join(PATIENCE_SECONDS)
    assert [process.exitcode for process in both] == [0, 0]
    assert (job_of(run).status, job_of(run).attempt) == (JobStatus.SUCCEEDED, 1)
