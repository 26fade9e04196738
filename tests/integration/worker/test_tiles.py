"""Cutting large images into tiles: after an import, when somebody looks, cut short, giving way; on both databases."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from app.broker import send
from app.config import ROOT, get_settings
from app.db import session_scope
from app.domain.statuses import JobKind, JobStatus
from app.models import Image, Job, Project
from app.services import imports, jobs, tiles
from app.storage import get_storage
from tests.factories import AccountFactory, ImageFactory, ProjectFactory
from tests.integration.worker.pictures import folder_of, picture
from tests.processes import redis_server, until
from worker.imaging import tiles as imaging
from worker.jobs import imports as imports_job
from worker.jobs import tiles as tiles_job
from worker.running import run_job

PATIENCE_SECONDS = 60


@pytest.fixture
def project(loupe: Path, request: pytest.FixtureRequest) -> Project:
    if "broker" not in request.fixturenames:
        request.getfixturevalue("sent")
    with session_scope() as session:
        made: Project = ProjectFactory.create(session=session)
    return made


def bring(project: Project, folder: Path, large: dict[str, tuple[int, int]]) -> list[Image]:
    """Import a folder with a small picture and large ones."""
    folder_of(folder, ["small.jpg"])
    for seed, (name, size) in enumerate(large.items(), start=1):
        picture(seed, size).save(folder / name)
    with session_scope() as session:
        made = imports.import_folder(session, project, folder)
    assert made.job_id is not None
    assert run_job(made.job_id, imports_job.work) is JobStatus.SUCCEEDED
    with session_scope(writes=False) as session:
        query = select(Image).where(Image.project_id == project.id, Image.name != "small.jpg").order_by(Image.id)
        return list(session.scalars(query))


def tile_jobs() -> list[Job]:
    with session_scope(writes=False) as session:
        return list(session.scalars(select(Job).where(Job.kind == JobKind.TILES).order_by(Job.id)))


def ask(image: Image) -> Job:
    with session_scope() as session:
        job = tiles.ask(session, get_storage(), image, AccountFactory.create(session=session))
        assert job is not None
        return job


def run(job: Job) -> JobStatus | None:
    return run_job(job.id, tiles_job.work, JobKind.TILES)


def is_made(image: Image) -> bool:
    return tiles.pyramid_of(get_storage(), image.sha256) is not None


def test_an_import_has_its_large_images_prepared(project: Project, tmp_path: Path, sent: list[tuple[str, int]]) -> None:
    found = bring(project, tmp_path / "in", {"a.tif": (3200, 40), "b.png": (30, 4000)})
    (job,) = tile_jobs()
    assert ("loupe.tiles", job.id) in sent
    assert not any(map(is_made, found))
    assert run(job) is JobStatus.SUCCEEDED
    assert all(map(is_made, found))
    assert len(list((get_storage().root / "tiles").rglob("*.zip"))) == 2
    # Done once, it is not done again.
    before = [get_storage().tiles(image.sha256).stat().st_ino for image in found]
    with session_scope() as session:
        again = jobs.create_job(session, JobKind.TILES, project_id=project.id)
    assert run(again) is JobStatus.SUCCEEDED
    assert [get_storage().tiles(image.sha256).stat().st_ino for image in found] == before


def test_an_import_of_small_images_asks_for_nothing(project: Project, tmp_path: Path) -> None:
    bring(project, tmp_path / "in", {})
    assert tile_jobs() == []


def test_an_image_that_was_there_before_is_prepared_when_somebody_looks(project: Project, tmp_path: Path) -> None:
    first, second = bring(project, tmp_path / "in", {"a.tif": (3200, 40), "b.png": (30, 4000)})
    job = ask(second)
    assert run(job) is JobStatus.SUCCEEDED
    assert (is_made(first), is_made(second)) == (False, True)
    done = next(each for each in tile_jobs() if each.id == job.id)
    assert (done.stage, done.total) == ("Preparing a large image for a close look", 15)


def test_a_broken_file_is_told_and_the_others_go_on(project: Project, tmp_path: Path) -> None:
    broken, whole = bring(project, tmp_path / "in", {"a.tif": (3200, 40), "b.png": (30, 4000)})
    path = get_storage().original(broken.sha256)
    path.write_bytes(path.read_bytes()[:2000])
    job = ask(broken)
    assert run(job) is JobStatus.FAILED
    with session_scope(writes=False) as session:
        told = tiles.standing(session, get_storage(), session.get_one(Image, broken.id))
    assert told.status is tiles.TilesStatus.FAILED
    assert "Copy it again" in told.sentence
    assert run(tile_jobs()[0]) is JobStatus.SUCCEEDED
    assert (is_made(broken), is_made(whole)) == (False, True)


def test_a_missing_file_is_told(project: Project, tmp_path: Path) -> None:
    (image,) = bring(project, tmp_path / "in", {"a.tif": (3200, 40)})
    get_storage().original(image.sha256).unlink()
    job = ask(image)
    assert run(job) is JobStatus.FAILED
    assert tile_jobs()[-1].error == "The image file is no longer there."


def test_images_that_come_in_go_first(project: Project, tmp_path: Path) -> None:
    (image,) = bring(project, tmp_path / "in", {"a.tif": (3200, 40)})
    (ahead,) = tile_jobs()
    with session_scope() as session:
        waiting = jobs.create_job(session, JobKind.IMPORT, project_id=project.id)
    assert run(ahead) is JobStatus.QUEUED
    assert not is_made(image)
    # Who looks at it now does not wait for the import.
    assert run(ask(image)) is JobStatus.SUCCEEDED
    with session_scope() as session:
        jobs.request_cancel(session, session.get_one(Job, waiting.id))
    assert run(ahead) is JobStatus.SUCCEEDED


def test_work_ahead_stops_where_the_room_ends_and_a_look_takes_some(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = bring(project, tmp_path / "in", {"a.tif": (3200, 40), "b.png": (30, 4000)})
    monkeypatch.setattr(tiles_job, "GIGABYTE", 1)  # so that any file fills it
    (ahead,) = tile_jobs()
    assert run(ahead) is JobStatus.SUCCEEDED
    assert (is_made(first), is_made(second)) == (True, False)
    assert run(ask(second)) is JobStatus.SUCCEEDED
    assert (is_made(first), is_made(second)) == (False, True)


def test_a_cancelled_job_leaves_nothing_half(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (image,) = bring(project, tmp_path / "in", {"a.tif": (3200, 40)})
    job = ask(image)
    # Between two rows of tiles somebody cancels, and the heartbeat has heard of it.
    monkeypatch.setattr("worker.running.Progress.should_stop", lambda progress: bool(progress._stage))
    assert run(job) is JobStatus.CANCELLED
    assert [path for path in (get_storage().root / "tiles").rglob("*") if path.is_file()] == []


@pytest.fixture
def broker(loupe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    folder = tmp_path / "redis"
    folder.mkdir()
    with redis_server(folder) as url:
        monkeypatch.setenv("LOUPE_REDIS_URL", url)
        monkeypatch.setenv("LOUPE_HEARTBEAT_SECONDS", "0.3")
        monkeypatch.setenv("LOUPE_LOST_AFTER_SECONDS", "2")
        get_settings.cache_clear()
        yield url


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_leaves_nothing_half(broker: str, project: Project, tmp_path: Path) -> None:
    storage = get_storage()
    picture(1, (9000, 9000)).save(tmp_path / "scan.bmp")
    sha256 = storage.keep_original(tmp_path / "scan.bmp")
    with session_scope() as session:
        image = ImageFactory.create(
            session=session, project_id=project.id, sha256=sha256, width=9000, height=9000, format="BMP"
        )
    job = ask(image)
    with (tmp_path / "worker.log").open("wb") as log:
        command = [sys.executable, "-m", "worker.main", "images"]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        worker = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            send("loupe.tiles", job.id)
            until(lambda: list(storage.tiles(sha256).parent.glob(".*")) != [], "a file being written", PATIENCE_SECONDS)
        finally:
            worker.send_signal(signal.SIGKILL)
            worker.wait()
    assert not storage.tiles(sha256).exists()
    assert not is_made(image)

    def is_queued() -> bool:
        jobs.sweep(resend=False)
        return tile_jobs()[-1].status is JobStatus.QUEUED

    until(is_queued, "the job to be queued again", PATIENCE_SECONDS)
    assert run(job) is JobStatus.SUCCEEDED
    assert is_made(image)
    assert imaging.levels_of(9000, 9000) == (tiles.pyramid_of(storage, sha256) or {})["levels"]
