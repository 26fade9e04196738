"""Notice, while a training goes on, what somebody should look at before it ends; the words stand elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import inf

# Validation loss rises by chance from one epoch to the next: two times in a row, and by more than a hundredth, it does
# not often.
RISES = 2
RISE_SHARE = 0.01
# fastai's search for a learning rate calls a loss of four times the lowest one exploded; so does this.
EXPLODED_TIMES = 4.0
# The first batches of a training say little.
SETTLED_BATCHES = 5
# A label that is rare is found late; before half of the epochs, and before the second one, nothing is said.
SILENT_EPOCHS = 2
# As long without a better epoch as a patient person waits, in epochs and as a share of all of them.
STILL_EPOCHS = 5
STILL_SHARE = 1 / 3


class WarningKind(StrEnum):
    """Say what somebody should look at."""

    VALID_RISING = "valid_rising"
    EXPLODED = "exploded"
    NEVER_PREDICTED = "never_predicted"
    NO_IMPROVEMENT = "no_improvement"


@dataclass(frozen=True, slots=True)
class RunWarning:
    """What was noticed at the end of an epoch."""

    kind: WarningKind
    epoch: int
    # The epoch it is compared with: the last one before the rise, or the best one; zero where there is none.
    since: int = 0
    # Places of labels in the run's order.
    labels: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class EpochFigures:
    """What an epoch says of itself; a figure is None where it could not be measured."""

    epoch: int
    train_loss: float | None
    valid_loss: float | None
    # Higher is better.
    score: float | None
    # How many validation images got each label at a threshold of 0.5; empty where nobody counted.
    predicted: tuple[int, ...] = ()


class LossWatch:
    """Watches the losses of the batches of one cycle for a learning rate that is too high."""

    def __init__(self) -> None:
        self.batches = 0
        self.first = self.lowest = inf

    def exploded(self, loss: float | None) -> bool:
        """Take the loss of the next batch, None where it is no number; tells whether it has exploded."""
        if loss is None:
            return True
        self.batches += 1
        self.first = loss if self.batches == 1 else self.first
        self.lowest = min(self.lowest, loss)
        # A loss near zero may well rise fourfold: only what is worse than at the beginning has exploded.
        return self.batches > SETTLED_BATCHES and loss > EXPLODED_TIMES * self.lowest and loss > self.first


def of_epochs(rows: Sequence[EpochFigures], epochs: int, present: Sequence[int]) -> list[RunWarning]:
    """Return what holds after the last of the epochs trained so far.

    Args:
        rows: the epochs trained so far, in order.
        epochs: how many there will be.
        present: how many validation images show each label.

    """
    if not rows:
        return []
    found = (_rising(rows), _silent(rows, epochs, present), _still(rows, epochs))
    return [warning for warning in found if warning is not None]


def _rising(rows: Sequence[EpochFigures]) -> RunWarning | None:
    last = rows[-RISES - 1 :]
    valid = [row.valid_loss for row in last if row.valid_loss is not None]
    train = [row.train_loss for row in last if row.train_loss is not None]
    if len(valid) <= RISES or len(train) <= RISES:
        return None
    rises = all(later > earlier for earlier, later in pairwise(valid))
    if rises and valid[-1] > valid[0] * (1 + RISE_SHARE) and train[-1] < train[0]:
        return RunWarning(WarningKind.VALID_RISING, rows[-1].epoch, since=last[0].epoch)
    return None


def _silent(rows: Sequence[EpochFigures], epochs: int, present: Sequence[int]) -> RunWarning | None:
    counted = [row for row in rows[-SILENT_EPOCHS:] if len(row.predicted) == len(present)]
    if len(counted) < SILENT_EPOCHS or rows[-1].epoch * 2 < epochs:
        return None
    silent = tuple(
        place for place, there in enumerate(present) if there and not any(row.predicted[place] for row in counted)
    )
    return RunWarning(WarningKind.NEVER_PREDICTED, rows[-1].epoch, labels=silent) if silent else None


def _still(rows: Sequence[EpochFigures], epochs: int) -> RunWarning | None:
    scored = [(row.score, row.epoch) for row in rows if row.score is not None]
    if not scored:
        return None
    # Of equally good epochs the first: what follows has brought nothing.
    best = min(scored, key=lambda each: (-each[0], each[1]))[1]
    if rows[-1].epoch - best >= max(STILL_EPOCHS, epochs * STILL_SHARE):
        return RunWarning(WarningKind.NO_IMPROVEMENT, rows[-1].epoch, since=best)
    return None
