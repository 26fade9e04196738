"""Several runs in one table: each against the first chosen, on the images that all of them know."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.domain.comparison import Comparison, Delta
from app.errors import InvalidInputError
from app.i18n import gettext as _
from app.models import Run
from app.models.types import now
from app.services import common_ground, looked_at, runs
from app.services.comparisons import TruthChoice
from app.services.evidence import RunLabel
from app.services.looked_at import LookedAt

# So many columns still fit on a wide screen, and in the time a page has.
MOST_RUNS = 8


@dataclass(frozen=True)
class Column:
    """Hold one run's figures; their changes are those against the first run of the table."""

    run: Run
    macro_f1: Delta
    micro_f1: Delta
    mean_average_precision: Delta
    # Per label, in the order of the table's labels.
    f1: tuple[Delta, ...]
    precision: tuple[Delta, ...]
    recall: tuple[Delta, ...]
    average_precision: tuple[Delta, ...]


@dataclass(frozen=True)
class RunTable:
    """Hold several runs on the same images and one truth; the first column is what the others are measured against."""

    truth: TruthChoice
    columns: tuple[Column, ...]
    labels: tuple[RunLabel, ...]
    support: tuple[int, ...]
    n_images: int
    left_out: int
    # Labels that not all of the runs know, by any name they have.
    not_common: tuple[str, ...]
    looked_at: LookedAt

    @property
    def base(self) -> Run:
        """The run that the others are measured against."""
        return self.columns[0].run


def table(
    session: Session, project_id: int, numbers: Sequence[int], truth: TruthChoice = TruthChoice.TODAY
) -> RunTable:
    """Compare finished runs with the first of them, on the validation images and labels that all know.

    Raises:
        InvalidInputError: when there are fewer than two different runs, or too many.
        ConflictError: when they have no image or label in common.

    """
    chosen = list(dict.fromkeys(numbers))
    if not 2 <= len(chosen) <= MOST_RUNS:
        raise InvalidInputError(
            _("Please choose from two to %(most)s different runs to compare.") % {"most": MOST_RUNS}
        )
    ground = common_ground.find(session, [runs.finished_run(session, project_id, number) for number in chosen])
    newest = ground.newest
    run, part = ground.runs[newest], ground.parts[newest]
    cells = common_ground.truth_today(session, run, part) if truth is TruthChoice.TODAY else part.truth
    moment = now() if truth is TruthChoice.TODAY else run.created_at
    measured = [common_ground.measure(cells, ground.parts[0], each, run.seed) for each in ground.parts]
    return RunTable(
        truth=truth,
        columns=tuple(_column(each, found) for each, found in zip(ground.runs, measured, strict=True)),
        labels=ground.labels,
        support=tuple(int(count) for count in (cells == 1).sum(axis=0)),
        n_images=len(ground.image_ids),
        left_out=ground.left_out,
        not_common=_not_common(ground.runs, {label.id for label in ground.labels}),
        looked_at=looked_at.until(session, project_id, part, moment),
    )


def _column(run: Run, measured: Comparison) -> Column:
    return Column(
        run=run,
        macro_f1=measured.macro_f1,
        micro_f1=measured.micro_f1,
        mean_average_precision=measured.mean_average_precision,
        f1=tuple(label.f1 for label in measured.labels),
        precision=tuple(label.precision for label in measured.labels),
        recall=tuple(label.recall for label in measured.labels),
        average_precision=tuple(label.average_precision for label in measured.labels),
    )


def _not_common(compared: Sequence[Run], common: set[int]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(label["name"] for run in compared for label in run.labels if label["id"] not in common))
