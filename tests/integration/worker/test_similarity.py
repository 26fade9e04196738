"""Making the vectors of a project's images, on both databases."""

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobKind, JobStatus, Recipe
from app.models import Image, Project
from app.services import jobs, runs, similarity
from app.services.similarity import Vectors
from tests.integration.trainable import make_project
from tests.integration.worker.pictures import folder_of
from tests.integration.worker.test_imports import bring
from worker.jobs import similarity as job
from worker.ml import callbacks
from worker.ml.callbacks import Stage
from worker.running import Progress, run_job


@pytest.fixture
def project(session: Session, tmp_path: Path, sent: list[tuple[str, int]]) -> Project:
    made = make_project(session, tmp_path / "pictures", tagged=8, untagged=2)
    session.commit()
    return made


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Features that follow from the content hash, so that no network has to be loaded."""

    def look(_progress: Progress, images: list[Image]) -> np.ndarray:
        seen = [list(bytes.fromhex(image.sha256)) for image in images]
        return np.array(seen, dtype=np.float32).reshape(len(images), 32 if images else 0)

    monkeypatch.setattr(job, "look", look)


def ask(project: Project) -> int:
    with session_scope() as opened:
        return similarity.request(opened, project.id).id


def read(project: Project) -> Vectors | None:
    with session_scope(writes=False) as opened:
        return similarity.vectors(opened, project)


@pytest.mark.slow
def test_pictures_that_show_the_same_are_nearest(project: Project) -> None:
    assert run_job(ask(project), job.work) is JobStatus.SUCCEEDED
    found = read(project)
    assert found is not None
    assert found.vectors.shape == (10, job.WIDTH)
    assert np.allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-3)
    with session_scope(writes=False) as opened:
        names = dict(opened.execute(select(Image.id, Image.name)).all())
        near = similarity.nearest(opened, project, int(found.ids[0]), 1)
    # The first shows neither label, and so do every fourth after it; see tests.integration.trainable.
    assert near is not None
    assert int(names[int(near.ids[0])][:3]) % 4 == 0


@pytest.mark.usefixtures("no_network")
def test_it_can_be_repeated_and_takes_in_what_came_later(project: Project, session: Session, tmp_path: Path) -> None:
    assert run_job(ask(project), job.work) is JobStatus.SUCCEEDED
    assert run_job(ask(project), job.work) is JobStatus.SUCCEEDED
    first = read(project)
    assert first is not None
    assert len(first.ids) == 10
    bring(project, folder_of(tmp_path / "in", ["one.jpg", "two.jpg"]))
    with session_scope(writes=False) as opened:
        (waiting,) = jobs.open_jobs(opened, project.id, JobKind.SIMILARITY)
    assert run_job(waiting.id, job.work) is JobStatus.SUCCEEDED
    second = read(project)
    assert second is not None
    assert len(second.ids) == 12
    assert len(list(similarity.file_of(project).parent.iterdir())) == 1


@pytest.mark.usefixtures("no_network")
def test_a_project_without_images_has_no_vectors_to_compare(session: Session, project: Project) -> None:
    for image in similarity.images_of(session, project.id):
        session.delete(image)
    session.commit()
    assert run_job(ask(project), job.work) is JobStatus.SUCCEEDED
    found = read(project)
    assert found is not None
    assert len(found.ids) == 0


def test_a_training_that_waits_goes_first(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def look(progress: Progress, _images: list[Image]) -> np.ndarray:
        with session_scope() as opened:
            runs.start_run(opened, opened.get_one(Project, project.id), recipe=Recipe.QUICK, account=None)
        progress.give_way()
        raise AssertionError

    monkeypatch.setattr(job, "look", look)
    assert run_job(ask(project), job.work) is JobStatus.QUEUED
    assert read(project) is None


def test_what_stops_the_network_ends_the_job_as_cancelled(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def look(progress: Progress, _images: list[Image]) -> np.ndarray:
        raise callbacks.Cancelled(Stage.EMBEDDING)

    monkeypatch.setattr(job, "look", look)
    assert run_job(ask(project), job.work) is JobStatus.CANCELLED
    assert read(project) is None
