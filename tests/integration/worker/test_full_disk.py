"""No room to write, while a training runs: what is lost, what is not, and what people are told."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobStatus, Recipe
from app.models import Job, Prediction, Project, Run
from app.services import runs
from app.storage import get_storage
from tests.integration.trainable import copying_trainer, make_project
from tests.integration.worker import killed
from worker.jobs import training
from worker.ml.callbacks import Stage
from worker.running import run_job

pytestmark = [
    pytest.mark.slow,
    # A file of SQLite's would be refused what it needs too: here the database lies on another disk.
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
]
# A network of 130 KB, of which twice and more is kept to go on with; the decoded images take 50 KB.
CONFIG = {"backbone": "tiny_vgg", "epochs_frozen": 0, "epochs_unfrozen": 2, "batch_size": 4, "size": 32}
CONFIG |= {"base_lr": 0.005, "pretrained": False}
ROOM_FOR_THE_MODEL = 200_000
ROOM_FOR_THE_IMAGES = 100_000
PATIENCE_SECONDS = 120


@pytest.fixture
def project(session: Session, tmp_path: Path, sent: list[tuple[str, int]]) -> Project:
    made = make_project(session, tmp_path / "pictures", tagged=16, untagged=1)
    session.commit()
    return made


def start(project: Project, recipe: Recipe, config: Mapping[str, object]) -> Run:
    with session_scope() as opened:
        own = opened.get_one(Project, project.id)
        return runs.start_run(opened, own, recipe=recipe, account=None, config=config)


@pytest.fixture
def earlier(project: Project) -> Run:
    """A run that is in use already."""
    run = start(project, Recipe.QUICK, {})
    trainers = {Recipe.QUICK: copying_trainer()}
    assert run_job(run.job_id, lambda progress: training.work(progress, trainers)) is JobStatus.SUCCEEDED
    return run


def train(run: Run, stage: Stage, most_bytes: int) -> Job:
    process = killed.train_without_room(run.job_id, stage, most_bytes)
    process.join(PATIENCE_SECONDS)
    assert process.exitcode == 0
    with session_scope(writes=False) as opened:
        return opened.get_one(Job, run.job_id)


@pytest.mark.parametrize(
    ("recipe", "config", "stage", "most_bytes"),
    [
        (Recipe.QUICK, {}, Stage.HEAD, 1000),
        (Recipe.FINETUNE, CONFIG, Stage.PREDICTING, ROOM_FOR_THE_IMAGES),
        (Recipe.FINETUNE, CONFIG, Stage.READING, 1000),
    ],
)
def test_a_run_without_room_for_its_model_fails_in_words_and_leaves_the_one_in_use_alone(
    project: Project, earlier: Run, recipe: Recipe, config: Mapping[str, object], stage: Stage, most_bytes: int
) -> None:
    run = start(project, recipe, config)
    job = train(run, stage, most_bytes)
    assert job.status is JobStatus.FAILED
    assert job.error.startswith("The disk is full.")
    storage = get_storage()
    # Hidden ones too: nothing half written is left where a model is looked for.
    assert [path.name for path in storage.checkpoints.iterdir()] == [str(earlier.id)]
    assert not storage.unfinished(run.id).exists()
    with session_scope(writes=False) as opened:
        active = runs.active_run(opened, project.id)
        assert active is not None
        assert active.id == earlier.id
        assert opened.query(Prediction).filter_by(run_id=run.id).count() == 0
        assert opened.query(Prediction).filter_by(run_id=earlier.id).count() == 17


def test_without_room_for_what_would_be_needed_to_go_on_a_fine_tuning_ends_well_and_says_so(project: Project) -> None:
    run = start(project, Recipe.FINETUNE, CONFIG)
    job = train(run, Stage.READING, ROOM_FOR_THE_MODEL)
    assert job.status is JobStatus.SUCCEEDED, job.error
    with session_scope(writes=False) as opened:
        row = runs.get_run(opened, project.id, run.number)
        assert row.is_active
        assert any("too little room" in note for note in row.notes)
    assert not get_storage().unfinished(run.id).exists()
