"""Two runs side by side, on the same validation images and the same truth."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.change_split import ChangeSplit, Effect, split_change
from app.domain.comparison import Comparison, Delta
from app.domain.matrices import UNKNOWN, Cells
from app.domain.metrics import evaluate_predictions
from app.domain.statuses import JobStatus
from app.errors import ConflictError, InvalidInputError
from app.i18n import gettext as _
from app.models import Job, Run
from app.models.types import now
from app.services import common_ground, evidence, largest_losses, looked_at, runs
from app.services.common_ground import CommonGround
from app.services.evidence import Evidence, RunLabel
from app.services.largest_losses import LargestLosses
from app.services.looked_at import LookedAt


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
    # F1 of both runs against what the older run knew and against the truth chosen.
    split: ChangeSplit


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
    # The same for what the older run knew and the truth chosen, taken apart.
    split: ChangeSplit
    relabelled: int
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    # Labels that both know by different names: the older run's, and the newer's.
    renamed: tuple[tuple[str, str], ...]
    largest: tuple[LargestLosses, LargestLosses]
    looked_at: LookedAt
    # Only images on which nobody gave a verdict were measured.
    untouched: bool


def change_of(delta: Delta | Effect) -> Change:
    """Tell whether a change is clear, and which way it goes."""
    if not delta.is_clear:
        return Change.UNCLEAR
    return Change.BETTER if delta.change > 0 else Change.WORSE


def finished_runs(session: Session, project_id: int) -> list[Run]:
    """List the runs that succeeded, newest first."""
    there = (Run.project_id == project_id, Run.deleted_at.is_(None))
    query = select(Run).join(Run.job).where(*there, Job.status == JobStatus.SUCCEEDED)
    return list(session.scalars(query.order_by(Run.number.desc())))


def neighbours(session: Session, run: Run) -> tuple[Run | None, Run | None]:
    """Find the finished run before a run, and the newest one if that came after it."""
    finished = finished_runs(session, run.project_id)
    earlier = [each for each in finished if each.number < run.number]
    newest = finished[0] if finished and finished[0].number > run.number else None
    return (earlier[0] if earlier else None), newest


def side_by_side(
    session: Session,
    project_id: int,
    numbers: tuple[int, int],
    truth: TruthChoice = TruthChoice.TODAY,
    *,
    untouched: bool = False,
) -> SideBySide:
    """Compare two finished runs on the validation images that both know; the lower number counts as the older run.

    With `untouched`, only images on which nobody had given a verdict are measured: before the newer run began, or until
    now where today's truth is chosen.

    Raises:
        InvalidInputError: when it is the same run twice.
        ConflictError: when they have no image or label in common, or none is left.

    """
    if numbers[0] == numbers[1]:
        raise InvalidInputError(_("Please choose two different runs to compare."))
    older, newer = (runs.finished_run(session, project_id, number) for number in sorted(numbers))
    ground = common_ground.find(session, (older, newer))
    moment = now() if truth is TruthChoice.TODAY else newer.created_at
    seen = looked_at.until(session, project_id, ground.parts[1], moment)
    if untouched:
        ground = ground.without(seen.image_ids)
    if not len(ground.image_ids):
        raise ConflictError(_("Reviewers have looked at every image that these runs have in common."))
    return _compared(session, ground, truth, seen, untouched=untouched)


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


def _compared(
    session: Session, ground: CommonGround, truth: TruthChoice, seen: LookedAt, *, untouched: bool
) -> SideBySide:
    (older, newer), (old, new) = ground.runs, ground.parts
    told = {"older": old.truth, "newer": new.truth, "today": common_ground.truth_today(session, newer, new)}
    cells = told[truth.value]
    measured = common_ground.measure(cells, old, new, newer.seed)
    splits = split_change(
        (old.truth, cells),
        (old.predictions, new.predictions),
        seed=newer.seed,
        resamples=common_ground.resamples(cells.size, common_ground.CELLS_TO_COUNT),
    )
    return SideBySide(
        before=older,
        after=newer,
        truth=truth,
        n_images=len(new.image_ids),
        left_out=ground.left_out,
        labels=tuple(
            _label(new, old, cells, measured, splits.labels[column], column) for column in range(len(new.labels))
        ),
        macro_f1=measured.macro_f1,
        micro_f1=measured.micro_f1,
        mean_average_precision=measured.mean_average_precision,
        by_truth={
            name: (_macro_f1(each, old.predictions), _macro_f1(each, new.predictions)) for name, each in told.items()
        },
        split=splits.macro,
        relabelled=int((old.truth != new.truth).sum()),
        only_before=_only(older, new),
        only_after=_only(newer, new),
        renamed=tuple(
            (was.name, label.name) for was, label in zip(old.labels, new.labels, strict=True) if was.name != label.name
        ),
        largest=(largest_losses.find(session, old, cells), largest_losses.find(session, new, cells)),
        looked_at=seen,
        untouched=untouched,
    )


def _label(
    new: Evidence, old: Evidence, cells: Cells, measured: Comparison, split: ChangeSplit, column: int
) -> LabelChange:
    figures = measured.labels[column]
    told, after, before = new.truth[:, column], new.predictions[:, column], old.predictions[:, column]
    return LabelChange(
        label=new.labels[column],
        support=int((cells[:, column] == 1).sum()),
        precision=figures.precision,
        recall=figures.recall,
        f1=figures.f1,
        average_precision=figures.average_precision,
        n_fixed=int(((told >= 0) & (after == told) & (before != told)).sum()),
        n_broken=int(((told >= 0) & (after != told) & (before == told)).sum()),
        relabelled=int((old.truth[:, column] != told).sum()),
        split=split,
    )


def _only(run: Run, common: Evidence) -> tuple[str, ...]:
    """Name the labels of a run that are not compared, because the other one does not know them."""
    return tuple(label["name"] for label in run.labels if common.column(label["id"]) < 0)


def _macro_f1(truth: Cells, predictions: Cells) -> float:
    return evaluate_predictions(truth, predictions).macro.f1
