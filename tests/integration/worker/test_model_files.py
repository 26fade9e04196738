"""Files of a model from the click to the zip, with a real training."""

import zipfile
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobStatus, Recipe
from app.models import Account, Job, Project, Run
from app.services import model_files, runs
from app.services.model_files import FileForm, FileStatus
from app.storage import get_storage
from tests.factories import AccountFactory
from tests.integration.trainable import make_project
from worker.jobs import model_files as making
from worker.jobs import training
from worker.ml import exporting
from worker.running import run_job


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, sqlite_template: Path, tmp_path: Path) -> str:
    """One database is enough: the work is in files."""
    target = tmp_path / "loupe.sqlite3"
    target.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{target}"


@pytest.fixture
def run(session: Session, tmp_path: Path, sent: list[tuple[str, int]]) -> Run:
    project = make_project(session, tmp_path / "pictures", tagged=12, untagged=0)
    session.commit()
    with session_scope() as opened:
        made = runs.start_run(opened, opened.get_one(Project, project.id), recipe=Recipe.QUICK, account=None)
    assert run_job(made.job_id, training.work) is JobStatus.SUCCEEDED
    return made


def ask(run: Run, form: FileForm) -> int:
    with session_scope() as session:
        account: Account = AccountFactory.create(session=session)
        job = model_files.ask(session, get_storage(), session.get_one(Run, run.id), account, form)
    assert job is not None
    return job.id


def found(run: Run, form: FileForm) -> model_files.Standing:
    with session_scope(writes=False) as session:
        return model_files.standing(session, get_storage(), session.get_one(Run, run.id), form)


@pytest.mark.slow
def test_both_files_are_made_and_an_older_one_goes(run: Run) -> None:
    with session_scope(writes=False) as session:
        kept = session.get_one(Run, run.id)
        assert kept.hardware["cores"] > 0
        assert kept.summary["parameters"] > kept.summary["trainable"] > 0
    older = get_storage().model_files(run.id) / "onnx-0.zip"
    older.parent.mkdir(parents=True)
    older.write_bytes(b"older")
    names = {
        FileForm.ONNX: {"README.md", "predict_onnx.py", "model.onnx"},
        FileForm.FASTAI: {"README.md", "export.pkl"},
    }
    for form, expected in names.items():
        assert run_job(ask(run, form), making.work) is JobStatus.SUCCEEDED
        path = found(run, form).path
        assert path is not None
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            assert set(archive.namelist()) == expected
            assert "bright" in archive.read("README.md").decode()
    assert not older.exists()
    assert not list(older.parent.glob(".tmp-*"))


def test_a_file_that_would_say_something_else_is_not_kept(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def differs(*_given: object) -> float:
        raise exporting.ExportDiffersError

    monkeypatch.setattr(exporting, "write_onnx", differs)
    job_id = ask(run, FileForm.ONNX)
    assert run_job(job_id, making.work) is JobStatus.FAILED
    with session_scope(writes=False) as session:
        assert "says something else" in session.get_one(Job, job_id).error
    assert found(run, FileForm.ONNX).status is FileStatus.FAILED
    assert list(get_storage().model_files(run.id).iterdir()) == []
