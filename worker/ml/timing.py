"""Time a leg of a fine-tuning by some of its batches."""

from pathlib import Path
from time import monotonic

from fastai.callback.core import Callback
from fastai.learner import Learner

from worker.ml.legs import Leg
from worker.ml.reporter import Reporter
from worker.ml.resuming import Keeper
from worker.ml.trial_sums import LegTimes

# One batch to get everything going, and two to be timed.
BATCHES = 3
# So small a step changes nothing that would matter to the next leg, and takes as long as any other.
_RATE = 1e-6


class Clock(Callback):
    """Write down when batches, validation and epochs end."""

    # After whatever else looks at a batch or an epoch.
    order = 300

    def __init__(self) -> None:
        self.batches: list[float] = []
        self.first: list[float] = []
        self.valid: list[float] = []
        self.rest: list[float] = []
        self._at = 0.0

    def before_train(self) -> None:
        """Start with the first batch of an epoch."""
        self._at, self._is_first = monotonic(), True

    def after_batch(self) -> None:
        """Note how long a training batch took since the one before it."""
        if self.training:
            (self.first if self._is_first else self.batches).append(self._lap())
            self._is_first = False

    def before_validate(self) -> None:
        """Start with the validation images."""
        self._at = monotonic()

    def after_validate(self) -> None:
        """Note how long all validation images took."""
        self.valid.append(self._lap())

    def after_epoch(self) -> None:
        """Note what measuring and keeping took."""
        self.rest.append(self._lap())

    def _lap(self) -> float:
        before, self._at = self._at, monotonic()
        return self._at - before


def time_leg(learner: Learner, reporter: Reporter, leg: Leg, folder: Path, batch_size: int) -> LegTimes:
    """Train for some batches as a leg would, and return what they took.

    Args:
        learner: a training's own, with at most `BATCHES` batches to learn from.
        reporter: its reporter.
        leg: which part of the network learns.
        folder: where what another worker would need is kept, as in a training.
        batch_size: images in a batch.

    """
    if leg.is_frozen:
        learner.freeze()
    else:
        learner.unfreeze()
    reporter.start(leg.stage)
    clock, keeper = Clock(), Keeper(reporter, folder, "", batch_size, None)
    # Few images may fill no more than one batch an epoch.
    learner.fit(-(-BATCHES // len(learner.dls.train)), lr=_RATE, cbs=[keeper, clock])
    # What comes first is slower than all that follow; where there is nothing else, its last time counts.
    batch = sum(clock.batches) / len(clock.batches) if clock.batches else clock.first[-1]
    images = len(learner.dls.valid_ds)
    return LegTimes(batch, clock.valid[-1] / images if images else 0.0, clock.rest[-1])
