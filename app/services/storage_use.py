"""How much room a project takes on the disk, by part and by run, and freeing what can be made again."""

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.statuses import OPEN_JOB_STATUSES, JobKind
from app.errors import ConflictError
from app.i18n import gettext as _
from app.models import Image, Job, Project, Run
from app.services import file_sizes, similarity
from app.services.file_sizes import Kind
from app.storage import Storage

# A hundred thousand files take seconds to look at; so many images, spread evenly, tell their size to a few per cent.
SAMPLE = 500
# What can be made again from the checkpoint, so that nothing is lost with it.
FREEABLE = (Kind.MAPS, Kind.FILES)
_MAKING = {Kind.MAPS: JobKind.ACTIVATION, Kind.FILES: JobKind.MODEL_FILE}


@dataclass(frozen=True)
class RunUse:
    """Bytes of one run, by kind."""

    run: Run
    sizes: dict[Kind, int]

    @property
    def total(self) -> int:
        """Add all up."""
        return sum(self.sizes.values())


@dataclass(frozen=True)
class StorageUse:
    """Bytes of a project: what is its own, and what all projects share; `estimated` where they rest on a sample."""

    originals: int
    renditions: int
    tiles: int
    similarity: int
    estimated: bool
    runs: tuple[RunUse, ...]
    # Of all projects together.
    embeddings: int
    backbones: int

    @property
    def of_runs(self) -> dict[Kind, int]:
        """Add up the runs, by kind."""
        return {kind: sum(each.sizes[kind] for each in self.runs) for kind in Kind}


def use(session: Session, storage: Storage, project: Project) -> StorageUse:
    """Tell how much room a project takes."""
    own = Image.project_id == project.id
    count, originals = session.execute(
        select(func.count(), func.coalesce(func.sum(Image.size_bytes), 0)).where(own)
    ).one()
    step = max(1, count // SAMPLE)
    digests = session.scalars(select(Image.sha256).where(own, Image.id % step == 0)).all()
    scale = count / len(digests) if digests else 0
    renditions = sum(_size(storage, digest, "renditions") for digest in digests)
    tiles = sum(_size(storage, digest, "tiles") for digest in digests)
    found = session.scalars(
        select(Run).where(Run.project_id == project.id, Run.deleted_at.is_(None)).order_by(Run.number.desc())
    ).all()
    return StorageUse(
        originals=int(originals),
        renditions=round(renditions * scale),
        tiles=round(tiles * scale),
        similarity=file_sizes.of_folder(similarity.file_of(project).parent),
        estimated=step > 1,
        runs=tuple(RunUse(run, file_sizes.of_run(storage, run)) for run in found),
        embeddings=file_sizes.of_folder(storage.embeddings),
        backbones=file_sizes.of_folder(storage.backbones),
    )


def free(session: Session, storage: Storage, project: Project, kind: Kind) -> int:
    """Remove files of a project's runs that can be made again; gives how many bytes that freed.

    Raises:
        ConflictError: while some are being made.

    """
    making = select(Job.id).where(
        Job.project_id == project.id, Job.kind == _MAKING[kind], Job.status.in_(OPEN_JOB_STATUSES)
    )
    if session.scalar(making.limit(1)) is not None:
        raise ConflictError(_("Such a file is being made just now. Wait until it is there, then try again."))
    folders = [file_sizes.folders_of(storage, run_id)[kind] for run_id in _run_ids(session, project)]
    freed = sum(file_sizes.of_folder(folder) for folder in folders)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    return freed


def _run_ids(session: Session, project: Project) -> Sequence[int]:
    return session.scalars(select(Run.id).where(Run.project_id == project.id)).all()


def _size(storage: Storage, digest: str, part: str) -> int:
    paths = [storage.tiles(digest)]
    if part == "renditions":
        paths = [storage.rendition(digest, "thumbnail"), storage.rendition(digest, "screen")]
    total = 0
    for path in paths:
        with suppress(FileNotFoundError):
            total += path.stat().st_size
    return total
