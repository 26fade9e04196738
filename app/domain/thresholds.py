"""Tune one threshold per label, and estimate honestly how well the tuned thresholds will do.

Figures measured on the very answers that tuned a threshold flatter it. Beside them stand cross-fitted ones: every row
is predicted with a threshold tuned on the other folds, and the pooled predictions are counted. Source of the idea:
Stone 1974, J. R. Stat. Soc. B 36, 111-147.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from app.domain.matrices import Cells, Flags, Floats, Rows, checked_probabilities, checked_truth
from app.domain.metrics import LabelMetrics, evaluate, evaluate_predictions, json_safe
from app.domain.objectives import F1, Objective, ObjectiveKind, rank

__all__ = [
    "DEFAULT_THRESHOLD",
    "F1",
    "FOLDS",
    "Objective",
    "ObjectiveKind",
    "Outcome",
    "TunedThreshold",
    "cross_fitted",
    "tune",
]

# What a label keeps whose answers cannot tune anything: predicted when more likely than not.
DEFAULT_THRESHOLD = 0.5
# With ten folds nine tenths of the answers tune each threshold, so that it is close to the one tuned on all of them.
FOLDS = 10
# Equal shares computed by different roundings differ by less than this; shares of a million images differ by more.
_SAME = 1e-12


class Outcome(StrEnum):
    """Say how a label came by its threshold."""

    TUNED = "tuned"
    # No threshold reaches the precision floor: the one that comes closest was taken.
    FLOOR_NOT_MET = "floor_not_met"
    # In the cases below nothing can be tuned, and the label keeps 0.5.
    NOTHING_KNOWN = "nothing_known"
    NO_POSITIVE = "no_positive"
    NO_NEGATIVE = "no_negative"

    @property
    def keeps_default(self) -> bool:
        """Tell whether the label kept 0.5 because nothing could be tuned."""
        return self in {Outcome.NOTHING_KNOWN, Outcome.NO_POSITIVE, Outcome.NO_NEGATIVE}


@dataclass(frozen=True, slots=True)
class TunedThreshold:
    """Hold one label's threshold, how it came about, and what it achieves."""

    label: int
    threshold: float
    outcome: Outcome
    objective: Objective
    # What to show: measured on rows that did not tune the threshold that judged them.
    cross_fitted: LabelMetrics
    # Measured on the rows that tuned it, and therefore too good.
    optimistic: LabelMetrics

    def to_dict(self) -> dict[str, object]:
        """Return the fields for JSON, None where undefined."""
        return json_safe(asdict(self))


def tune(
    truth: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    objective: Objective | Sequence[Objective] = F1,
    seed: int = 0,
    folds: int = FOLDS,
) -> list[TunedThreshold]:
    """Tune every label's threshold on its known rows; one result per column, in order.

    Candidates are the midpoints between neighbouring distinct probabilities, and one half of the lowest, which predicts
    the label everywhere. For a cost or a prevalence, predicting it nowhere can be best: the midpoint between the
    highest and 1 is a candidate too, unless the highest is 1. Among equally good candidates the one nearest 0.5 wins,
    the higher of two equally near. The thresholds do not depend on the seed, the cross-fitted figures do.

    Args:
        truth: int8 [n, L], 1 present, 0 absent, -1 unknown.
        probabilities: float [n, L], 0 to 1, of rows the model was not trained on.
        objective: what to tune for: one for all labels, or one for each.
        seed: 0 or greater; deals the rows to the folds.
        folds: how many, 2 or more.

    Raises:
        ValueError: when shapes disagree, values are out of range or there are fewer than 2 folds.

    """
    cells = checked_truth(truth)
    given = checked_probabilities(probabilities, cells.shape)
    objectives = _one_a_label(objective, cells.shape[1])
    chosen = [_tune_label(cells[:, column], given[:, column], each) for column, each in enumerate(objectives)]
    thresholds = [threshold for threshold, _outcome in chosen]
    optimistic = evaluate(cells, given, thresholds).labels
    honest = evaluate_predictions(cells, cross_fitted(cells, given, objectives, seed, folds), given).labels
    return [
        TunedThreshold(column, threshold, outcome, objectives[column], honest[column], optimistic[column])
        for column, (threshold, outcome) in enumerate(chosen)
    ]


def cross_fitted(
    truth: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    objective: Objective | Sequence[Objective] = F1,
    seed: int = 0,
    folds: int = FOLDS,
    columns: Sequence[int] | None = None,
) -> Cells:
    """Return int8 [n, L]: each row predicted with thresholds that its own answers did not tune.

    Folds are dealt per label, so that each gets its share of the label's positive and negative rows. Where the other
    folds lack one of them, the row is judged at 0.5. A row unknown for a label tunes nothing, and is judged by the
    threshold tuned on all known rows. Arguments and errors as in `tune`; where only some columns of a matrix are given,
    `columns` are their numbers in the whole, so that their folds are dealt as there.
    """
    if folds < 2:
        raise ValueError("cross-fitting takes at least 2 folds")
    cells = checked_truth(truth)
    given = checked_probabilities(probabilities, cells.shape)
    predictions = np.empty(cells.shape, dtype=np.int8)
    for column, each in enumerate(_one_a_label(objective, cells.shape[1])):
        # Each label draws its own folds, which therefore stay the same when labels are added after it.
        generator = np.random.default_rng([seed, column if columns is None else columns[column]])
        fold = _deal(cells[:, column], folds, generator)
        predictions[:, column] = _cross_fit_label(cells[:, column], given[:, column], fold, each)
    return predictions


def _one_a_label(objective: Objective | Sequence[Objective], n_labels: int) -> list[Objective]:
    """Return one objective a label."""
    objectives = [objective] * n_labels if isinstance(objective, Objective) else list(objective)
    if len(objectives) != n_labels:
        raise ValueError(f"there are {n_labels} labels but {len(objectives)} objectives")
    return objectives


def _cross_fit_label(truth: Cells, probabilities: Floats, fold: Rows, objective: Objective) -> Cells:
    """Return int8 [n]: one label predicted fold by fold; fold -1 holds the unknown rows."""
    limits = np.empty(truth.size)
    # Sorting once is enough: leaving rows out does not change the order of the others.
    order = np.argsort(-probabilities, kind="stable")
    known = truth[order] >= 0
    for held in np.unique(fold):
        rows = order[known & (fold[order] != held)]
        limits[fold == held] = _choose(truth[rows] == 1, probabilities[rows], objective)[0]
    return (probabilities >= limits).astype(np.int8)


def _deal(truth: Cells, folds: int, generator: np.random.Generator) -> Rows:
    """Return each row's fold, int [n], -1 for unknown rows; the positive rows are dealt first, then the negative."""
    fold = np.full(truth.size, -1, dtype=np.intp)
    dealt = 0
    for value in (1, 0):
        rows = generator.permutation(np.flatnonzero(truth == value))
        fold[rows] = (dealt + np.arange(rows.size)) % folds
        dealt += rows.size
    return fold


def _tune_label(truth: Cells, probabilities: Floats, objective: Objective) -> tuple[float, Outcome]:
    """Return one label's threshold, tuned on all its known rows."""
    known = np.flatnonzero(truth >= 0)
    order = known[np.argsort(-probabilities[known], kind="stable")]
    return _choose(truth[order] == 1, probabilities[order], objective)


def _choose(positive: Flags, descending: Floats, objective: Objective) -> tuple[float, Outcome]:
    """Return the best threshold for known rows sorted by falling probability."""
    n_present = int(np.count_nonzero(positive))
    if positive.size == 0:
        return DEFAULT_THRESHOLD, Outcome.NOTHING_KNOWN
    if n_present == 0 and objective.kind.needs_both_sides:
        return DEFAULT_THRESHOLD, Outcome.NO_POSITIVE
    if n_present == positive.size and objective.kind.needs_both_sides:
        return DEFAULT_THRESHOLD, Outcome.NO_NEGATIVE
    ends = np.append(np.flatnonzero(np.diff(descending)), descending.size - 1)
    hits, predicted, candidates = np.cumsum(positive)[ends], ends + 1, _candidates(descending, ends)
    if objective.kind.may_predict_nothing and descending[0] < 1:
        hits, predicted = np.append(0, hits), np.append(0, predicted)
        candidates = np.append(_above(float(descending[0])), candidates)
    first, second, met = rank(hits, predicted, n_present, positive.size, objective)
    best = first >= first.max() - _SAME
    best &= second >= second[best].max() - _SAME
    # Candidates fall, so that the first of two equally near ones is the higher.
    nearest = int(np.argmin(np.abs(candidates[best] - DEFAULT_THRESHOLD)))
    return float(candidates[best][nearest]), Outcome.TUNED if met else Outcome.FLOOR_NOT_MET


def _above(highest: float) -> float:
    """Return a threshold above the highest probability, which is below 1."""
    middle = highest + (1 - highest) / 2
    # Just below 1 the midpoint may round down.
    return middle if middle > highest else 1.0


def _candidates(descending: Floats, ends: Rows) -> Floats:
    """Return the threshold below each distinct probability, falling."""
    upper = descending[ends]
    lower = np.append(upper[1:], 0.0)
    middle: Floats = lower + (upper - lower) / 2
    # Between neighbouring floats the midpoint may round down to the lower one, which must stay below the threshold.
    middle[:-1] = np.where(middle[:-1] > lower[:-1], middle[:-1], upper[:-1])
    return middle
