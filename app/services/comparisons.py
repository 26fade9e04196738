"""Two runs side by side, on the same validation images and the same truth."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.comparison import Comparison, Delta, Scored, compare
from app.domain.intervals import RESAMPLES
from app.domain.matrices import UNKNOWN, Cells
from app.domain.metrics import evaluate_predictions
from app.domain.statuses import JobStatus
from app.errors import ConflictError, InvalidInputError
from app.i18n import gettext as _
from app.models import Job, Run
from app.services import evidence, runs
from app.services.evidence import Evidence, RunLabel

# Resampling costs 70 nanoseconds a cell and draw, so that this many stay below a third of a second.
CELLS_TO_RESAMPLE = 4_500_000
# Fewer leave the ends of a 95 % interval to two or three draws: then none is shown.
FEWEST_RESAMPLES = 100


class TruthChoice(StrEnum):
    """Say against which ground truth two runs are measured."""

    TODAY = "today"
    NEWER = "newer"


class Change(StrEnum):
    """Say what happened to a figure, as far as these images can tell."""

    BETTER = "better"
    WORSE = "worse"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class LabelChange:
    """Hold what changed for one label."""

    label: RunLabel
    support: int
    precision: Delta
    recall: Delta
    f1: Delta
    average_precision: Delta
    n_fixed: int
    n_broken: int
    # How many of the common images the newer run was told something else about.
    relabelled: int


@dataclass(frozen=True)
class SideBySide:
    """Hold two runs compared; both are measured at thresholds that an image's own answer did not tune."""

    before: Run
    after: Run
    truth: TruthChoice
    n_images: int
    # How many validation images only one of the two knows.
    left_out: int
    labels: tuple[LabelChange, ...]
    macro_f1: Delta
    micro_f1: Delta
    mean_average_precision: Delta
    # Macro-F1 of (older, newer) against the truth as the older run knew it, as the newer did, and today's.
    by_truth: dict[str, tuple[float, float]]
    relabelled: int
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]


def change_of(delta: Delta) -> Change:
    """Tell whether a change is clear, and which way it goes."""
    if not delta.is_clear:
        return Change.UNCLEAR
    return Change.BETTER if delta.change > 0 else Change.WORSE


def finished_runs(session: Session, project_id: int) -> list[Run]:
    """List the runs that succeeded, newest first."""
    query = select(Run).join(Run.job).where(Run.project_id == project_id, Job.status == JobStatus.SUCCEEDED)
    return list(session.scalars(query.order_by(Run.number.desc())))


def neighbours(session: Session, run: Run) -> tuple[Run | None, Run | None]:
    """Find the finished run before a run, and the newest one if that came after it."""
    finished = finished_runs(session, run.project_id)
    earlier = [each for each in finished if each.number < run.number]
    newest = finished[0] if finished and finished[0].number > run.number else None
    return (earlier[0] if earlier else None), newest


def side_by_side(
    session: Session, project_id: int, numbers: tuple[int, int], truth: TruthChoice = TruthChoice.TODAY
) -> SideBySide:
    """Compare two finished runs on the validation images that both know; the lower number counts as the older run."""
    if numbers[0] == numbers[1]:
        raise InvalidInputError(_("Please choose two different runs to compare."))
    older, newer = (runs.finished_run(session, project_id, number) for number in sorted(numbers))
    whole = [evidence.load(session, run) for run in (older, newer)]
    old, new = _common(*whole)
    if not len(new.image_ids):
        raise ConflictError(
            _("Runs %(older)s and %(newer)s have no validation image and label in common, so they cannot be compared.")
            % {"older": older.number, "newer": newer.number}
        )
    told = {"older": old.truth, "newer": new.truth, "today": _today(session, newer, new)}
    cells = told[truth.value]
    measured = _measure(cells, old, new, newer.seed)
    names = [[label["name"] for label in run.labels if label["id"] not in _ids(new)] for run in (older, newer)]
    return SideBySide(
        before=older,
        after=newer,
        truth=truth,
        n_images=len(new.image_ids),
        left_out=sum(len(each.image_ids) for each in whole) - 2 * len(new.image_ids),
        labels=tuple(_label(new, old, cells, measured, column) for column in range(len(new.labels))),
        macro_f1=measured.macro_f1,
        micro_f1=measured.micro_f1,
        mean_average_precision=measured.mean_average_precision,
        by_truth={
            name: (_macro_f1(each, old.predictions), _macro_f1(each, new.predictions)) for name, each in told.items()
        },
        relabelled=int((old.truth != new.truth).sum()),
        only_before=tuple(names[0]),
        only_after=tuple(names[1]),
    )


def predictions_before(session: Session, run: Run, number: int | None, seen: Evidence) -> Cells:
    """Give what another run predicted for the images and labels of this evidence, -1 where it does not know them."""
    if number is None:
        raise InvalidInputError(_("Please choose the run to compare with."))
    other = evidence.load(session, runs.finished_run(session, run.project_id, number), basis=seen.basis)
    aligned = np.full(seen.truth.shape, UNKNOWN, dtype=np.int8)
    _shared, here, there = np.intersect1d(seen.image_ids, other.image_ids, assume_unique=True, return_indices=True)
    for column, label in enumerate(seen.labels):
        known = other.column(label.id)
        if known >= 0:
            aligned[here, column] = other.predictions[there, known]
    return aligned


def _measure(truth: Cells, old: Evidence, new: Evidence, seed: int) -> Comparison:
    """Compare with as many resamples as a page has time for; with none where that would be too few."""
    resamples = min(RESAMPLES, CELLS_TO_RESAMPLE // max(1, truth.size))
    return compare(
        truth,
        Scored(old.probabilities, old.thresholds, old.predictions),
        Scored(new.probabilities, new.thresholds, new.predictions),
        seed=seed,
        resamples=resamples if resamples >= FEWEST_RESAMPLES else 0,
    )


def _common(old: Evidence, new: Evidence) -> tuple[Evidence, Evidence]:
    """Keep the images and labels that both know, in the newer run's order."""
    _shared, in_old, in_new = np.intersect1d(old.image_ids, new.image_ids, assume_unique=True, return_indices=True)
    shared = [label.id for label in new.labels if old.column(label.id) >= 0]
    return (
        old.part(in_old, [old.column(label_id) for label_id in shared]),
        new.part(in_new, [new.column(label_id) for label_id in shared]),
    )


def _today(session: Session, newer: Run, new: Evidence) -> Cells:
    columns = {label["id"]: column for column, label in enumerate(newer.labels)}
    today = evidence.truth_today(session, newer, new.image_ids.tolist())
    return today[:, [columns[label.id] for label in new.labels]]


def _label(new: Evidence, old: Evidence, cells: Cells, measured: Comparison, column: int) -> LabelChange:
    figures = measured.labels[column]
    told, now, then = new.truth[:, column], new.predictions[:, column], old.predictions[:, column]
    fixed = new.image_ids[(told >= 0) & (now == told) & (then != told)]
    broken = new.image_ids[(told >= 0) & (now != told) & (then == told)]
    return LabelChange(
        label=new.labels[column],
        support=int((cells[:, column] == 1).sum()),
        precision=figures.precision,
        recall=figures.recall,
        f1=figures.f1,
        average_precision=figures.average_precision,
        n_fixed=len(fixed),
        n_broken=len(broken),
        relabelled=int((old.truth[:, column] != told).sum()),
    )


def _macro_f1(truth: Cells, predictions: Cells) -> float:
    return evaluate_predictions(truth, predictions).macro.f1


def _ids(part: Evidence) -> set[int]:
    return {label.id for label in part.labels}
