"""Trying out a training on small drawn pictures: what is found, and that nothing of the project changes."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobStatus, Recipe
from app.models import Account, Image, Job, Project, Run
from app.services import jobs, trials
from app.services.trials import TrialKind
from app.storage import get_storage
from tests.factories import AccountFactory
from tests.integration.trainable import make_project
from worker.jobs import trials as work
from worker.running import run_job

pytestmark = pytest.mark.slow
SMALL = {"size": 32, "batch_size": 4, "epochs_frozen": 1, "epochs_unfrozen": 1}


@pytest.fixture
def project(session: Session, tmp_path: Path, sent: list[tuple[str, int]]) -> Project:
    made = make_project(session, tmp_path / "pictures", tagged=16, untagged=1)
    session.commit()
    return made


@pytest.fixture
def lead(session: Session) -> Account:
    made: Account = AccountFactory.create(session=session)
    session.commit()
    return made


def ask(project: Project, lead: Account, what: TrialKind, recipe: Recipe, config: dict[str, Any]) -> int:
    with session_scope() as opened:
        place, account = opened.get_one(Project, project.id), opened.get_one(Account, lead.id)
        return trials.ask(opened, place, account, what, recipe, config).id


def job_of(job_id: int) -> Job:
    with session_scope(writes=False) as opened:
        return opened.get_one(Job, job_id)


@pytest.mark.parametrize(
    ("what", "recipe", "config"),
    [
        (TrialKind.RATE, Recipe.FINETUNE, SMALL),
        (TrialKind.ESTIMATE, Recipe.FINETUNE, SMALL | {"base_lr": 0.001}),
        (TrialKind.ESTIMATE, Recipe.QUICK, {}),
    ],
)
def test_a_trial_finds_something_and_changes_nothing(
    project: Project, lead: Account, what: TrialKind, recipe: Recipe, config: dict[str, Any]
) -> None:
    job_id = ask(project, lead, what, recipe, config)
    assert run_job(job_id, work.work) is JobStatus.SUCCEEDED
    found = job_of(job_id).params["result"]
    if what is TrialKind.RATE:
        assert set(found["suggestions"]) == {"valley", "slide", "steep", "minimum"}
        assert len(found["rates"]) == len(found["losses"])
    else:
        assert found["seconds"] > 0
        assert found["sizes"]["everything"] == 17
    with session_scope(writes=False) as opened:
        assert opened.query(Run).count() == 0
        assert opened.query(Image).filter(Image.split.is_not(None)).count() == 0
    left = get_storage().checkpoints
    assert not left.exists() or list(left.iterdir()) == []


def test_a_missing_file_is_named(project: Project, lead: Account) -> None:
    with session_scope(writes=False) as opened:
        images = list(opened.query(Image).filter_by(project_id=project.id))
    for image in images:
        get_storage().original(image.sha256).unlink()
    job_id = ask(project, lead, TrialKind.ESTIMATE, Recipe.FINETUNE, SMALL)
    assert run_job(job_id, work.work) is JobStatus.FAILED
    assert "missing from the data folder" in job_of(job_id).error


def test_a_trial_can_be_stopped(project: Project, lead: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = ask(project, lead, TrialKind.RATE, Recipe.FINETUNE, SMALL)
    reported = work._report

    def stop(progress, report) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
        with session_scope() as opened:
            jobs.request_cancel(opened, opened.get_one(Job, job_id))
        progress.stop()
        reported(progress, report)

    monkeypatch.setattr(work, "_report", stop)
    assert run_job(job_id, work.work) is JobStatus.CANCELLED
    assert "result" not in job_of(job_id).params
