"""What the thresholds page moves: counts at every threshold, figures beside them, one threshold for all labels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.against_half import Difference, against_half
from app.domain.matrices import Cells, Floats, predict
from app.domain.objectives import Objective, ObjectiveKind
from app.domain.shared_threshold import SharedCurve, shared_curve
from app.domain.statuses import Split
from app.domain.tallies import counts
from app.domain.threshold_counts import AtThreshold, Binned, at_threshold, binned
from app.domain.thresholds import DEFAULT_THRESHOLD, cross_fitted
from app.errors import ConflictError, NotFoundError
from app.i18n import gettext as _
from app.models import Image, Run, Threshold
from app.services.predictions import probability_matrix
from app.services.snapshots import truth_matrix
from app.services.thresholds import objective_from_name, thresholds_of

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Known:
    """Hold what thresholds are judged by: all that the run speaks of, and the rows of its validation images in it.

    `image_ids` is int64 [m], rising, without excluded images; `probabilities` float64 [m, L]; `truth` int8 [v, L], as
    the run knew it, and `judged` float64 [v, L] are those of the validation images.
    """

    image_ids: Ids
    probabilities: Floats
    truth: Cells
    judged: Floats


@dataclass(frozen=True)
class CrossFitted:
    """Hold the counts of a label judged by thresholds tuned without each image, and what sets them apart from 0.5."""

    tp: int
    fp: int
    fn: int
    against_half: tuple[Difference, ...]


@dataclass(frozen=True)
class LabelData:
    """Hold all that a slider needs to know of one label."""

    label_id: int
    threshold: float
    objective: Objective | None
    binned: Binned
    active: AtThreshold
    # None where a person set the threshold, or where there was nothing to tune on: there is nothing to cross-fit.
    cross_fitted: CrossFitted | None

    @property
    def beta(self) -> float:
        """Give the beta of the F shown: that of the objective, else 1."""
        return self.objective.value if self.objective and self.objective.kind is ObjectiveKind.F_BETA else 1.0


def look(session: Session, run: Run) -> Known:
    """Read what a run knew and says."""
    validation = truth_matrix(session, run).of(Split.VALIDATION)
    said = probability_matrix(session, run)
    if not np.isin(validation.image_ids, said.image_ids).all():
        raise ConflictError(_("Some predictions of run %(number)s are missing.") % {"number": run.number})
    judged = said.probabilities[np.searchsorted(said.image_ids, validation.image_ids)]
    excluded = select(Image.id).where(Image.project_id == run.project_id, Image.excluded_at.is_not(None))
    kept = ~np.isin(said.image_ids, np.array(session.scalars(excluded).all(), dtype=np.int64))
    return Known(said.image_ids[kept], said.probabilities[kept], validation.truth, judged)


def label_data(session: Session, run: Run, label_ids: Sequence[int]) -> list[LabelData]:
    """Count some labels at every threshold, in the order asked for; labels that the run does not know are refused."""
    columns = [column_of(run, label_id) for label_id in label_ids]
    rows = thresholds_of(session, run)
    known = look(session, run)
    return [
        _data_of(run, known, column, rows.get(label_id)) for column, label_id in zip(columns, label_ids, strict=True)
    ]


def shared(session: Session, run: Run) -> SharedCurve:
    """Measure one threshold for all labels on the validation images, at the 29 thresholds of the lessons."""
    known = look(session, run)
    return shared_curve(known.truth, known.judged)


def column_of(run: Run, label_id: int) -> int:
    """Find a label's column; a label that the run does not know is refused."""
    found = next((column for column, label in enumerate(run.labels) if label["id"] == label_id), None)
    if found is None:
        raise NotFoundError
    return found


def _data_of(run: Run, known: Known, column: int, row: Threshold | None) -> LabelData:
    truth, judged, collection = known.truth[:, column], known.judged[:, column], known.probabilities[:, column]
    limit = row.value if row else DEFAULT_THRESHOLD
    tuned_for = objective_from_name(row.objective) if row and row.tuned else None
    return LabelData(
        label_id=run.labels[column]["id"],
        threshold=limit,
        objective=tuned_for,
        binned=binned(truth, judged, collection),
        active=at_threshold(truth, judged, collection, limit),
        cross_fitted=_cross_fit(run, truth, judged, column, tuned_for) if tuned_for and (truth >= 0).any() else None,
    )


def _cross_fit(run: Run, truth: Cells, judged: Floats, column: int, objective: Objective) -> CrossFitted:
    honest = cross_fitted(truth[:, None], judged[:, None], objective, run.seed, columns=[column])[:, 0]
    tp, fp, fn, _tn = (int(count) for count in counts(truth, honest))
    half = predict(judged[:, None], DEFAULT_THRESHOLD)[:, 0]
    return CrossFitted(tp, fp, fn, against_half(truth, honest, half, objective, run.seed))
