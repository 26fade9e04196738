"""What a threshold can be tuned for, and which of several candidates serves that best."""

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

import numpy as np

from app.domain.matrices import Floats, Rows


class ObjectiveKind(StrEnum):
    """Say what a threshold is tuned for."""

    F_BETA = "f_beta"
    RECALL_AT_PRECISION = "recall_at_precision"
    PRECISION_AT_RECALL = "precision_at_recall"
    COST = "cost"
    PREVALENCE = "prevalence"

    @property
    def may_predict_nothing(self) -> bool:
        """Tell whether predicting the label nowhere can be best."""
        return self in {ObjectiveKind.COST, ObjectiveKind.PREVALENCE}

    @property
    def needs_both_sides(self) -> bool:
        """Tell whether only images with and without the label can tune it; a share needs no answers of either kind."""
        return self is not ObjectiveKind.PREVALENCE


@dataclass(frozen=True, slots=True)
class Objective:
    """Hold what a threshold is tuned for.

    `value` is beta for F-beta (greater than 0); the floor for the highest recall at a precision, or the reverse
    (greater than 0, at most 1); for the least cost, how many false alarms a miss is worth (greater than 0); for a
    prevalence, the share of images to be predicted (0 to 1). Anything else raises ValueError.
    """

    kind: ObjectiveKind = ObjectiveKind.F_BETA
    value: float = 1.0

    def __post_init__(self) -> None:
        lowest_allowed = self.kind is ObjectiveKind.PREVALENCE and self.value == 0
        if not (isfinite(self.value) and (self.value > 0 or lowest_allowed)):
            raise ValueError("beta, floors and costs must be greater than 0, and a share must not be negative")
        if self.kind not in {ObjectiveKind.F_BETA, ObjectiveKind.COST} and self.value > 1:
            raise ValueError("a floor or share can be at most 1")


F1 = Objective()


def rank(hits: Rows, predicted: Rows, n_present: int, n: int, objective: Objective) -> tuple[Floats, Floats, bool]:
    """Return what makes a candidate better, what settles a tie, and whether the floor is met.

    Args:
        hits: int [c], images that show the label and are predicted, for each candidate.
        predicted: int [c], all images that are predicted; 0 only where `may_predict_nothing`.
        n_present: images that show the label; greater than 0 where `needs_both_sides`.
        n: all images, greater than 0.
        objective: what to tune for.

    """
    even = np.zeros(len(hits))
    match objective.kind:
        case ObjectiveKind.F_BETA:
            square = objective.value**2
            return (1 + square) * hits / (predicted + square * n_present), even, True
        case ObjectiveKind.COST:
            missed, added = n_present - hits, predicted - hits
            # Divided by the worst that could be, so that equal costs are known as equal whatever their size.
            return -(objective.value * missed + added) / (n * max(1.0, objective.value)), even, True
        case ObjectiveKind.PREVALENCE:
            return -np.abs(predicted / n - objective.value), even, True
        case ObjectiveKind.RECALL_AT_PRECISION:
            return _above_floor(hits / n_present, hits / predicted, objective.value)
        case ObjectiveKind.PRECISION_AT_RECALL:
            return _above_floor(hits / predicted, hits / n_present, objective.value)


def _above_floor(wanted: Floats, floored: Floats, floor: float) -> tuple[Floats, Floats, bool]:
    """Rank by the wanted figure where the other keeps its floor; where it never does, by how near it comes."""
    meets = floored >= floor
    if not meets.any():
        return floored, wanted, False
    # Those below the floor rank last; among the others, more of the floored share settles a tie.
    return np.where(meets, wanted, -1.0), floored, True
