"""The errors at the head of a run's list, without making the whole list."""

from dataclasses import replace

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.losses import cell_losses
from app.domain.statuses import Split
from app.models import Image, Run
from app.services import evidence, measurements, review_lists, reviews
from app.services.evidence import Basis
from app.services.list_queries import ListQuery
from app.services.review_lists import Entry, ReviewList


def worst_errors(session: Session, run: Run, split: Split, basis: Basis, limit: int) -> list[Entry]:
    """Give the first places of the list of errors, numbered as there; excluded images are passed by."""
    n = evidence.split_counts(session, run).get(split, 0)
    pairs = measurements.counted(session, run, split, basis, n).worst
    there = select(Image.id).where(Image.id.in_({pair[0] for pair in pairs}), Image.excluded_at.is_(None))
    kept = set(session.scalars(there))
    places = [place for place, pair in enumerate(pairs) if pair[0] in kept][:limit]
    seen = evidence.at_thresholds(session, run, basis, sorted({pairs[place][0] for place in places}))
    rows = np.searchsorted(seen.image_ids, [pairs[place][0] for place in places]).astype(np.intp)
    columns = np.array([seen.column(pairs[place][1]) for place in places], dtype=np.intp)
    # These cells are wrong, whichever threshold judged them when all images were counted.
    predictions = seen.predictions.copy()
    predictions[rows, columns] = 1 - seen.truth[rows, columns]
    listed = ReviewList(
        ListQuery(split=split, basis=basis),
        replace(seen, predictions=predictions),
        cell_losses(seen.truth, seen.probabilities),
        rows,
        columns,
        reviews.verdicts(session, run),
    )
    found = review_lists.entries(session, listed, range(limit))
    return [replace(entry, position=place) for entry, place in zip(found, places, strict=True)]
