"""Tune one threshold per label, and estimate honestly how well the tuned thresholds will do.

Figures measured on the very answers that tuned a threshold flatter it. Beside them stand cross-fitted ones: every row
is predicted with a threshold tuned on the other folds, and the pooled predictions are counted. Source of the idea:
Stone 1974, J. R. Stat. Soc. B 36, 111-147.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum
from math import isfinite

import numpy as np
import numpy.typing as npt

from app.domain.matrices import Cells, Flags, Floats, Rows, checked_probabilities, checked_truth
from app.domain.metrics import LabelMetrics, evaluate, evaluate_predictions, json_safe

# What a label keeps whose answers cannot tune anything: predicted when more likely than not.
DEFAULT_THRESHOLD = 0.5
# With ten folds nine tenths of the answers tune each threshold, so that it is close to the one tuned on all of them.
FOLDS = 10
# Equal shares computed by different roundings differ by less than this; shares of a million images differ by more.
_SAME = 1e-12


class ObjectiveKind(StrEnum):
    """Say what a threshold is tuned for."""

    F_BETA = "f_beta"
    RECALL_AT_PRECISION = "recall_at_precision"
    PRECISION_AT_RECALL = "precision_at_recall"


@dataclass(frozen=True, slots=True)
class Objective:
    """Hold what a threshold is tuned for: F-beta, or the highest recall at a precision floor, or the reverse.

    `value` is beta, greater than 0, or the floor, greater than 0 and at most 1; anything else raises ValueError.
    """

    kind: ObjectiveKind = ObjectiveKind.F_BETA
    value: float = 1.0

    def __post_init__(self) -> None:
        if not (isfinite(self.value) and self.value > 0):
            raise ValueError("beta and floors must be greater than 0")
        if self.kind is not ObjectiveKind.F_BETA and self.value > 1:
            raise ValueError("a floor can be at most 1")


F1 = Objective()


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
    objective: Objective = F1,
    seed: int = 0,
    folds: int = FOLDS,
) -> list[TunedThreshold]:
    """Tune every label's threshold on its known rows; one result per column, in order.

    Candidates are the midpoints between neighbouring distinct probabilities, and one half of the lowest, which predicts
    the label everywhere. Predicting it nowhere is never best and no candidate. Among equally good candidates the one
    nearest 0.5 wins, the higher of two equally near. The thresholds do not depend on the seed, the cross-fitted figures
    do.

    Args:
        truth: int8 [n, L], 1 present, 0 absent, -1 unknown.
        probabilities: float [n, L], 0 to 1, of rows the model was not trained on.
        objective: what to tune for.
        seed: 0 or greater; deals the rows to the folds.
        folds: how many, 2 or more.

    Raises:
        ValueError: when shapes disagree, values are out of range or there are fewer than 2 folds.

    """
    cells = checked_truth(truth)
    given = checked_probabilities(probabilities, cells.shape)
    chosen = [_tune_label(cells[:, column], given[:, column], objective) for column in range(cells.shape[1])]
    thresholds = [threshold for threshold, _outcome in chosen]
    optimistic = evaluate(cells, given, thresholds).labels
    honest = evaluate_predictions(cells, cross_fitted(cells, given, objective, seed, folds), given).labels
    return [
        TunedThreshold(column, threshold, outcome, objective, honest[column], optimistic[column])
        for column, (threshold, outcome) in enumerate(chosen)
    ]


def cross_fitted(
    truth: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    objective: Objective = F1,
    seed: int = 0,
    folds: int = FOLDS,
) -> Cells:
    """Return int8 [n, L]: each row predicted with thresholds that its own answers did not tune.

    Folds are dealt per label, so that each gets its share of the label's positive and negative rows. Where the other
    folds lack one of them, the row is judged at 0.5. A row unknown for a label tunes nothing, and is judged by the
    threshold tuned on all known rows. Arguments and errors as in `tune`.
    """
    if folds < 2:
        raise ValueError("cross-fitting takes at least 2 folds")
    cells = checked_truth(truth)
    given = checked_probabilities(probabilities, cells.shape)
    predictions = np.empty(cells.shape, dtype=np.int8)
    for column in range(cells.shape[1]):
        # Each label draws its own folds, which therefore stay the same when labels are added after it.
        generator = np.random.default_rng([seed, column])
        fold = _deal(cells[:, column], folds, generator)
        predictions[:, column] = _cross_fit_label(cells[:, column], given[:, column], fold, objective)
    return predictions


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
    if n_present == 0:
        return DEFAULT_THRESHOLD, Outcome.NO_POSITIVE
    if n_present == positive.size:
        return DEFAULT_THRESHOLD, Outcome.NO_NEGATIVE
    ends = np.append(np.flatnonzero(np.diff(descending)), descending.size - 1)
    hits = np.cumsum(positive)[ends]
    first, second, met = _rank(hits, ends + 1, n_present, objective)
    best = first >= first.max() - _SAME
    best &= second >= second[best].max() - _SAME
    candidates = _candidates(descending, ends)[best]
    # Candidates fall, so that the first of two equally near ones is the higher.
    nearest = int(np.argmin(np.abs(candidates - DEFAULT_THRESHOLD)))
    return float(candidates[nearest]), Outcome.TUNED if met else Outcome.FLOOR_NOT_MET


def _candidates(descending: Floats, ends: Rows) -> Floats:
    """Return the threshold below each distinct probability, falling."""
    upper = descending[ends]
    lower = np.append(upper[1:], 0.0)
    middle: Floats = lower + (upper - lower) / 2
    # Between neighbouring floats the midpoint may round down to the lower one, which must stay below the threshold.
    middle[:-1] = np.where(middle[:-1] > lower[:-1], middle[:-1], upper[:-1])
    return middle


def _rank(hits: Rows, predicted: Rows, n_present: int, objective: Objective) -> tuple[Floats, Floats, bool]:
    """Return what makes a candidate better, what settles a tie, and whether the floor is met."""
    precision = hits / predicted
    recall = hits / n_present
    if objective.kind is ObjectiveKind.F_BETA:
        square = objective.value**2
        score = (1 + square) * hits / (predicted + square * n_present)
        return score, np.zeros_like(score), True
    if objective.kind is ObjectiveKind.RECALL_AT_PRECISION:
        wanted, floored = recall, precision
    else:
        wanted, floored = precision, recall
    meets = floored >= objective.value
    if not meets.any():
        return floored, wanted, False
    # Those below the floor rank last; among the others, more of the floored share settles a tie.
    return np.where(meets, wanted, -1.0), floored, True
