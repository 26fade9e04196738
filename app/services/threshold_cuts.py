"""The images just above and just below a threshold, with what is known of them."""

from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.matrices import UNKNOWN
from app.domain.statuses import Split
from app.domain.threshold_counts import around_cut
from app.models import Image, Run, SnapshotItem
from app.services import reviews
from app.services.predictions import probability_matrix
from app.services.reviews import Said
from app.services.threshold_data import column_of

# Two rows of three on a telephone, one row of six on a wide screen.
AT_A_CUT = 6


@dataclass(frozen=True)
class CutImage:
    """Hold an image beside a threshold: its probability, what the run was told (1, 0, -1), the verdict that stands."""

    image: Image
    probability: float
    truth: int
    split: Split | None
    predicted: bool
    said: Said | None

    @property
    def can_be_judged(self) -> bool:
        """Tell whether people had answered for the label, so that somebody can be wrong."""
        return self.truth != UNKNOWN

    @property
    def wrong(self) -> bool:
        """Tell whether run and answers disagree at this threshold."""
        return self.can_be_judged and (self.truth == 1) != self.predicted


@dataclass(frozen=True)
class Cut:
    """Hold the images nearest to a threshold on either side, each side from low to high probability."""

    below: tuple[CutImage, ...]
    above: tuple[CutImage, ...]


def cut(session: Session, run: Run, label_id: int, threshold: float, count: int = AT_A_CUT) -> Cut:
    """Find the images of the collection whose probability is nearest to a threshold; excluded ones are left out."""
    column = column_of(run, label_id)
    said = probability_matrix(session, run)
    excluded = session.scalars(
        select(Image.id).where(Image.project_id == run.project_id, Image.excluded_at.is_not(None))
    ).all()
    kept = np.flatnonzero(~np.isin(said.image_ids, np.array(excluded, dtype=np.int64)))
    probabilities = said.probabilities[kept, column]
    above, below = around_cut(probabilities, threshold, count)
    chosen = [*below[::-1].tolist(), *above.tolist()]
    found = _describe(session, run, label_id, column, [int(said.image_ids[kept[row]]) for row in chosen])
    made = [
        CutImage(image, float(probabilities[row]), truth, split, bool(probabilities[row] >= threshold), verdict)
        for row, (image, truth, split, verdict) in zip(chosen, found, strict=True)
    ]
    return Cut(tuple(made[: len(below)]), tuple(made[len(below) :]))


def _describe(
    session: Session, run: Run, label_id: int, column: int, image_ids: list[int]
) -> list[tuple[Image, int, Split | None, Said | None]]:
    """Read images, what the run was told of the label in them, their splits and verdicts."""
    images = {image.id: image for image in session.scalars(select(Image).where(Image.id.in_(image_ids)))}
    query = select(SnapshotItem).where(SnapshotItem.run_id == run.id, SnapshotItem.image_id.in_(image_ids))
    items = {item.image_id: item for item in session.scalars(query)}
    verdicts = reviews.verdicts(session, run)
    told = []
    for image_id in image_ids:
        item = items.get(image_id)
        truth = UNKNOWN if item is None else int(np.frombuffer(item.truth, dtype=np.int8)[column])
        told.append((images[image_id], truth, item.split if item else None, verdicts.get((image_id, label_id))))
    return told
