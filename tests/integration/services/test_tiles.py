"""Tiles of large images: asked for once, read one by one, kept to the room they have."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image as Picture
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.broker import IMAGES_QUEUE
from app.db import session_scope
from app.disk_room import make_room, used_bytes
from app.domain.statuses import JobKind, JobStatus
from app.errors import NotFoundError
from app.models import Account, Image, Import, Job, Project
from app.models.types import now
from app.services import jobs, tidying, tiles
from app.services.tiles import TilesStatus
from app.storage import get_storage, write_atomically
from tests.factories import AccountFactory, ImageFactory, ProjectFactory
from worker.imaging import tiles as imaging


@pytest.fixture
def project(session: Session, sent: list[tuple[str, int]]) -> Project:
    made: Project = ProjectFactory.create(session=session)
    return made


@pytest.fixture
def person(session: Session) -> Account:
    made: Account = AccountFactory.create(session=session)
    return made


@pytest.fixture
def scan(session: Session, project: Project) -> Image:
    made: Image = ImageFactory.create(session=session, project_id=project.id, width=4000, height=600)
    return made


def draw(tmp_path: Path, image: Image) -> Path:
    """Make the tiles of an image as the worker does."""
    source, target = tmp_path / "scan.png", get_storage().tiles(image.sha256)
    Picture.new("RGB", (image.width, image.height), (200, 40, 40)).save(source)
    imaging.write_pyramid(source, target)
    return target


def status(session: Session, image: Image) -> TilesStatus:
    return tiles.standing(session, get_storage(), image).status


def ask(session: Session, image: Image, person: Account) -> Job | None:
    return tiles.ask(session, get_storage(), image, person)


def test_worker_and_web_mean_the_same_file() -> None:
    assert (tiles.FORMAT, tiles.DESCRIPTION) == (imaging.FORMAT, imaging.DESCRIPTION)


def test_what_the_screen_version_shows_needs_no_tiles(session: Session, project: Project, person: Account) -> None:
    sizes = {(tiles.LARGE, 10): TilesStatus.SMALL, (10, tiles.LARGE + 1): TilesStatus.NONE}
    for (width, height), wanted in sizes.items():
        image = ImageFactory.create(session=session, project_id=project.id, width=width, height=height)
        assert status(session, image) is wanted
        assert (ask(session, image, person) is None) == (wanted is TilesStatus.SMALL)


def test_a_large_image_is_asked_for_once(
    session: Session, scan: Image, person: Account, sent: list[tuple[str, int]]
) -> None:
    job = ask(session, scan, person)
    assert job is not None
    assert ask(session, scan, person) is job
    session.commit()
    assert sent == [("loupe.tiles", job.id)]
    assert (job.kind, job.params) == (JobKind.TILES, {"image_id": scan.id})
    told = tiles.standing(session, get_storage(), scan)
    assert (told.status, told.sentence) == (
        TilesStatus.WAITING,
        "No worker is running that could prepare this large image.",
    )
    jobs.worker_seen(session, "one", IMAGES_QUEUE)
    assert "is being prepared" in tiles.standing(session, get_storage(), scan).sentence


def test_two_who_ask_at_once_make_one_job(session: Session, scan: Image, person: Account) -> None:
    session.commit()
    ready, asked = threading.Barrier(4), []

    def someone() -> None:
        ready.wait()
        with session_scope() as own:
            job = tiles.ask(own, get_storage(), own.get_one(Image, scan.id), own.get_one(Account, person.id))
            asked.append(job.id if job else None)

    people = [threading.Thread(target=someone) for _ in range(4)]
    for each in people:
        each.start()
    for each in people:
        each.join()
    assert len(asked) == 4
    assert len(set(asked)) == 1
    assert len(session.scalars(select(Job)).all()) == 1


def test_tiles_are_read_one_by_one(session: Session, scan: Image, person: Account, tmp_path: Path) -> None:
    draw(tmp_path, scan)
    told = tiles.standing(session, get_storage(), scan).to_dict()
    shape = {"width": 4000, "height": 600, "levels": 4, "tile": 512, "overlap": 1, "format": 1}
    assert told == {"status": "ready", "sentence": "", **shape}
    assert ask(session, scan, person) is None
    for level, column, row in ((0, 0, 0), (3, 0, 0), (3, 7, 1)):
        assert tiles.read_tile(get_storage(), scan, level, column, row)[:3] == b"\xff\xd8\xff"
    for level, column, row in ((4, 0, 0), (3, 8, 0), (3, 0, 2), (-1, 0, 0), (3, 10**30, 0)):
        with pytest.raises(NotFoundError, match="no such tile"):
            tiles.read_tile(get_storage(), scan, level, column, row)


def read_all(image: Image) -> list[bytes]:
    return [tiles.read_tile(get_storage(), image, 3, column, row) for column in range(8) for row in range(2)]


def damaged(data: bytes) -> bytes:
    middle = len(data) // 3
    return data[:middle] + b"\0" * 2000 + data[middle + 2000 :]


@pytest.mark.parametrize("harm", [lambda data: data[:5000], lambda _data: b"", lambda _data: b"PK no zip"])
def test_half_a_file_counts_as_none(
    session: Session, scan: Image, person: Account, tmp_path: Path, harm: Callable[[bytes], bytes]
) -> None:
    path = draw(tmp_path, scan)
    path.write_bytes(harm(path.read_bytes()))
    assert status(session, scan) is TilesStatus.NONE
    with pytest.raises(NotFoundError):
        tiles.read_tile(get_storage(), scan, 0, 0, 0)
    assert ask(session, scan, person) is not None


def test_a_tile_that_rotted_is_not_sent_and_all_are_made_anew(session: Session, scan: Image, tmp_path: Path) -> None:
    path = draw(tmp_path, scan)
    path.write_bytes(damaged(path.read_bytes()))
    with pytest.raises(NotFoundError):
        read_all(scan)
    assert status(session, scan) is TilesStatus.NONE


def test_tiles_of_an_earlier_format_are_made_anew(
    session: Session, scan: Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imaging, "FORMAT", 0)
    monkeypatch.setattr(imaging.Pyramid.__init__, "__defaults__", (512, 1, 0))
    draw(tmp_path, scan)
    assert status(session, scan) is TilesStatus.NONE


def test_a_failure_is_told_and_not_repeated_at_once(session: Session, scan: Image, person: Account) -> None:
    job = ask(session, scan, person)
    assert job is not None
    job.status, job.error, job.finished_at = JobStatus.FAILED, "The end of the image is missing.", now()
    told = tiles.standing(session, get_storage(), scan)
    assert (told.status, told.sentence) == (TilesStatus.FAILED, "The end of the image is missing.")
    assert ask(session, scan, person) is None
    job.created_at -= tiles.ASK_AGAIN_AFTER
    again = ask(session, scan, person)
    assert again is not None
    assert again is not job


def test_looks_of_long_ago_are_forgotten(session: Session, scan: Image, person: Account) -> None:
    job = ask(session, scan, person)
    assert job is not None
    job.status, job.finished_at = JobStatus.SUCCEEDED, now() - 2 * tiles.FORGOTTEN_AFTER
    assert status(session, scan) is TilesStatus.NONE
    assert [entry.job for entry in jobs.recent_jobs(session, scan.project_id)] == []
    fresh = ask(session, scan, person)
    assert session.scalars(select(Job)).all() == [fresh]


def test_an_import_with_large_images_asks_for_all_of_them_once(session: Session, project: Project) -> None:
    brought = [Import(project_id=project.id, source="upload") for _ in range(2)]
    session.add_all(brought)
    session.flush()
    for made, width in zip(brought, (640, 9000), strict=True):
        ImageFactory.create(session=session, project_id=project.id, import_id=made.id, width=width)
        for _ in range(2):
            tiles.request(session, project.id, made.id)
    job = session.scalars(select(Job)).one()
    assert (job.kind, job.params) == (JobKind.TILES, {})
    assert [image.width for image in tiles.large_images(session, project.id)] == [9000]


@pytest.mark.parametrize(
    ("kind", "params", "state", "first"),
    [
        (JobKind.IMPORT, {}, JobStatus.QUEUED, True),
        (JobKind.IMPORT, {}, JobStatus.RUNNING, True),
        (JobKind.IMPORT, {}, JobStatus.SUCCEEDED, False),
        (JobKind.TILES, {"image_id": 1}, JobStatus.QUEUED, True),
        (JobKind.TILES, {"image_id": 1}, JobStatus.RUNNING, False),
        (JobKind.TILES, {}, JobStatus.QUEUED, False),
        (JobKind.TIDY, {}, JobStatus.QUEUED, False),
    ],
)
def test_what_people_wait_for_goes_first(
    session: Session, project: Project, kind: JobKind, params: dict[str, int], state: JobStatus, first: bool
) -> None:
    ahead = jobs.create_job(session, JobKind.TILES, project_id=project.id)
    jobs.create_job(session, kind, project_id=project.id, params=params).status = state
    assert tiles.others_first(session, ahead.id) is first


def test_the_longest_unused_make_room(session: Session, project: Project) -> None:
    storage = get_storage()
    paths = []
    for number in range(4):
        path = storage.tiles(f"{number:064x}")
        write_atomically(path, [b"x" * 1000])
        os.utime(path, (time.time() - 1000 + number,) * 2)
        paths.append(path)
    assert used_bytes(tiles.files(storage)) == 4000
    assert make_room(tiles.files(storage), 4000, keep=paths[3]) == 0
    assert make_room(tiles.files(storage), 2500, keep=paths[0]) == 2
    assert [path.exists() for path in paths] == [True, False, False, True]
    # What somebody looks at now stays, even where it is too large by itself.
    assert make_room(tiles.files(storage), 500, keep=paths[3]) == 1
    assert [path.exists() for path in paths] == [False, False, False, True]


def test_looking_counts_as_use(session: Session, scan: Image, tmp_path: Path) -> None:
    path = draw(tmp_path, scan)
    os.utime(path, (time.time() - 9999,) * 2)
    assert status(session, scan) is TilesStatus.READY
    assert path.stat().st_mtime > time.time() - 60


def test_tidying_removes_tiles_that_belong_to_no_image(session: Session, scan: Image) -> None:
    storage = get_storage()
    kept, gone = storage.tiles(scan.sha256), storage.tiles("f" * 64)
    half = kept.with_name(f".{kept.name}.abc")
    for path in (kept, gone, half):
        write_atomically(path, [b"bytes"])
        os.utime(path, (time.time() - 86_400,) * 2)
    before, wanted = tidying.limit(), tidying.needed(session)
    found = {each.path: each.store for each in tidying.leftovers(storage, wanted, before)}
    assert found == {gone: tidying.Store.TILES, half: tidying.Store.TILES}
