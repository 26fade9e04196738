"""The largest loss of each label: where a run was surest of the opposite of the answer."""

from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.losses import cell_losses
from app.domain.matrices import Cells, Floats
from app.models import Image
from app.services.evidence import Evidence, RunLabel


@dataclass(frozen=True)
class LargestLoss:
    """Hold the image and label that a run misses by most."""

    label: RunLabel
    image: Image
    loss: float
    probability: float
    present: bool
    # The run errs there by the answers it knew itself, so that it stands in its list of errors.
    is_listed: bool


@dataclass(frozen=True)
class LargestLosses:
    """Hold a run's largest loss over all labels and of each; None where nothing is known."""

    overall: LargestLoss | None
    by_label: dict[int, LargestLoss | None]


def find(session: Session, seen: Evidence, truth: Cells) -> LargestLosses:
    """Find where a run's probabilities miss a truth, int8 [n, L], by most."""
    losses = np.nan_to_num(cell_losses(truth, seen.probabilities), nan=-1.0)
    rows = losses.argmax(axis=0) if len(losses) else np.zeros(losses.shape[1], dtype=np.intp)
    ids = {int(seen.image_ids[row]) for row in rows} if len(losses) else set()
    images = {image.id: image for image in session.scalars(select(Image).where(Image.id.in_(ids)))}
    found = [_loss(seen, truth, losses, (int(row), column), images) for column, row in enumerate(rows)]
    known = [each for each in found if each is not None]
    return LargestLosses(
        overall=max(known, key=lambda each: each.loss, default=None),
        by_label={label.id: each for label, each in zip(seen.labels, found, strict=True)},
    )


def _loss(
    seen: Evidence, truth: Cells, losses: Floats, cell: tuple[int, int], images: dict[int, Image]
) -> LargestLoss | None:
    if not len(losses) or losses[cell] < 0:
        return None
    told = int(seen.truth[cell])
    return LargestLoss(
        label=seen.labels[cell[1]],
        image=images[int(seen.image_ids[cell[0]])],
        loss=float(losses[cell]),
        probability=float(seen.probabilities[cell]),
        present=bool(truth[cell] == 1),
        is_listed=told >= 0 and told != int(seen.predictions[cell]),
    )
