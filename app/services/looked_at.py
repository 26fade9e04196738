"""Validation images that reviewers looked at with a model's errors in hand: figures on them flatter."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.domain.statuses import Verdict
from app.models import Review, Run
from app.services.evidence import Evidence, Ids


@dataclass(frozen=True, eq=False)
class LookedAt:
    """Count what was judged with a model's errors in hand before two runs were measured."""

    # Images on which a verdict was given, rising.
    image_ids: Ids
    verdicts: int
    relabelled: int
    relabelled_images: int

    @property
    def n_images(self) -> int:
        """Count the images on which a verdict was given."""
        return len(self.image_ids)


def until(session: Session, project_id: int, seen: Evidence, moment: datetime) -> LookedAt:
    """Count the verdicts that stood at a moment on images and labels of some evidence, from the lists of any run."""
    query = (
        select(Review.image_id, Review.label_id, Review.verdict)
        .join(Run, Run.id == Review.run_id)
        .where(
            Run.project_id == project_id,
            Review.created_at <= moment,
            or_(Review.undone_at.is_(None), Review.undone_at > moment),
        )
    )
    images, labels = set(seen.image_ids.tolist()), {label.id for label in seen.labels}
    found = [row for row in session.execute(query) if row[0] in images and row[1] in labels]
    changed = {(row[0], row[1]) for row in found if row[2] is Verdict.LABEL_ERROR}
    return LookedAt(
        image_ids=np.array(sorted({row[0] for row in found}), dtype=np.int64),
        verdicts=len({(row[0], row[1]) for row in found}),
        relabelled=len(changed),
        relabelled_images=len({image_id for image_id, _label in changed}),
    )
