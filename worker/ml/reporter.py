"""Report what fastai's training does, batch by batch and epoch by epoch."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import Any

import numpy as np
import torch
from fastai.callback.core import Callback, CancelFitException

from app.domain.statuses import Labelling
from app.domain.thresholds import DEFAULT_THRESHOLD
from worker.ml import rates
from worker.ml.callbacks import Enough, EpochRow, Monitor, Progress, Stage
from worker.ml.epoch_metrics import BETA, METRICS, Figures, judged, measure
from worker.ml.network import probabilities_of


class Reporter(Callback):
    """Report batches and epochs, ask whether to stop, and keep the weights of the best epoch."""

    # After fastai's Recorder, which works out the smoothed loss.
    order = 70

    def __init__(
        self,
        monitor: Monitor,
        epochs: int,
        *,
        labelling: Labelling = Labelling.OVERLAPPING,
        best_by: str = "macro_f1",
        beta: float = BETA,
    ) -> None:
        self.monitor, self.epochs = monitor, epochs
        self.labelling, self.best_by, self.beta = labelling, best_by, beta
        self.stage, self.before = Stage.FINDING_RATE, 0
        self.rows: list[EpochRow] = []
        self.best: dict[str, torch.Tensor] = {}
        self.best_epoch = 0
        # Epochs that a worker before this one has trained.
        self.trained = 0
        # True once somebody is content with the best epoch so far.
        self.enough = False
        self._score = (float("-inf"), float("-inf"))
        self._seen: list[tuple[torch.Tensor, torch.Tensor]] = []
        self._started = 0.0

    def start(self, stage: Stage, before: int = 0) -> None:
        """Say which stage comes and how many epochs were trained before it."""
        self.stage, self.before = stage, before

    def reached(self) -> dict[str, Any]:
        """Return, for JSON, what another worker has to know to go on."""
        return {"rows": [row.to_dict() for row in self.rows], "best_epoch": self.best_epoch, "score": self._score}

    def go_on(self, reached: Mapping[str, Any], best: Mapping[str, torch.Tensor]) -> None:
        """Take over what another worker had reached."""
        self.rows = [EpochRow.from_dict(row) for row in reached["rows"]]
        # Epochs left out by early stopping keep their numbers.
        self.trained, self.best_epoch = max((row.epoch for row in self.rows), default=0), int(reached["best_epoch"])
        score, by_loss = reached["score"]
        self._score, self.best = (float(score), float(by_loss)), dict(best)

    def before_epoch(self) -> None:
        """Start the clock."""
        self._seen, self._started = [], monotonic()

    def after_batch(self) -> None:
        """Report a training batch, or remember a validation batch."""
        if not self.training:
            pred, truth = self.pred.as_subclass(torch.Tensor), self.y.as_subclass(torch.Tensor)
            self._seen.append((pred.float().cpu(), truth.cpu()))
            with _having_a_message():
                self.monitor.check()
            return
        finding = self.stage is Stage.FINDING_RATE
        done, total = (self.train_iter, rates.RATE_BATCHES) if finding else (self.iter + 1, self.n_iter)
        epoch, epochs = (0, 0) if finding else (self.before + self.epoch + 1, self.epochs)
        hypers = self.opt.hypers
        told = Progress(
            self.stage,
            done,
            total,
            epoch,
            epochs,
            _number(self.smooth_loss),
            batch_size=len(self.y),
            rates=(float(hypers[0]["lr"]), float(hypers[-1]["lr"])),
            momentum=float(hypers[-1]["mom"]) if "mom" in hypers[-1] else None,
        )
        self._tell(told)

    def after_epoch(self) -> None:
        """Measure the epoch, keep its weights if they are the best so far, and report it."""
        number = self.before + self.epoch + 1
        if self.stage is Stage.FINDING_RATE or number <= self.trained:
            return
        valid_loss, metrics, predicted = self._measured()
        score = judged(valid_loss, metrics, self.best_by)
        if score >= self._score:
            self._score, self.best_epoch = score, number
            self.best = {key: value.detach().cpu().clone() for key, value in self.model.state_dict().items()}
        seconds = monotonic() - self._started
        row = EpochRow(number, self.stage, _number(self.smooth_loss), valid_loss, metrics, seconds, predicted)
        self.rows.append(row)
        with _having_a_message():
            self.monitor.on_epoch(row)

    def _tell(self, told: Progress) -> None:
        """Report a batch; who is content with the best epoch so far gets no further one, but at least one whole one."""
        try:
            with _having_a_message():
                self.monitor.report(told)
        except Enough:
            self.enough = True
        if self.enough and self.best_epoch:
            raise CancelFitException

    def _measured(self) -> tuple[float | None, Figures, tuple[int, ...]]:
        """Return the validation loss, by the loss that is trained with, figures, and how often each label was said."""
        if not self._seen:
            return None, dict.fromkeys(METRICS), ()
        logits, truth = (torch.cat(parts) for parts in zip(*self._seen, strict=True))
        said = probabilities_of(logits, self.labelling).numpy()
        loss, metrics = measure(truth.numpy().astype(np.int8), said, self.labelling, self.beta)
        predicted = tuple((said >= DEFAULT_THRESHOLD).sum(axis=0).tolist())
        return None if loss is None else _number(self.learn.loss_func(logits, truth)), metrics, predicted


@contextmanager
def _having_a_message() -> Iterator[None]:
    """Let whatever a caller raises pass through fastai, which extends the message and fails where there is none."""
    try:
        yield
    except Exception as error:
        error.args = error.args or (type(error).__name__,)
        raise


def _number(value: Any) -> float | None:
    """Return a loss as a plain number, or None where there is none."""
    number = float(value) if value is not None else float("nan")
    return number if np.isfinite(number) else None
