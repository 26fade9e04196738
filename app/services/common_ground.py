"""What several runs have in common: the validation images and labels that all of them know."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.domain.comparison import Comparison, Scored, compare
from app.domain.intervals import RESAMPLES
from app.domain.matrices import Cells
from app.errors import ConflictError
from app.i18n import gettext as _
from app.models import Annotation, Run
from app.services import evidence
from app.services.evidence import Evidence, Ids, RunLabel

# Ranking costs 70 nanoseconds a cell and draw, so that this many stay below a third of a second.
CELLS_TO_RANK = 4_500_000
# Counting costs one or two: below half a second.
CELLS_TO_COUNT = 320_000_000
# Fewer leave the ends of a 95 % interval to two or three draws: then none is shown.
FEWEST_RESAMPLES = 100


@dataclass(frozen=True, eq=False)
class CommonGround:
    """Hold what some runs say of the same images and labels: row and column i mean the same in every part.

    Labels stand in the order, and by the names, of the newest run.
    """

    runs: tuple[Run, ...]
    parts: tuple[Evidence, ...]
    # How many validation images not all of them know, each counted once for each run that does.
    left_out: int

    @property
    def image_ids(self) -> Ids:
        """The images that all know, rising."""
        return self.parts[0].image_ids

    @property
    def newest(self) -> int:
        """The place of the newest run."""
        return max(range(len(self.runs)), key=lambda place: self.runs[place].number)

    @property
    def labels(self) -> tuple[RunLabel, ...]:
        """The labels that all know, as the newest run does."""
        return self.parts[self.newest].labels

    def without(self, image_ids: Ids) -> "CommonGround":
        """Leave images out."""
        kept = np.flatnonzero(~np.isin(self.image_ids, image_ids))
        columns = range(len(self.labels))
        return replace(self, parts=tuple(part.part(kept, columns) for part in self.parts))


def find(session: Session, runs: Sequence[Run]) -> CommonGround:
    """Read what finished runs say of the validation images and labels that all of them know.

    Raises:
        ConflictError: when there is no such image or label.

    """
    return align(runs, [evidence.load(session, run) for run in runs])


def align(runs: Sequence[Run], whole: Sequence[Evidence]) -> CommonGround:
    """Keep of each run's evidence the images and labels that are in all of them.

    Raises:
        ConflictError: when there is no such image or label.

    """
    shared: Ids = reduce(np.intersect1d, [each.image_ids for each in whole])
    newest = whole[max(range(len(runs)), key=lambda place: runs[place].number)]
    known = [label.id for label in newest.labels if all(each.column(label.id) >= 0 for each in whole)]
    if not len(shared) or not known:
        numbers = [str(run.number) for run in sorted(runs, key=lambda run: run.number)]
        raise ConflictError(
            _("Runs %(numbers)s and %(last)s have no validation image and label in common, so they cannot be compared.")
            % {"numbers": ", ".join(numbers[:-1]), "last": numbers[-1]}
        )
    parts = [
        each.part(np.searchsorted(each.image_ids, shared), [each.column(label_id) for label_id in known])
        for each in whole
    ]
    left_out = sum(len(each.image_ids) - len(shared) for each in whole)
    return CommonGround(tuple(runs), tuple(parts), left_out)


def truth_today(session: Session, run: Run, part: Evidence) -> Cells:
    """Read today's truth of a part's images and labels, int8 [n, L]; the part is of this run."""
    # Truths change only with annotations: of images without a newer one the run knows the truth.
    touched = select(Annotation.image_id).where(
        Annotation.project_id == run.project_id,
        or_(Annotation.created_at >= run.created_at, Annotation.superseded_at >= run.created_at),
    )
    rows = np.flatnonzero(np.isin(part.image_ids, np.array(list(session.scalars(touched)), dtype=np.int64)))
    columns = {label["id"]: column for column, label in enumerate(run.labels)}
    fresh = evidence.truth_today(session, run, part.image_ids[rows].tolist())
    today = part.truth.copy()
    today[rows] = fresh[:, [columns[label.id] for label in part.labels]]
    return today


def measure(truth: Cells, base: Evidence, other: Evidence, seed: int) -> Comparison:
    """Compare with as many resamples as a page has time for; with none where that would be too few."""
    return compare(
        truth,
        Scored(base.probabilities, base.thresholds, base.predictions),
        Scored(other.probabilities, other.thresholds, other.predictions),
        seed=seed,
        resamples=resamples(truth.size, CELLS_TO_COUNT),
        ranked_resamples=resamples(truth.size, CELLS_TO_RANK),
    )


def resamples(cells: int, most: int) -> int:
    """Say how often to draw so many cells; 0 where it would be too seldom to say anything."""
    drawn = min(RESAMPLES, most // max(1, cells))
    return drawn if drawn >= FEWEST_RESAMPLES else 0
