"""Making lost renditions anew, and bringing lost originals back, on both databases."""

from pathlib import Path

import pytest
from sqlalchemy import select

from app.db import session_scope
from app.domain.statuses import JobKind, JobStatus
from app.models import Image, Project
from app.services import imports, jobs
from app.storage import get_storage
from tests.factories import ProjectFactory
from tests.integration.worker.pictures import folder_of
from worker.jobs import imports as imports_job
from worker.jobs import renditions as renditions_job
from worker.running import run_job


@pytest.fixture
def project(loupe: Path, sent: list[tuple[str, int]], tmp_path: Path) -> Project:
    with session_scope() as session:
        made: Project = ProjectFactory.create(session=session)
    bring(made, folder_of(tmp_path / "in", ["a.jpg", "b.jpg"]))
    return made


def bring(project: Project, folder: Path) -> None:
    with session_scope() as session:
        made = imports.import_folder(session, project, folder)
    assert made.job_id is not None
    assert run_job(made.job_id, imports_job.work) is JobStatus.SUCCEEDED


def hashes(project: Project) -> list[str]:
    with session_scope(writes=False) as session:
        return list(session.scalars(select(Image.sha256).where(Image.project_id == project.id).order_by(Image.name)))


def test_what_is_lost_is_made_anew_and_the_rest_left_alone(project: Project) -> None:
    storage, (first, second) = get_storage(), hashes(project)
    storage.rendition(first, "thumbnail").unlink()
    storage.rendition(first, "screen").unlink()
    storage.rendition(second, "screen").unlink()
    storage.original(second).unlink()
    kept = storage.rendition(second, "thumbnail").stat().st_ino
    with session_scope() as session:
        job = jobs.create_job(session, JobKind.IMAGES, project_id=project.id)
    assert run_job(job.id, renditions_job.work) is JobStatus.SUCCEEDED
    assert storage.rendition(first, "thumbnail").is_file()
    assert storage.rendition(first, "screen").is_file()
    assert not storage.rendition(second, "screen").exists()
    assert storage.rendition(second, "thumbnail").stat().st_ino == kept


def test_importing_again_brings_a_lost_original_back(project: Project, tmp_path: Path) -> None:
    storage, (first, _second) = get_storage(), hashes(project)
    storage.original(first).unlink()
    bring(project, tmp_path / "in")
    assert storage.original(first).read_bytes() == (tmp_path / "in" / "a.jpg").read_bytes()
