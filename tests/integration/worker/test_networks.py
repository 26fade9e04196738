"""Networks of several kinds, from the training to the list of their layers and the files of their models."""

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobStatus, Recipe
from app.models import Account, Job, Project, Run
from app.services import model_files, runs
from app.services.model_files import FileForm
from app.storage import get_storage
from tests.factories import AccountFactory
from tests.integration.trainable import make_project
from worker.jobs import model_files as making
from worker.jobs import training
from worker.ml.checkpoint import read_weights
from worker.running import run_job

# Nothing here depends on the kind of database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
# Kept with the weights without being learned: what norms count meanwhile, and the norm of ConvNeXt's own classifier,
# through which no image goes where another head takes its place.
NOT_LEARNED = ("running_mean", "running_var", "num_batches_tracked", "head.norm.weight", "head.norm.bias")
CONFIG = {"epochs_frozen": 0, "epochs_unfrozen": 1, "batch_size": 4, "size": 32, "base_lr": 0.001, "pretrained": False}


@pytest.fixture
def project(session: Session, tmp_path: Path, sent: list[tuple[str, int]]) -> Project:
    made = make_project(session, tmp_path / "pictures", tagged=12, untagged=0)
    session.commit()
    return made


def train(project: Project, backbone: str) -> Run:
    with session_scope() as opened:
        own = opened.get_one(Project, project.id)
        config = CONFIG | {"backbone": backbone}
        run = runs.start_run(opened, own, recipe=Recipe.FINETUNE, account=None, config=config)
    assert run_job(run.job_id, training.work) is JobStatus.SUCCEEDED
    with session_scope(writes=False) as opened:
        return opened.get_one(Run, run.id)


def make_file(run: Run, form: FileForm) -> str:
    """Have a file made, and return what is wrong with it."""
    with session_scope() as session:
        account: Account = AccountFactory.create(session=session)
        job = model_files.ask(session, get_storage(), session.get_one(Run, run.id), account, form)
    assert job is not None
    run_job(job.id, making.work)
    with session_scope(writes=False) as session:
        return session.get_one(Job, job.id).error


@pytest.mark.slow
@pytest.mark.parametrize("backbone", ["tiny_vgg", "resnet18", "convnext_atto", "vit_tiny_patch16_224"])
def test_a_network_is_listed_and_written_for_other_programs(project: Project, backbone: str) -> None:
    run = train(project, backbone)
    weights = read_weights(get_storage().checkpoints / str(run.id))
    learned = [each.numel() for key, each in weights.items() if not key.endswith(NOT_LEARNED)]
    assert run.summary["parameters"] == run.summary["trainable"] == sum(learned)
    assert run.summary["layers"][-1]["shape"] == [1, 2]
    assert [make_file(run, form) for form in FileForm] == ["" for _form in FileForm]


def test_a_network_that_cannot_be_listed_is_a_model_all_the_same(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(_checkpoint: Path) -> None:
        raise AttributeError

    monkeypatch.setattr(training, "summary_of", unknown)
    run = train(project, "tiny_vgg")
    assert run.is_active
    assert run.summary == {}
    assert any("could not be listed (AttributeError)" in note for note in run.notes)


def test_a_network_that_cannot_be_fine_tuned_is_named(project: Project) -> None:
    with session_scope() as opened:
        own = opened.get_one(Project, project.id)
        config = CONFIG | {"backbone": "swin_tiny_patch4_window7_224", "size": 224}
        run = runs.start_run(opened, own, recipe=Recipe.FINETUNE, account=None, config=config)
    assert run_job(run.job_id, training.work) is JobStatus.FAILED
    with session_scope(writes=False) as opened:
        assert "in a form that fine-tuning cannot use" in opened.get_one(Job, run.job_id).error
