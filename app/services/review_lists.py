"""Lists to review: errors, cells of a report, what two runs judge differently; always in the same order.

A list follows from the run's snapshot and predictions, which never change, so that a place in it is kept through
relabelling, reloading and days. Only the filter by verdicts could move places: it looks at the moment of opening.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.losses import cell_losses
from app.domain.matrices import Flags, Floats, Rows
from app.domain.statuses import Split
from app.models import Image, Run
from app.services import evidence, reviews
from app.services.evidence import Evidence, RunLabel
from app.services.list_filters import let_through
from app.services.list_kinds import choose, of_direction, of_label
from app.services.list_queries import ListQuery
from app.services.reviews import Said


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
    # What a list tells of the place besides its loss: how doubtful the answer is, what the other run says ...
    figure: float | None

    @property
    def wrong(self) -> bool:
        """Tell whether run and answers disagree."""
        return self.present != self.predicted

    @property
    def at_the_edge(self) -> bool:
        """Tell whether cross-fitting judged the image differently from the threshold shown."""
        return self.predicted != (self.probability >= self.threshold)


@dataclass(frozen=True)
class Counts:
    """Count what a list would hold with another choice of label or direction, its other filters being the same."""

    missed: int = 0
    wrongly_added: int = 0
    # Images of which the list holds any place.
    images: int = 0
    by_label: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class ReviewList:
    """Hold a list: place i is row `rows[i]` and column `columns[i]` of the evidence."""

    query: ListQuery
    seen: Evidence
    losses: Floats
    rows: Rows
    columns: Rows
    verdicts: dict[tuple[int, int], Said] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    # float64 [n, L]: what the list tells of each place besides its loss.
    figure: Floats | None = None

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
    passed = chosen.cells & let_through(session, run, query, seen)
    label, direction = of_label(query, seen), of_direction(query, seen)
    wanted = passed & label & direction
    rows, columns = np.nonzero(wanted)
    keys = [-losses[rows, columns]]
    if chosen.rank is not None:
        keys.append(-np.broadcast_to(chosen.rank, wanted.shape)[rows, columns])
    order = np.lexsort((columns, rows, *keys))
    return ReviewList(
        query=query,
        seen=seen,
        losses=losses,
        rows=rows[order],
        columns=columns[order],
        counts=_counts(seen, passed & label, passed & direction, wanted),
        figure=None if chosen.figure is None else np.broadcast_to(chosen.figure, wanted.shape),
        verdicts=reviews.verdicts(session, run),
    )


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


def _counts(seen: Evidence, of_label: Flags, of_direction: Flags, wanted: Flags) -> Counts:
    by_label = of_direction.sum(axis=0)
    return Counts(
        missed=int((of_label & (seen.truth == 1)).sum()),
        wrongly_added=int((of_label & (seen.truth == 0)).sum()),
        images=int(wanted.any(axis=1).sum()),
        by_label={label.id: int(n) for label, n in zip(seen.labels, by_label, strict=True)},
    )


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
        figure=None if listed.figure is None else float(listed.figure[row, column]),
    )
