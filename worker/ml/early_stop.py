"""End a leg of a training that no longer gets better."""

from fastai.callback.core import Callback, CancelFitException

from worker.ml.epoch_metrics import judged
from worker.ml.reporter import Reporter


class EarlyStop(Callback):
    """Stop once so many epochs in a row brought no gain over the best of this leg.

    Everything is read from the epochs reported, so that a worker that goes on with a training stops where the lost one
    would have.
    """

    # After everybody else has looked at the epoch: what stops it keeps later callbacks from being asked.
    order = 210

    def __init__(self, reporter: Reporter, patience: int) -> None:
        self.reporter, self.patience = reporter, patience

    def after_epoch(self) -> None:
        """Stop when it is due."""
        if self.is_due():
            raise CancelFitException

    def is_due(self) -> bool:
        """Tell whether the leg that the reporter is in has gone without a gain for long enough."""
        rows = [row for row in self.reporter.rows if row.stage is self.reporter.stage]
        # Without validation images there is nothing to judge by.
        if any(row.valid_loss is None for row in rows):
            return False
        scores = [judged(row.valid_loss, row.metrics, self.reporter.best_by) for row in rows]
        return bool(scores) and len(scores) - 1 - scores.index(max(scores)) >= self.patience
