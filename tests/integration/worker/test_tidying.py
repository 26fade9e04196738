"""The job that tidies the data folder, beside imports that run, on both databases; and the command."""

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from app.commands.tidying import tidy
from app.db import session_scope
from app.domain.statuses import JobKind, JobStatus
from app.models import Image, Job, Project
from app.services import imports, jobs, projects, tidying
from app.storage import get_storage
from tests.factories import ProjectFactory
from tests.integration.worker.pictures import folder_of
from worker.jobs import imports as imports_job
from worker.jobs import tidying as tidying_job
from worker.running import Progress, run_job

NAMES = [f"{number}.jpg" for number in range(12)]


@pytest.fixture(autouse=True)
def _no_broker(loupe: Path, sent: list[tuple[str, int]]) -> None:
    """Keep what is asked for here."""


def make(name: str) -> Project:
    with session_scope() as session:
        made: Project = ProjectFactory.create(session=session, name=name)
    return made


def bring(project: Project, folder: Path, work: Callable[[Progress], None] = imports_job.work) -> JobStatus | None:
    with session_scope() as session:
        made = imports.import_folder(session, project, folder)
    assert made.job_id is not None
    return run_job(made.job_id, work)


def remove(project: Project) -> None:
    with session_scope() as session:
        projects.delete_project(session, session.get_one(Project, project.id), confirmation=project.name)
    for path in files():
        os.utime(path, (time.time() - 86_400,) * 2)


def files() -> list[Path]:
    root = get_storage().root
    return [path for part in ("originals", "renditions") for path in (root / part).rglob("*") if path.is_file()]


def run_tidying() -> JobStatus | None:
    with session_scope() as session:
        job = jobs.create_job(session, JobKind.TIDY, project_id=None)
    return run_job(job.id, tidying_job.work)


def lost(project: Project) -> list[str]:
    storage = get_storage()
    with session_scope(writes=False) as session:
        hashes = session.scalars(select(Image.sha256).where(Image.project_id == project.id)).all()
    paths = [(storage.original(each), storage.rendition(each, "thumbnail")) for each in hashes]
    return [str(path) for both in paths for path in both if not path.is_file()]


def test_the_job_removes_what_a_deleted_project_leaves(tmp_path: Path) -> None:
    bring(make("gone"), folder_of(tmp_path / "in", NAMES[:2]))
    bring(kept := make("kept"), folder_of(tmp_path / "other", ["a.jpg"], first_seed=1))
    assert len(files()) == 6
    with session_scope(writes=False) as session:
        gone = session.scalars(select(Project).where(Project.name == "gone")).one()
    remove(gone)
    assert run_tidying() is JobStatus.SUCCEEDED
    assert len(files()) == 3
    assert lost(kept) == []


def test_a_running_import_loses_nothing_that_it_found_in_the_folder(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "in", NAMES)
    bring(gone := make("gone"), folder)
    remove(gone)
    with session_scope(writes=False) as session:
        wanted, before = tidying.needed(session), tidying.limit()
    # A tidying that has looked before the import began, and goes on beside it, again and again.
    over = threading.Event()

    def keep_tidying() -> None:
        while not over.is_set():
            for leftover in tidying.leftovers(get_storage(), wanted, before):
                tidying.remove(leftover, before)
                time.sleep(0.001)

    beside = threading.Thread(target=keep_tidying)
    beside.start()
    try:
        assert bring(kept := make("kept"), folder) is JobStatus.SUCCEEDED
    finally:
        over.set()
        beside.join()
    assert lost(kept) == []


def test_while_images_come_in_the_job_looks_again_later(tmp_path: Path) -> None:
    bring(gone := make("gone"), folder_of(tmp_path / "in", NAMES[:1]))
    remove(gone)
    outcomes = []

    def work(progress: Progress) -> None:
        outcomes.append(run_tidying())
        imports_job.work(progress)

    bring(make("kept"), folder_of(tmp_path / "other", ["b.jpg"], first_seed=50), work)
    assert outcomes == [JobStatus.SUCCEEDED]
    assert len(files()) == 6
    with session_scope(writes=False) as session:
        query = select(Job.status).where(Job.kind == JobKind.TIDY)
        assert session.scalars(query).all() == [JobStatus.QUEUED]


def test_the_command_says_first_what_would_go(loupe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bring(gone := make("gone"), folder_of(tmp_path / "in", NAMES[:2]))
    remove(gone)
    tidy(dry_run=True, data=loupe)
    assert "6 files and folders would be removed" in capsys.readouterr().out
    tidy(data=loupe, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["removed"] == {
        "originals": 2, "renditions": 4, "checkpoints": 0, "maps": 0, "uploads": 0, "predictions": 0,
        "similarity": 0, "tiles": 0, "embeddings": 0, "models": 0, "unfinished": 0,
    }  # fmt: skip
    assert told["bytes"] > 0
    assert not told["dry_run"]
    assert not told["images_left_alone"]
    assert files() == []
    tidy(data=loupe)
    assert "nothing to remove" in capsys.readouterr().out
