"""Fine-tuning as a run, with real work on tiny pictures: settings, searches, and going on from an earlier run."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobStatus, Recipe
from app.models import Epoch, Project, Run
from app.services import runs
from app.storage import get_storage
from tests.integration.trainable import make_project
from worker.jobs import training
from worker.ml import rates
from worker.ml.checkpoint import read_manifest
from worker.running import run_job

SETTINGS: dict[str, Any] = {
    "backbone": "tiny_vgg",
    "size": 28,
    "batch_size": 8,
    "epochs_frozen": 1,
    "epochs_unfrozen": 1,
    "loss": "focal",
    "mixup": 0.2,
    "best_by": "valid_loss",
}


@pytest.fixture
def project(session: Session, tmp_path: Path, sent: list[tuple[str, int]]) -> Project:
    made = make_project(session, tmp_path / "pictures")
    session.commit()
    return made


@pytest.fixture(autouse=True)
def short_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty batches look for a rate well enough."""
    monkeypatch.setattr(rates, "RATE_BATCHES", 20)


def trained(project: Project, settings: dict[str, Any], parent_id: int | None = None) -> tuple[Run, list[Epoch], Any]:
    with session_scope() as opened:
        here = opened.get_one(Project, project.id)
        parent = opened.get_one(Run, parent_id) if parent_id else None
        run = runs.start_run(opened, here, recipe=Recipe.FINETUNE, account=None, config=settings, parent=parent)
    assert run_job(run.job_id, training.work) is JobStatus.SUCCEEDED
    with session_scope(writes=False) as opened:
        row = opened.get_one(Run, run.id)
        manifest = read_manifest(get_storage().checkpoints / str(row.checkpoint))
        return row, runs.epochs(opened, row), manifest


def test_a_run_keeps_settings_searches_and_figures(project: Project) -> None:
    run, lines, manifest = trained(project, SETTINGS)
    assert run.config["loss"] == "focal"
    assert manifest.config["mixup"] == 0.2
    # A network that starts from nothing has nothing to freeze.
    assert [line.stage for line in lines] == ["unfrozen", "unfrozen"]
    assert set(run.rate_searches) == {"unfrozen"}
    search = run.rate_searches["unfrozen"]
    assert search["suggestions"]["valley"] == pytest.approx(manifest.details["base_lr"])
    assert len(search["rates"]) == len(search["losses"])
    assert {"macro_f1", "f_beta", "accuracy_multi", "hamming_loss"} <= set(lines[-1].metrics)


def test_a_run_goes_on_from_an_earlier_one(project: Project) -> None:
    first, _lines, _manifest = trained(project, SETTINGS)
    settings = {**SETTINGS, "base_lr": 1e-6, "epochs_unfrozen": 0, "mixup": 0.0}
    second, lines, manifest = trained(project, settings, parent_id=first.id)
    assert second.parent_id == first.id
    assert [line.stage for line in lines] == ["frozen"]
    assert manifest.details["rates"] == {"frozen": 1e-6}
