"""Lists to review: errors, cells of a report, what two runs judge differently; always in the same order.

A list follows from the run's snapshot and predictions, which never change, so that a place in it is kept through
relabelling, reloading and days. Only the filter by verdicts could move places: it looks at the moment of opening.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.losses import cell_losses
from app.domain.matrices import Floats, Rows
from app.domain.statuses import Direction, Split
from app.models import Image, Run
from app.services import evidence, reviews
from app.services.evidence import Evidence, RunLabel
from app.services.list_kinds import choose, column_of, wrong_cells
from app.services.list_queries import ListQuery, Reviewed
from app.services.reviews import Said

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Entry:
    """Hold one place of a list: an image and the label in question."""

    position: int
    image: Image
    label: RunLabel
    split: Split | None
    present: bool
    predicted: bool
    probability: float
    threshold: float
    loss: float
    # Labels that the run was told are in the image, in order.
    shown: tuple[RunLabel, ...]
    # The run was told of every label that it is absent.
    none_apply: bool
    said: Said | None

    @property
    def wrong(self) -> bool:
        """Tell whether run and answers disagree."""
        return self.present != self.predicted

    @property
    def at_the_edge(self) -> bool:
        """Tell whether cross-fitting judged the image differently from the threshold shown."""
        return self.predicted != (self.probability >= self.threshold)


@dataclass(frozen=True, eq=False)
class ReviewList:
    """Hold a list: place i is row `rows[i]` and column `columns[i]` of the evidence."""

    query: ListQuery
    seen: Evidence
    losses: Floats
    rows: Rows
    columns: Rows
    verdicts: dict[tuple[int, int], Said] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def n_reviewed(self) -> int:
        """Count the places on which a verdict stands."""
        return sum(pair in self.verdicts for pair in self.pairs())

    def pairs(self) -> Iterable[tuple[int, int]]:
        """Give the image and the label of every place."""
        ids = self.seen.image_ids[self.rows].tolist()
        return [(image_id, self.seen.labels[column].id) for image_id, column in zip(ids, self.columns, strict=True)]

    def find(self, image_id: int, label_id: int, near: int) -> int | None:
        """Find the place of an image and a label, looking first where it was."""
        places = [place for place, pair in enumerate(self.pairs()) if pair == (image_id, label_id)]
        return near if near in places else next(iter(places), None)


def open_list(session: Session, run: Run, query: ListQuery) -> ReviewList:
    """Make the list that a query means."""
    seen = evidence.load(session, run, query.split, query.basis)
    losses = cell_losses(seen.truth, seen.probabilities)
    chosen = choose(session, run, query, seen)
    wanted = chosen.cells
    if query.reviewed is not Reviewed.ANY:
        judged = _judged(seen, reviews.verdicts(session, run, as_of=query.as_of))
        wanted = wanted & (judged if query.reviewed is Reviewed.DONE else ~judged)
    rows, columns = np.nonzero(wanted)
    keys = [-losses[rows, columns]]
    if chosen.rank is not None:
        keys.append(-np.broadcast_to(chosen.rank, wanted.shape)[rows, columns])
    order = np.lexsort((columns, rows, *keys))
    return ReviewList(query, seen, losses, rows[order], columns[order], reviews.verdicts(session, run))


def entries(session: Session, listed: ReviewList, places: Sequence[int]) -> list[Entry]:
    """Load some places of a list; those beyond its ends are left out."""
    seen = listed.seen
    kept = [place for place in places if 0 <= place < len(listed)]
    ids = {int(seen.image_ids[listed.rows[place]]) for place in kept}
    images = {image.id: image for image in session.scalars(select(Image).where(Image.id.in_(ids)))}
    return [_entry(listed, place, images) for place in kept]


def first_of_each_label(session: Session, listed: ReviewList, limit: int) -> dict[int, list[Entry]]:
    """Load the first places of every label, numbered as in the list of that label alone."""
    found: dict[int, list[Entry]] = {}
    for column, label in enumerate(listed.seen.labels):
        own = np.flatnonzero(listed.columns == column)[:limit].tolist()
        found[label.id] = [replace(entry, position=place) for place, entry in enumerate(entries(session, listed, own))]
    return found


def counts(seen: Evidence, label_id: int | None = None) -> dict[str, int]:
    """Count errors by direction, and the images that have any; for one label or for all."""
    wrong = wrong_cells(seen)
    if label_id is not None:
        wrong &= np.arange(wrong.shape[1]) == column_of(seen, label_id)
    return {
        Direction.MISSED.value: int((wrong & (seen.truth == 1)).sum()),
        Direction.WRONGLY_ADDED.value: int((wrong & (seen.truth == 0)).sum()),
        "images": int(wrong.any(axis=1).sum()),
    }


def errors_by_label(seen: Evidence) -> dict[int, int]:
    """Count each label's errors."""
    return {label.id: int(n) for label, n in zip(seen.labels, wrong_cells(seen).sum(axis=0), strict=True)}


def _entry(listed: ReviewList, place: int, images: dict[int, Image]) -> Entry:
    seen, row, column = listed.seen, int(listed.rows[place]), int(listed.columns[place])
    label, image = seen.labels[column], images[int(seen.image_ids[row])]
    return Entry(
        position=place,
        image=image,
        label=label,
        split=seen.splits[row],
        present=bool(seen.truth[row, column] == 1),
        predicted=bool(seen.predictions[row, column]),
        probability=float(seen.probabilities[row, column]),
        threshold=float(seen.thresholds[column]),
        loss=float(listed.losses[row, column]),
        shown=tuple(each for each, cell in zip(seen.labels, seen.truth[row], strict=True) if cell == 1),
        none_apply=bool((seen.truth[row] == 0).all()),
        said=listed.verdicts.get((image.id, label.id)),
    )


def _judged(seen: Evidence, given: dict[tuple[int, int], Said]) -> Flags:
    judged = np.zeros(seen.truth.shape, dtype=np.bool_)
    rows = {int(image_id): row for row, image_id in enumerate(seen.image_ids)}
    for image_id, label_id in given:
        if image_id in rows and seen.column(label_id) >= 0:
            judged[rows[image_id], seen.column(label_id)] = True
    return judged
