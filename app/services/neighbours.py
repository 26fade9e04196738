"""The annotated images most like one image, with what is true of them today."""

from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Image, Inspection, Run
from app.services import evidence
from app.services.evidence import RunLabel

# Two rows beside the image; more would be looked at by nobody.
SHOWN = 8


@dataclass(frozen=True)
class Neighbour:
    """Hold an image that looks alike: how much (cosine similarity), its labels, and the label in question today."""

    image: Image
    similarity: float
    labels: tuple[RunLabel, ...]
    # 1 present, 0 absent, -1 unknown or disputed.
    truth: int


def nearest(
    session: Session, run: Run, image_id: int, label_id: int, labels: tuple[RunLabel, ...], limit: int = SHOWN
) -> tuple[Neighbour, ...] | None:
    """List the annotated images nearest to one, the nearest first; None where nobody has looked for them yet."""
    found = session.get(Inspection, (run.id, image_id))
    if found is None:
        return None
    ids = np.frombuffer(found.neighbours, dtype="<i8")[:limit].tolist()
    likeness = dict(zip(ids, np.frombuffer(found.similarities, dtype="<f4")[:limit].tolist(), strict=True))
    # An image that was deleted since is passed over.
    images = {image.id: image for image in session.scalars(select(Image).where(Image.id.in_(ids)))}
    kept = [each for each in ids if each in images]
    column = next(place for place, label in enumerate(labels) if label.id == label_id)
    return tuple(
        Neighbour(
            image=images[each],
            similarity=likeness[each],
            labels=tuple(label for label, cell in zip(labels, cells, strict=True) if cell == 1),
            truth=int(cells[column]),
        )
        for each, cells in zip(kept, evidence.truth_today(session, run, kept), strict=True)
    )
