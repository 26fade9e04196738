"""Tidying the data folder: removing the files that no image, run, import or job of any project needs any more.

Originals and renditions are shared by all projects that have the same bytes, so that deleting a project cannot simply
remove its files. What is looked at is what is left over: it goes when it has not been touched for an hour.
"""

import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.domain.statuses import FINAL_JOB_STATUSES, OPEN_JOB_STATUSES, JobKind, JobStatus
from app.models import Image, Import, Job, Project, Run
from app.services import jobs, uploads
from app.storage import Storage

# Whoever writes a file, or finds that it is there already, commits what refers to it within minutes.
MARGIN = timedelta(hours=1)
_BRINGING_IN = (JobKind.IMPORT, JobKind.SAMPLE)
# An import that failed can be tried again and needs its files; one that ended like this cannot.
_OVER = (JobStatus.SUCCEEDED, JobStatus.CANCELLED)
_HASH = re.compile(r"([0-9a-f]{64})(?:\.jpg|\.zip)?")
# What is being written has a hidden name, and so has what is about to be removed; a crash may leave both behind.
_HIDDEN = "."
_ASIDE = ".tidy-"


class Store(StrEnum):
    """Say what part of the data folder a file lies in."""

    ORIGINALS = "originals"
    RENDITIONS = "renditions"
    TILES = "tiles"
    CHECKPOINTS = "checkpoints"
    MAPS = "maps"
    MODEL_FILES = "models"
    UPLOADS = "uploads"
    PREDICTIONS = "predictions"
    SIMILARITY = "similarity"
    EMBEDDINGS = "embeddings"
    UNFINISHED = "unfinished"


@dataclass(frozen=True)
class Needed:
    """What the database refers to, at one moment; while images are coming in nobody knows which files they need."""

    images: frozenset[bytes]
    projects: frozenset[int]
    runs: frozenset[int]
    imports: frozenset[int]
    over: frozenset[int]
    jobs: frozenset[int]
    # Runs that somebody may still go on with.
    open_runs: frozenset[int]
    coming_in: bool


@dataclass(frozen=True)
class Leftover:
    """A file, or the folder of a run or an import, that nothing refers to."""

    store: Store
    path: Path
    size: int


def request(session: Session) -> None:
    """Have the data folder tidied when the margin has passed, so that what was just written goes too."""
    tidying = Job.kind == JobKind.TIDY
    session.execute(delete(Job).where(tidying, Job.status.in_(FINAL_JOB_STATUSES)))
    # A job that waits was asked for earlier than what has become superfluous now.
    session.execute(delete(Job).where(tidying, Job.status == JobStatus.QUEUED))
    jobs.create_job(session, JobKind.TIDY, project_id=None, wait=MARGIN)


def needed(session: Session) -> Needed:
    """Read what the database refers to."""
    # First of all: an import that ends in between has written down its images by then.
    open_kinds = select(Job.id).where(Job.kind.in_(_BRINGING_IN), Job.status.in_(OPEN_JOB_STATUSES))
    coming_in = session.scalar(open_kinds.limit(1)) is not None
    open_runs = select(Run.id).join(Job, Job.id == Run.job_id).where(Job.status.in_(OPEN_JOB_STATUSES))
    over = select(Import.id).join(Job, Job.id == Import.job_id).where(Job.status.in_(_OVER))
    return Needed(
        images=frozenset(bytes.fromhex(each) for each in session.scalars(select(Image.sha256).distinct())),
        projects=frozenset(session.scalars(select(Project.id))),
        runs=frozenset(session.scalars(select(Run.id).where(Run.deleted_at.is_(None)))),
        imports=frozenset(session.scalars(select(Import.id))),
        over=frozenset(session.scalars(over)),
        jobs=frozenset(session.scalars(select(Job.id))),
        open_runs=frozenset(session.scalars(open_runs)),
        coming_in=coming_in,
    )


def limit() -> float:
    """Tell, in seconds since the epoch, before when a file must have been touched last to go."""
    return time.time() - MARGIN.total_seconds()


def leftovers(storage: Storage, wanted: Needed, before: float) -> Iterator[Leftover]:
    """Find what nothing refers to and nobody has touched since `before`, a moment earlier than `wanted` was read."""
    root = storage.root
    if not wanted.coming_in:
        yield from _shared(Store.ORIGINALS, root / "originals", wanted, before)
        yield from _shared(Store.RENDITIONS, root / "renditions" / "thumbnail", wanted, before)
        yield from _shared(Store.RENDITIONS, root / "renditions" / "screen", wanted, before)
        yield from _shared(Store.TILES, root / "tiles", wanted, before)
    yield from _numbered(Store.CHECKPOINTS, storage.checkpoints, wanted.runs, before)
    yield from _numbered(Store.MAPS, root / "maps", wanted.runs, before)
    yield from _numbered(Store.MODEL_FILES, root / "models", wanted.runs, before)
    yield from _numbered(Store.UPLOADS, root / "uploads", wanted.imports, before)
    yield from _numbered(Store.PREDICTIONS, root / "predictions", wanted.jobs, before)
    yield from _numbered(Store.SIMILARITY, root / "similarity", wanted.projects, before)
    yield from _numbered(Store.UNFINISHED, storage.unfinished(0).parent, wanted.open_runs, before)
    for path in storage.embeddings.glob("*/.*"):
        yield from _if_old(Store.EMBEDDINGS, path, before)
    for import_id in sorted(wanted.over):
        for path in uploads.superfluous(storage, import_id):
            yield from _if_old(Store.UPLOADS, path, before)


def remove(leftover: Leftover, before: float) -> bool:
    """Remove what was left over; false where somebody has come to want it meanwhile.

    It is set aside first and looked at again, so that whoever finds it there at this moment (see `Storage.renew`)
    either has it kept or makes it anew.
    """
    path = leftover.path
    aside = path.with_name(f"{_ASIDE}{secrets.token_hex(4)}-{path.name}")
    try:
        path.rename(aside)
        if _touched(aside) >= before:
            aside.rename(path)
            return False
    except FileNotFoundError:
        return False
    if aside.is_dir():
        shutil.rmtree(aside)
    else:
        aside.unlink()
    return True


def _shared(store: Store, folder: Path, wanted: Needed, before: float) -> Iterator[Leftover]:
    """Find files addressed by content hash that belong to no image, and what was never finished."""
    for path in folder.glob("??/*"):
        named = _HASH.fullmatch(path.name)
        if path.name.startswith(_HIDDEN) or (named and bytes.fromhex(named[1]) not in wanted.images):
            yield from _if_old(store, path, before)


def _numbered(store: Store, folder: Path, there: frozenset[int], before: float) -> Iterator[Leftover]:
    """Find files and folders that are named after a row which is gone."""
    for path in folder.glob("*"):
        gone = path.stem.isdecimal() and int(path.stem) not in there
        if gone or path.name.startswith(_ASIDE):
            yield from _if_old(store, path, before)


def _if_old(store: Store, path: Path, before: float) -> Iterator[Leftover]:
    with suppress(FileNotFoundError):
        if _touched(path) < before:
            yield Leftover(store, path, sum(each.lstat().st_size for each in _files(path)))


def _touched(path: Path) -> float:
    """Tell when a file, or anything in a folder, was last written."""
    return max(each.lstat().st_mtime for each in [path, *_files(path)])


def _files(path: Path) -> list[Path]:
    if path.is_symlink() or not path.is_dir():
        return [path]
    return [each for each in path.rglob("*") if each.is_symlink() or not each.is_dir()]
