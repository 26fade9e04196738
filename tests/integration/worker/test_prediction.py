"""Predicting with a finished run, on both databases; the backbone is the real one."""

import csv
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobStatus, Recipe
from app.models import Job, Project, Run
from app.services import predictions, runs
from app.storage import get_storage
from tests.factories import ImageFactory
from tests.integration.trainable import draw, make_project
from worker.jobs import prediction, training
from worker.running import run_job

pytestmark = pytest.mark.slow


@pytest.fixture
def run(session: Session, tmp_path: Path, sent: list[tuple[str, int]]) -> Run:
    project = make_project(session, tmp_path / "pictures", tagged=16, untagged=0)
    made = runs.start_run(session, project, recipe=Recipe.QUICK, account=None)
    session.commit()
    assert run_job(made.job_id, training.work) is JobStatus.SUCCEEDED
    return made


def ask(run: Run, folder: Path) -> Job:
    with session_scope() as opened:
        return predictions.request_folder_predictions(opened, opened.get_one(Run, run.id), str(folder))


def test_a_folder_of_new_images_becomes_a_table(run: Run, tmp_path: Path) -> None:
    new = tmp_path / "new"
    draw(new / "box 1" / "bright.png", 500, bright=True, round_=False)
    draw(new / "dark.png", 501, bright=False, round_=True)
    (new / "torn.jpg").write_bytes(b"\xff\xd8\xff\xe0 torn")
    (new / "notes.txt").write_text("no image")
    (new / "link.png").symlink_to(new / "dark.png")
    job = ask(run, new)
    assert run_job(job.id, prediction.work) is JobStatus.SUCCEEDED
    with predictions.result_file(job).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["file"] for row in rows] == ["box 1/bright.png", "dark.png", "torn.jpg"]
    assert float(rows[0]["bright"]) > float(rows[1]["bright"])
    assert set(rows[0]["labels"].split("|")) <= {"bright", "round", ""}
    assert rows[2]["refused"]
    assert rows[2]["bright"] == ""
    assert [row["threshold set"] for row in rows] == ["run 1, threshold set 1"] * 2 + [""]


@pytest.mark.parametrize("make", [lambda folder: folder, lambda folder: folder.mkdir() or folder])
def test_a_folder_that_is_missing_or_empty_fails_with_a_sentence(run: Run, tmp_path: Path, make: object) -> None:
    folder = make(tmp_path / "nothing")  # type: ignore[operator]
    job = ask(run, folder)
    assert run_job(job.id, prediction.work) is JobStatus.FAILED
    with session_scope(writes=False) as opened:
        assert "nothing" in opened.get_one(Job, job.id).error


def test_images_that_came_after_the_run_get_its_predictions(run: Run, tmp_path: Path) -> None:
    file = draw(tmp_path / "late.png", 900, bright=True, round_=True)
    with session_scope() as opened:
        project = opened.get_one(Project, run.project_id)
        late = ImageFactory.create(
            session=opened, project_id=project.id, name="late.png", sha256=get_storage().keep_original(file)
        )
        job = runs.request_predictions(opened, project.id)
    assert job is not None
    assert run_job(job.id, prediction.work) is JobStatus.SUCCEEDED
    with session_scope(writes=False) as opened:
        said = runs.suggestions(opened, run.project_id, [late.id])[late.id]
        assert runs.request_predictions(opened, run.project_id) is None
    assert len(said) == 2
