"""Inspections: looking through a run's annotated images for doubtful answers, outliers and neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from app.domain.matrices import Floats
from app.domain.statuses import OPEN_JOB_STATUSES, JobKind
from app.models import Image, Inspection, Job, KeptReport, Project, Run
from app.services import jobs
from app.services.predictions import STORED

Ids = npt.NDArray[np.int64]

# Ids of images, wherever the database is and whatever machine reads them.
STORED_IDS = np.dtype("<i8")
# Under this name the figures of an inspection stand among a run's kept reports; they are there once it is complete.
KEY = "inspection"


@dataclass(frozen=True, eq=False)
class Findings:
    """Hold what an inspection found out: row i belongs to `image_ids[i]`, columns are in the order of `Run.labels`.

    `quality` is float64 [n, L], NaN where nobody can say; `outlier` is float64 [n], NaN where an image has no other
    beside it.
    """

    image_ids: Ids
    quality: Floats
    outlier: Floats


@dataclass(frozen=True)
class State:
    """Say how far the inspection of a run is: done, under way or failed; or never asked for."""

    done: bool
    job: Job | None

    @property
    def is_open(self) -> bool:
        """Tell whether it waits or is at work."""
        return self.job is not None and self.job.status in OPEN_JOB_STATUSES


def request(session: Session, run: Run, *, account_id: int | None = None) -> Job:
    """Ask for a run's images to be looked through; while that is under way, that job is given instead of a second."""
    # Two who ask at once: the second waits here until the first has made its job.
    session.execute(select(Project.id).where(Project.id == run.project_id).with_for_update())
    job = _latest_job(session, run)
    if job is not None and job.status in OPEN_JOB_STATUSES:
        return job
    params = {"run_id": run.id}
    return jobs.create_job(session, JobKind.INSPECT, project_id=run.project_id, account_id=account_id, params=params)


def state(session: Session, run: Run) -> State:
    """Tell how far the inspection of a run is."""
    return State(done=figures(session, run) is not None, job=_latest_job(session, run))


def figures(session: Session, run: Run) -> dict[str, Any] | None:
    """Read what a complete inspection found over all images; None until there is one."""
    kept = session.get(KeptReport, (run.id, KEY))
    return None if kept is None else kept.figures


def findings(session: Session, run: Run, image_ids: Ids) -> Findings:
    """Read what was found of images, in their order; all of it is NaN until the inspection is complete."""
    quality = np.full((len(image_ids), len(run.labels)), np.nan)
    outlier = np.full(len(image_ids), np.nan)
    if figures(session, run) is None:
        return Findings(image_ids, quality, outlier)
    query = select(Inspection.image_id, Inspection.label_quality, Inspection.outlier)
    rows = session.execute(query.where(Inspection.run_id == run.id)).all()
    ids = np.array([row[0] for row in rows], dtype=np.int64)
    stored = np.frombuffer(b"".join(row[1] for row in rows), dtype=STORED).reshape(len(rows), len(run.labels))
    _shared, here, there = np.intersect1d(image_ids, ids, assume_unique=True, return_indices=True)
    quality[here] = stored[there]
    outlier[here] = np.array([row[2] for row in rows], dtype=np.float64)[there]
    return Findings(image_ids, quality, outlier)


def write(
    session: Session, run_id: int, found: Findings, near: Sequence[npt.NDArray[np.int64]], alike: Sequence[Floats]
) -> None:
    """Keep what was found of images, the ids of their neighbours and how alike they are; deleted ones are passed by."""
    ids = found.image_ids.tolist()
    there = set(session.scalars(select(Image.id).where(Image.id.in_(ids))))
    rows = [
        {
            "run_id": run_id,
            "image_id": image_id,
            "label_quality": found.quality[row].astype(STORED).tobytes(),
            "outlier": None if np.isnan(found.outlier[row]) else float(found.outlier[row]),
            "neighbours": near[row].astype(STORED_IDS).tobytes(),
            "similarities": alike[row].astype(STORED).tobytes(),
        }
        for row, image_id in enumerate(ids)
        if image_id in there
    ]
    if rows:
        session.execute(insert(Inspection), rows)


def complete(session: Session, run_id: int, figures: dict[str, Any]) -> None:
    """Let an inspection count, with what it found over all images."""
    session.merge(KeptReport(run_id=run_id, key=KEY, figures=figures))


def forget(session: Session, run_id: int) -> None:
    """Remove what an earlier inspection, or a part of one, has left."""
    session.execute(delete(KeptReport).where(KeptReport.run_id == run_id, KeptReport.key == KEY))
    session.execute(delete(Inspection).where(Inspection.run_id == run_id))


def _latest_job(session: Session, run: Run) -> Job | None:
    query = select(Job).where(
        Job.project_id == run.project_id,
        Job.kind == JobKind.INSPECT,
        Job.params["run_id"].as_integer() == run.id,
    )
    return session.scalar(query.order_by(Job.id.desc()).limit(1))
