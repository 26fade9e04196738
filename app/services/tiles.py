"""Tiles of large images: whether they are there, having them made, reading one, keeping to the room they have.

All tiles of an image are one file (`Storage.tiles`): a zip that holds them as they are, so that one is read by seeking.
"""

import json
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import Session

from app.broker import IMAGES_QUEUE
from app.domain.statuses import OPEN_JOB_STATUSES, JobKind, JobStatus
from app.errors import NotFoundError
from app.i18n import gettext as _
from app.models import Account, Image, Job
from app.models.types import now
from app.services import jobs
from app.storage import Storage

# The screen version has 2048 px. Up to half as many again it is enlarged so little that nobody sees what it lacks.
LARGE = 3072
# The number that worker/imaging/tiles.py writes into the file; what was written under another is made anew.
FORMAT = 1
DESCRIPTION = "pyramid.json"
# What could not be made a moment ago cannot be made now either.
ASK_AGAIN_AFTER = timedelta(minutes=10)
# What has been done for a day interests nobody.
FORGOTTEN_AFTER = timedelta(days=1)
_DONE = (JobStatus.SUCCEEDED, JobStatus.CANCELLED)
_BRINGING_IN = (JobKind.IMPORT, JobKind.SAMPLE)
# The fixed part of what stands before each entry of a zip, and where it says how long name and extra field are.
_LOCAL_HEADER_BYTES, _LENGTHS_AT = 30, 26


class TilesStatus(StrEnum):
    """Say how far the tiles of an image are."""

    READY = "ready"
    WAITING = "waiting"
    FAILED = "failed"
    # Nobody has asked for them.
    NONE = "none"
    # The screen version shows all there is.
    SMALL = "small"


@dataclass(frozen=True)
class Standing:
    """Say how far the tiles of an image are, in a sentence too, and how they lie where they are there."""

    status: TilesStatus
    sentence: str = ""
    pyramid: Mapping[str, int] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return what a script needs to know."""
        return {"status": self.status.value, "sentence": self.sentence, **(self.pyramid or {})}


def is_large(image: Image) -> bool:
    """Tell whether an image has more to show than its screen version."""
    return max(image.width, image.height) > LARGE


def standing(session: Session, storage: Storage, image: Image) -> Standing:
    """Tell how far the tiles of an image are; those that are there count as used just now."""
    if not is_large(image):
        return Standing(TilesStatus.SMALL)
    pyramid = pyramid_of(storage, image.sha256)
    if pyramid is not None:
        storage.renew(storage.tiles(image.sha256))
        return Standing(TilesStatus.READY, pyramid=pyramid)
    job = _latest_job(session, image)
    if job is None or job.status in _DONE:
        return Standing(TilesStatus.NONE)
    if job.status is JobStatus.FAILED:
        return Standing(TilesStatus.FAILED, job.error)
    if job.status is JobStatus.QUEUED and not jobs.worker_alive(session, IMAGES_QUEUE):
        return Standing(TilesStatus.WAITING, _("No worker is running that could prepare this large image."))
    return Standing(TilesStatus.WAITING, _("This large image is being prepared for a close look."))


def ask(session: Session, storage: Storage, image: Image, account: Account) -> Job | None:
    """Have the tiles of an image made; None where they are there, not needed, or could not be made a moment ago.

    An open job that makes them already is given instead of a second.
    """
    if not is_large(image) or pyramid_of(storage, image.sha256) is not None:
        return None
    # Of two who ask at the same moment, the second one finds the job of the first.
    session.execute(select(Image.id).where(Image.id == image.id).with_for_update())
    job = _latest_job(session, image)
    if job is not None and job.status in OPEN_JOB_STATUSES:
        return job
    if job is not None and job.status is JobStatus.FAILED and job.created_at > now() - ASK_AGAIN_AFTER:
        return None
    _forget(session, image)
    return jobs.create_job(
        session,
        JobKind.TILES,
        project_id=image.project_id,
        account_id=account.id,
        params={"image_id": image.id},
    )


def request(session: Session, project_id: int, import_id: int) -> None:
    """Have the tiles of what an import brought in made ahead of time, where it brought in large images."""
    large = select(Image.id).where(Image.import_id == import_id, _large())
    if session.scalar(large.limit(1)) is None:
        return
    waiting = jobs.open_jobs(session, project_id, JobKind.TILES)
    if not any(job.status is JobStatus.QUEUED and "image_id" not in job.params for job in waiting):
        jobs.create_job(session, JobKind.TILES, project_id=project_id)


def large_images(session: Session, project_id: int) -> list[Image]:
    """List the large images of a project, in the order in which they came."""
    return list(session.scalars(select(Image).where(Image.project_id == project_id, _large()).order_by(Image.id)))


def others_first(session: Session, job_id: int) -> bool:
    """Tell whether work ahead of time has to wait: images are coming in, or somebody looks at a large image now."""
    kinds = (*_BRINGING_IN, JobKind.TILES)
    query = select(Job).where(Job.kind.in_(kinds), Job.status.in_(OPEN_JOB_STATUSES), Job.id != job_id)
    return any(
        job.kind is not JobKind.TILES or (job.status is JobStatus.QUEUED and "image_id" in job.params)
        for job in session.scalars(query)
    )


def pyramid_of(storage: Storage, sha256: str) -> Mapping[str, int] | None:
    """Tell how the tiles of an image lie; None where they are not there, or not as they should be."""
    found = _directory(storage.tiles(sha256))
    return None if found is None else found.pyramid


def read_tile(storage: Storage, image: Image, level: int, column: int, row: int) -> bytes:
    """Read one tile as JPEG.

    Raises:
        NotFoundError: when the image has no such tile, or its tiles are not there.

    """
    path = storage.tiles(image.sha256)
    found = _directory(path)
    if found is None:
        raise NotFoundError(_("The tiles of this image are not there. Please load the page again."))
    entry = found.entries.get(f"{level}/{column}_{row}.jpg")
    if entry is None:
        raise NotFoundError(_("This image has no such tile."))
    try:
        with path.open("rb") as file:
            data = _read(file, entry)
    except FileNotFoundError:
        data = None
    if data is None:
        # Whoever asks next has the file made anew.
        path.unlink(missing_ok=True)
        raise NotFoundError(_("The tiles of this image are not there. Please load the page again."))
    return data


def files(storage: Storage) -> Iterator[Path]:
    """List all files of tiles; each was touched when somebody looked at it last."""
    return (storage.root / "tiles").glob("??/*.zip")


@dataclass(frozen=True)
class _Entry:
    """Where a tile is in its file."""

    header_offset: int
    size: int
    checksum: int


@dataclass(frozen=True)
class _Directory:
    """What is in a file of tiles."""

    pyramid: Mapping[str, int]
    entries: Mapping[str, _Entry]


def _directory(path: Path) -> _Directory | None:
    try:
        state = path.stat()
    except FileNotFoundError:
        return None
    return _read_directory(path, state.st_ino, state.st_size)


# A thousand entries take a quarter of a megabyte: as many files as a team looks at just now.
@lru_cache(maxsize=32)
def _read_directory(path: Path, _inode: int, _size: int) -> _Directory | None:
    try:
        with zipfile.ZipFile(path) as archive:
            pyramid = json.loads(archive.read(DESCRIPTION))
            infos = archive.infolist()
    except (OSError, zipfile.BadZipFile, KeyError, ValueError):
        return None
    if pyramid.get("format") != FORMAT:
        return None
    entries = {info.filename: _Entry(info.header_offset, info.file_size, info.CRC) for info in infos}
    return _Directory(pyramid, entries)


def _read(file: BinaryIO, entry: _Entry) -> bytes | None:
    """Read a stored entry; None where it is not what was written."""
    file.seek(entry.header_offset)
    header = file.read(_LOCAL_HEADER_BYTES)
    if len(header) < _LOCAL_HEADER_BYTES:
        return None
    file.seek(sum(struct.unpack_from("<HH", header, _LENGTHS_AT)), 1)
    data = file.read(entry.size)
    return data if zlib.crc32(data) == entry.checksum else None


def _large() -> ColumnElement[bool]:
    return or_(Image.width > LARGE, Image.height > LARGE)


def _latest_job(session: Session, image: Image) -> Job | None:
    query = select(Job).where(Job.project_id == image.project_id, Job.kind == JobKind.TILES).order_by(Job.id.desc())
    return next((job for job in session.scalars(query) if job.params.get("image_id") == image.id), None)


def _forget(session: Session, image: Image) -> None:
    """Remove the jobs of tiles made long ago: each first look at a large image leaves one."""
    long_ago = Job.finished_at < now() - FORGOTTEN_AFTER
    ours = (Job.project_id == image.project_id, Job.kind == JobKind.TILES)
    session.execute(delete(Job).where(*ours, Job.status.in_(_DONE), long_ago))
