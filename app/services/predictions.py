"""Predictions: keeping what a run says of every image, and reading it as matrices and as suggestions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import Row, delete, insert, select
from sqlalchemy.orm import Session

from app.domain.statuses import JobKind, Labelling
from app.domain.thresholds import DEFAULT_THRESHOLD
from app.models import Image, Job, Prediction, Run
from app.services import jobs, labels
from app.services.thresholds import limits_of
from app.storage import get_storage

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# One little-endian single-precision number a label, wherever the database is and whatever machine reads it.
STORED = np.dtype("<f4")
# As many ids as every database takes in one statement, with room to spare.
BATCH = 500


class Suggestion(NamedTuple):
    """What the active run says of one label of an image."""

    label_id: int
    probability: float
    predicted: bool


@dataclass(frozen=True)
class ProbabilityMatrix:
    """What a run says of images: row i belongs to `image_ids[i]`, columns are in the order of `Run.labels`.

    `probabilities` is float64 [n, L]; `held_out` is bool [n], true where the model that says it was not trained on
    the image.
    """

    image_ids: Ids
    probabilities: Floats
    held_out: Flags

    def rows(self) -> dict[int, int]:
        """Map image ids to rows."""
        return {int(image_id): row for row, image_id in enumerate(self.image_ids)}


def probability_matrix(session: Session, run: Run, image_ids: Sequence[int] | None = None) -> ProbabilityMatrix:
    """Read what a run says of all images, by id, or of given ones in their order.

    Images of which it says nothing are left out.
    """
    columns = (Prediction.image_id, Prediction.probabilities, Prediction.held_out)
    query = select(*columns).where(Prediction.run_id == run.id)
    if image_ids is None:
        rows = list(session.execute(query.order_by(Prediction.image_id)).all())
    else:
        found: dict[int, Row[int, bytes, bool]] = {}
        for part in _batches(image_ids):
            found.update((row[0], row) for row in session.execute(query.where(Prediction.image_id.in_(part))).all())
        rows = [found[image_id] for image_id in image_ids if image_id in found]
    stored = np.frombuffer(b"".join(row[1] for row in rows), dtype=STORED).reshape(len(rows), len(run.labels))
    return ProbabilityMatrix(
        np.array([row[0] for row in rows], dtype=np.int64),
        stored.astype(np.float64),
        np.array([row[2] for row in rows], dtype=np.bool_),
    )


def write_predictions(
    session: Session, run_id: int, image_ids: Sequence[int], probabilities: npt.ArrayLike, held_out: Sequence[bool]
) -> None:
    """Keep what a run says of images: float [n, L] and bool [n]; images deleted meanwhile are passed by."""
    stored = np.asarray(probabilities, dtype=STORED)
    there: set[int] = set()
    for part in _batches(image_ids):
        there.update(session.scalars(select(Image.id).where(Image.id.in_(part))))
    rows = [
        {"run_id": run_id, "image_id": image_id, "probabilities": row.tobytes(), "held_out": bool(held)}
        for image_id, row, held in zip(image_ids, stored, held_out, strict=True)
        if image_id in there
    ]
    if rows:
        session.execute(insert(Prediction), rows)


def forget_predictions(session: Session, run_id: int) -> None:
    """Remove what a run that did not succeed has written."""
    session.execute(delete(Prediction).where(Prediction.run_id == run_id))


def suggestions(session: Session, project_id: int, image_ids: Collection[int]) -> dict[int, list[Suggestion]]:
    """Tell what the active run says of images: live labels only, the most probable first.

    Images of which it says nothing are left out.
    """
    run = session.scalar(select(Run).where(Run.project_id == project_id, Run.is_active))
    if run is None or not image_ids:
        return {}
    live = {label.id for label in labels.live_labels(session, project_id)}
    limits = limits_of(session, run.id)
    order = [(column, label["id"]) for column, label in enumerate(run.labels) if label["id"] in live]
    matrix = probability_matrix(session, run, list(image_ids))
    said = {}
    for image_id, row in zip(matrix.image_ids.tolist(), matrix.probabilities.tolist(), strict=True):
        found = [
            Suggestion(label_id, row[column], row[column] >= limits.get(label_id, DEFAULT_THRESHOLD))
            for column, label_id in order
        ]
        found.sort(key=lambda each: -each.probability)
        if run.labelling is Labelling.EXCLUSIVE:
            # Of labels that exclude each other the most probable one is meant, however sure the model is.
            found = [each._replace(predicted=place == 0) for place, each in enumerate(found)]
        said[image_id] = found
    return said


def unpredicted_images(session: Session, run: Run) -> list[Image]:
    """List the images of the run's project of which the run says nothing yet."""
    known = select(Prediction.image_id).where(Prediction.run_id == run.id)
    query = select(Image).where(Image.project_id == run.project_id, Image.excluded_at.is_(None), Image.id.not_in(known))
    return list(session.scalars(query.order_by(Image.id)))


def request_predictions(session: Session, project_id: int, *, account_id: int | None = None) -> Job | None:
    """Ask for the active run's word on images that came after it; None where there is nothing to do."""
    run = session.scalar(select(Run).where(Run.project_id == project_id, Run.is_active))
    if run is None or not unpredicted_images(session, run):
        return None
    waiting = [job for job in jobs.open_jobs(session, project_id, JobKind.PREDICT) if "folder" not in job.params]
    # A job that has begun may have made its list before the latest images came.
    queued = next((job for job in waiting if job.started_at is None), None)
    return queued or jobs.create_job(
        session, JobKind.PREDICT, project_id=project_id, account_id=account_id, params={"run_id": run.id}
    )


def request_folder_predictions(session: Session, run: Run, folder: str, *, account_id: int | None = None) -> Job:
    """Ask for a run's word on the images of a folder of the server; the job writes a CSV."""
    return jobs.create_job(
        session,
        JobKind.PREDICT,
        project_id=run.project_id,
        account_id=account_id,
        params={"run_id": run.id, "folder": folder},
    )


def result_file(job: Job) -> Path:
    """Name the CSV that the predictions of a folder end in."""
    return get_storage().root / "predictions" / f"{job.id}.csv"


def _batches(image_ids: Sequence[int]) -> list[Sequence[int]]:
    return [image_ids[start : start + BATCH] for start in range(0, len(image_ids), BATCH)]
