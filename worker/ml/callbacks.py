"""Carry progress out of long work and the wish to stop it in."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Cancelled(Exception):  # noqa: N818 - the state a person asked for, not an error
    """Say that the work ended early because someone asked for it."""


class Enough(Exception):  # noqa: N818 - a wish, not an error
    """Say that someone is content with the best epoch so far: nothing more is trained, and the run ends well."""


class Stage(StrEnum):
    """Say what a piece of long work is doing."""

    READING = "reading"
    EMBEDDING = "embedding"
    HEAD = "head"
    FINDING_RATE = "finding_rate"
    FROZEN = "frozen"
    UNFROZEN = "unfrozen"
    PREDICTING = "predicting"


@dataclass(frozen=True, slots=True)
class Progress:
    """Say how far a stage is: images when embedding or predicting, else batches of the epoch."""

    stage: Stage
    done: int
    total: int
    # Epochs are counted from one, over both stages of finetune; zero means that the stage has none.
    epoch: int = 0
    epochs: int = 0
    # Smoothed training loss (mean binary cross-entropy per known cell), where there is one.
    loss: float | None = None
    # Images a batch, where batches are counted.
    batch_size: int = 0
    # Lowest and highest learning rate over the layers, and the momentum, of the batch just trained.
    rates: tuple[float, float] | None = None
    momentum: float | None = None


@dataclass(frozen=True, slots=True)
class EpochRow:
    """Hold one row of a run's epoch table; a figure is None where it could not be measured."""

    epoch: int
    stage: Stage
    train_loss: float | None
    valid_loss: float | None
    # By name, at a threshold of 0.5, over the known cells of the validation images.
    metrics: Mapping[str, float | None]
    seconds: float
    # How many validation images got each label at a threshold of 0.5; empty where there are none.
    predicted: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return the row for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> "EpochRow":
        """Return a row that came from JSON."""
        return cls(**{**raw, "stage": Stage(raw["stage"]), "predicted": tuple(raw["predicted"])})


OnProgress = Callable[[Progress], None]
OnEpoch = Callable[[EpochRow], None]
ShouldCancel = Callable[[], bool]


def ignore_progress(_: Progress) -> None:
    """Take a progress report and do nothing with it."""


def ignore_epoch(_: EpochRow) -> None:
    """Take an epoch's row and do nothing with it."""


def never_cancel() -> bool:
    """Let the work run to its end."""
    return False


class Monitor:
    """Ask at most every half second whether to stop, and pass reports on.

    Batches take some milliseconds while an answer may cost a query: half a second feels immediate to a person.
    """

    INTERVAL = 0.5

    def __init__(
        self,
        on_progress: OnProgress = ignore_progress,
        should_cancel: ShouldCancel = never_cancel,
        on_epoch: OnEpoch = ignore_epoch,
    ) -> None:
        self.on_progress = on_progress
        self.should_cancel = should_cancel
        self.on_epoch = on_epoch
        self._asked = float("-inf")

    def check(self, *, force: bool = False) -> None:
        """Raise Cancelled when someone asked to stop."""
        now = time.monotonic()
        if not force and now - self._asked < self.INTERVAL:
            return
        self._asked = now
        if self.should_cancel():
            raise Cancelled

    def report(self, progress: Progress) -> None:
        """Pass a report on, then look whether to stop."""
        self.on_progress(progress)
        self.check()
