"""Snapshots: what a run knew, taken from the project in one look and kept with the run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from app.domain.matrices import UNKNOWN
from app.domain.statuses import Split, TruthValue
from app.models import Image, Label, Run, SnapshotItem, Truth
from app.services import labels

Cells = npt.NDArray[np.int8]
Ids = npt.NDArray[np.int64]

# As many ids as every database takes in one statement, with room to spare.
BATCH = 500
CELL_OF_TRUTH = {TruthValue.PRESENT: 1, TruthValue.ABSENT: 0, TruthValue.DISPUTED: UNKNOWN}


@dataclass(frozen=True)
class TruthMatrix:
    """The ground truth as a run knew it: row i belongs to `image_ids[i]`, columns are in the order of `Run.labels`.

    `truth` is int8 [n, L]: 1 present, 0 absent, -1 unknown or disputed.
    """

    image_ids: Ids
    splits: tuple[Split | None, ...]
    truth: Cells

    def of(self, split: Split) -> "TruthMatrix":
        """Keep the images of one split."""
        rows = [row for row, each in enumerate(self.splits) if each is split]
        return TruthMatrix(self.image_ids[rows], tuple(self.splits[row] for row in rows), self.truth[rows])

    def rows(self) -> dict[int, int]:
        """Map image ids to rows."""
        return {int(image_id): row for row, image_id in enumerate(self.image_ids)}


@dataclass(frozen=True)
class Collection:
    """A project at one moment: images that are not excluded, by id, live labels in order, and the ground truth."""

    images: list[Image]
    labels: list[Label]
    truth: Cells


def collect(session: Session, project_id: int) -> Collection:
    """Look at a project's images, live labels and ground truth, all in the caller's transaction."""
    wanted = select(Image).where(Image.project_id == project_id, Image.excluded_at.is_(None)).order_by(Image.id)
    images = list(session.scalars(wanted))
    live = labels.live_labels(session, project_id)
    return Collection(images, live, ground_truth(session, project_id, images, live))


def ground_truth(session: Session, project_id: int, images: Sequence[Image], live: Sequence[Label]) -> Cells:
    """Read the ground truth as int8 [n, L]: 1 present, 0 absent, -1 unknown or disputed."""
    cells = np.full((len(images), len(live)), UNKNOWN, dtype=np.int8)
    rows = {image.id: row for row, image in enumerate(images)}
    columns = {label.id: column for column, label in enumerate(live)}
    query = select(Truth.image_id, Truth.label_id, Truth.value).join(Image, Image.id == Truth.image_id)
    for image_id, label_id, value in session.execute(query.where(Image.project_id == project_id)):
        # Truths of excluded images and of removed labels stay in the database and out of training.
        if image_id in rows and label_id in columns:
            cells[rows[image_id], columns[label_id]] = CELL_OF_TRUTH[value]
    return cells


def describe_labels(live: Sequence[Label]) -> list[dict[str, Any]]:
    """Freeze the labels' order and wording for a run."""
    return [
        {
            "id": label.id,
            "name": label.name,
            "definition": label.definition,
            "definition_version": label.definition_version,
        }
        for label in live
    ]


def give_splits(session: Session, given: Mapping[int, Split]) -> None:
    """Write the splits of images that have none yet; a split, once given, stays."""
    statement = (
        update(Image).where(Image.id == bindparam("image"), Image.split.is_(None)).values(split=bindparam("given"))
    )
    if given:
        session.connection().execute(statement, [{"image": image, "given": split} for image, split in given.items()])


def write_items(
    session: Session, run_id: int, image_ids: Sequence[int], splits: Sequence[Split | None], truth: Cells
) -> None:
    """Keep images as the run knew them."""
    rows = [
        {"run_id": run_id, "image_id": image_id, "split": split, "truth": cells.tobytes()}
        for image_id, split, cells in zip(image_ids, splits, truth, strict=True)
    ]
    if rows:
        session.execute(insert(SnapshotItem), rows)


def images_of(session: Session, run: Run) -> list[Image]:
    """List the images that a run knew, by id."""
    query = select(Image).join(SnapshotItem, SnapshotItem.image_id == Image.id).where(SnapshotItem.run_id == run.id)
    return list(session.scalars(query.order_by(Image.id)))


def truth_matrix(session: Session, run: Run) -> TruthMatrix:
    """Read the snapshot of a run, by image id."""
    query = select(SnapshotItem.image_id, SnapshotItem.split, SnapshotItem.truth)
    rows = session.execute(query.where(SnapshotItem.run_id == run.id).order_by(SnapshotItem.image_id)).all()
    cells = np.frombuffer(b"".join(row[2] for row in rows), dtype=np.int8).reshape(len(rows), len(run.labels))
    return TruthMatrix(np.array([row[0] for row in rows], dtype=np.int64), tuple(row[1] for row in rows), cells)


def items_of(session: Session, run: Run, image_ids: Sequence[int]) -> TruthMatrix:
    """Read what a run knew of some images, by image id; those it did not know are left out."""
    query = select(SnapshotItem.image_id, SnapshotItem.split, SnapshotItem.truth).where(SnapshotItem.run_id == run.id)
    parts = [image_ids[start : start + BATCH] for start in range(0, len(image_ids), BATCH)]
    found = (row for part in parts for row in session.execute(query.where(SnapshotItem.image_id.in_(part))))
    rows = sorted(found, key=lambda row: row[0])
    cells = np.frombuffer(b"".join(row[2] for row in rows), dtype=np.int8).reshape(len(rows), len(run.labels))
    return TruthMatrix(np.array([row[0] for row in rows], dtype=np.int64), tuple(row[1] for row in rows), cells)
