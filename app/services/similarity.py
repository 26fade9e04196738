"""What images look like to a frozen network: one short vector an image, kept in a file, and what is nearest to what."""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import JobKind, JobStatus
from app.models import Image, Job, Project
from app.services import jobs
from app.storage import get_storage

Ids = npt.NDArray[np.int64]
Singles = npt.NDArray[np.float32]

# Several imports in a row are one piece of work; and who trains right after an import need not wait for it.
DEBOUNCE = timedelta(seconds=5)


@dataclass(frozen=True, eq=False)
class Vectors:
    """Hold unit vectors of images, whose products say how alike two are: row i belongs to `ids[i]`, which rise.

    `ids` is int64 [n], `vectors` float32 [n, d]. Images that came after the vectors were made are missing.
    """

    ids: Ids
    vectors: Singles

    def row(self, image_id: int) -> int | None:
        """Find the row of an image; None where it has none yet."""
        place = int(np.searchsorted(self.ids, image_id))
        return place if place < len(self.ids) and self.ids[place] == image_id else None

    def alike(self, image_id: int) -> Singles | None:
        """Tell how alike every image is to one, float32 [n], -1 to 1; None where that one has no vector yet."""
        row = self.row(image_id)
        return None if row is None else self.vectors @ self.vectors[row]


@dataclass(frozen=True, eq=False)
class Near:
    """Hold the images nearest to one, the nearest first: ids int64 [k], similarities float32 [k], -1 to 1."""

    ids: Ids
    similarities: Singles


def request(session: Session, project_id: int) -> Job:
    """Ask for the vectors of a project's images to be made; while a job for that waits, it is given instead."""
    # Two who ask at once: the second waits here until the first has made its job.
    session.execute(select(Project.id).where(Project.id == project_id).with_for_update())
    waiting = [job for job in jobs.open_jobs(session, project_id, JobKind.SIMILARITY) if job.status is JobStatus.QUEUED]
    # One that is at work may have made its list before the latest images came.
    return waiting[0] if waiting else jobs.create_job(session, JobKind.SIMILARITY, project_id=project_id, wait=DEBOUNCE)


def is_open(session: Session, project_id: int) -> bool:
    """Tell whether the vectors of a project's images are being made, or are about to be."""
    return bool(jobs.open_jobs(session, project_id, JobKind.SIMILARITY))


def images_of(session: Session, project_id: int) -> list[Image]:
    """List the images that have a vector or shall get one: all of the project, those left out of training too."""
    return list(session.scalars(select(Image).where(Image.project_id == project_id).order_by(Image.id)))


def file_of(project: Project) -> Path:
    """Say where the vectors of a project are, or will be."""
    return get_storage().similarity(project.id, project.created_at)


def vectors(session: Session, project: Project) -> Vectors | None:  # noqa: ARG001 - where they lie is not the caller's business
    """Read the vectors of a project's images; None until they were made."""
    path = file_of(project)
    try:
        changed = path.stat().st_mtime_ns
        return _read(path, changed)
    except FileNotFoundError:
        return None


def nearest(session: Session, project: Project, image_id: int, count: int) -> Near | None:
    """Find the images most like one, itself and those left out of training aside; None where nobody can tell yet."""
    known = vectors(session, project)
    alike = None if known is None else known.alike(image_id)
    if known is None or alike is None:
        return None
    left_out = select(Image.id).where(Image.project_id == project.id, Image.excluded_at.is_not(None))
    away = np.array([image_id, *session.scalars(left_out)], dtype=np.int64)
    rows = np.flatnonzero(~np.isin(known.ids, away))
    first = rows[np.argsort(-alike[rows], kind="stable")[: max(0, count)]]
    return Near(known.ids[first], alike[first])


def stored(width: int) -> np.dtype[np.void]:
    """Describe a row of the file: an id and a vector of half precision, wherever it is read."""
    return np.dtype([("id", "<i8"), ("vector", "<f2", (width,))])


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> Vectors:
    rows = np.load(path, allow_pickle=False)
    return Vectors(np.array(rows["id"], dtype=np.int64), np.array(rows["vector"], dtype=np.float32))
