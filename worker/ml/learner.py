"""Speak with fastai: the only module that imports it."""

import random
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from fastai.callback.core import Callback
from fastai.callback.fp16 import MixedPrecision
from fastai.callback.schedule import valley
from fastai.data.core import DataLoaders, TfmdDL
from fastai.data.transforms import IntToFloatTensor
from fastai.learner import Learner
from fastai.vision.augment import Flip, Rotate, Zoom, setup_aug_tfms
from fastai.vision.core import TensorImage
from fastai.vision.learner import vision_learner
from torch import nn
from torch.nn import functional

from app.domain.statuses import Split
from worker.ml.backbones import Backbone, autocast, precision_of
from worker.ml.callbacks import EpochRow, Monitor, Progress, Stage
from worker.ml.train import Cells, measure

Pixels = npt.NDArray[np.uint8]

# Batches in the mock training that looks for the learning rate. fastai's default of 100 would cost as much as nine
# epochs of 343 images; half as many give the same valley within the step of the search.
RATE_BATCHES = 50


class MaskedLoss(nn.Module):
    """Measure mean binary cross-entropy over known cells; an unknown one (-1) weighs nothing."""

    def forward(self, logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        """Return the loss, a scalar, of logits [b, L] against truth [b, L] of 1, 0 and -1; 0 where nothing is known."""
        plain, given = logits.as_subclass(torch.Tensor).float(), truth.as_subclass(torch.Tensor)
        known = (given >= 0).float()
        losses = functional.binary_cross_entropy_with_logits(plain, given.clamp(min=0), reduction="none")
        return (losses * known).sum() / known.sum().clamp(min=1)


class LabelledPixels:
    """Hand out images and truth, one pair at a time, as fastai's loaders want them."""

    def __init__(self, pixels: Pixels, truth: Cells, split: Split) -> None:
        self.pixels, self.truth = pixels, torch.from_numpy(truth.astype(np.float32))
        # By this number fastai tells images to be changed at random from those to be measured on.
        self.split_idx = 0 if split is Split.TRAIN else 1

    def __len__(self) -> int:
        return len(self.truth)

    def __getitem__(self, row: int) -> tuple[Any, torch.Tensor]:
        # The pixels come from a read-only map of a file, which torch must not write to.
        image = torch.from_numpy(np.array(self.pixels[row])).permute(2, 0, 1).contiguous()
        return TensorImage(image), self.truth[row]


class FastPrecision(Callback):
    """Train in bf16 with channels last on a processor that computes it natively; fastai's own is for CUDA only."""

    order = MixedPrecision.order

    def __init__(self, device: str) -> None:
        self.device = device
        self.running: AbstractContextManager[object] | None = None

    def before_batch(self) -> None:
        """Lay the batch out for the processor and switch the precision."""
        self.learn.xb = tuple(part.contiguous(memory_format=torch.channels_last) for part in self.xb)
        self.running = autocast(self.device)
        self.running.__enter__()

    def after_pred(self) -> None:
        """Measure the loss in full precision."""
        self._leave()
        self.learn.pred = self.pred.float()

    def after_fit(self) -> None:
        """Leave the context when the fit ended in the middle of a batch."""
        self._leave()

    def _leave(self) -> None:
        if self.running is not None:
            self.running.__exit__(None, None, None)
            self.running = None


class Reporter(Callback):
    """Report batches and epochs, ask whether to stop, and keep the weights of the best epoch."""

    # After fastai's Recorder, which works out the smoothed loss.
    order = 70

    def __init__(self, monitor: Monitor, epochs: int) -> None:
        self.monitor, self.epochs = monitor, epochs
        self.stage, self.before = Stage.FINDING_RATE, 0
        self.rows: list[EpochRow] = []
        self.best: dict[str, torch.Tensor] = {}
        self.best_epoch = 0
        self._score = (float("-inf"), float("-inf"))
        self._seen: list[tuple[torch.Tensor, torch.Tensor]] = []
        self._started = 0.0

    def start(self, stage: Stage, before: int = 0) -> None:
        """Say which stage comes and how many epochs were trained before it."""
        self.stage, self.before = stage, before

    def before_epoch(self) -> None:
        """Start the clock."""
        self._seen, self._started = [], monotonic()

    def after_batch(self) -> None:
        """Report a training batch, or remember a validation batch."""
        if not self.training:
            pred, truth = self.pred.as_subclass(torch.Tensor), self.y.as_subclass(torch.Tensor)
            self._seen.append((pred.float().sigmoid().cpu(), truth.cpu()))
            with _having_a_message():
                self.monitor.check()
            return
        finding = self.stage is Stage.FINDING_RATE
        done, total = (self.train_iter, RATE_BATCHES) if finding else (self.iter + 1, self.n_iter)
        epoch, epochs = (0, 0) if finding else (self.before + self.epoch + 1, self.epochs)
        with _having_a_message():
            self.monitor.report(Progress(self.stage, done, total, epoch, epochs, _number(self.smooth_loss)))

    def after_epoch(self) -> None:
        """Measure the epoch, keep its weights if they are the best so far, and report it."""
        if self.stage is Stage.FINDING_RATE:
            return
        figures: tuple[float | None, float | None, float | None] = (None, None, None)
        if self._seen:
            probabilities = torch.cat([pred for pred, _truth in self._seen]).numpy()
            figures = measure(torch.cat([truth for _pred, truth in self._seen]).numpy().astype(np.int8), probabilities)
        valid_loss, macro_f1, accuracy = figures
        number = self.before + self.epoch + 1
        # Without validation images the scores are all the same, and the last epoch is kept.
        score = (-1.0 if macro_f1 is None else macro_f1, float("-inf") if valid_loss is None else -valid_loss)
        if score >= self._score:
            self._score, self.best_epoch = score, number
            self.best = {key: value.detach().cpu().clone() for key, value in self.model.state_dict().items()}
        row = EpochRow(
            number, self.stage, _number(self.smooth_loss), valid_loss, macro_f1, accuracy, monotonic() - self._started
        )
        self.rows.append(row)
        with _having_a_message():
            self.monitor.on_epoch(row)


def build_learner(
    backbone: Backbone,
    train: LabelledPixels,
    valid: LabelledPixels,
    *,
    batch_size: int,
    augment: str,
    reporter: Reporter,
    scratch: Path,
) -> Learner:
    """Build fastai's `vision_learner` on a backbone, its body frozen, its files under `scratch`.

    Args:
        backbone: network, weights and device.
        train: training images; the last images of an epoch that fill no batch wait for the next one.
        valid: validation images, possibly none.
        batch_size: images a batch, at most as many as there are training images.
        augment: "lesson" (turn, zoom, flip) or "none".
        reporter: told of batches and epochs.
        scratch: folder for fastai's temporary files.

    """
    changes = setup_aug_tfms([Rotate(max_deg=90, p=0.75), Zoom(), Flip()]) if augment == "lesson" else []
    # The loaders' own transforms: integers to floats, then what changes training images only.
    after_batch = [IntToFloatTensor(), *changes]
    loaders = DataLoaders(
        TfmdDL(train, bs=batch_size, shuffle=True, drop_last=True, num_workers=0, after_batch=after_batch),
        TfmdDL(valid, bs=batch_size, num_workers=0, after_batch=after_batch),
        path=scratch,
        device=torch.device(backbone.device),
    )
    learner = vision_learner(
        loaders,
        backbone.name,
        n_out=train.truth.shape[1],
        loss_func=MaskedLoss(),
        path=scratch,
        cbs=[reporter],
        pretrained_cfg_overlay=dict(backbone.overlay),
    )
    if backbone.device == "cuda":
        return learner.to_bf16() if precision_of("cuda") == "bf16" else learner.to_fp16()
    learner.model.to(memory_format=torch.channels_last)
    learner.add_cb(FastPrecision(backbone.device))
    return learner


def find_rate(learner: Learner) -> float:
    """Return the learning rate at the valley of a mock training; the network is as before afterwards."""
    return float(learner.lr_find(num_it=RATE_BATCHES, show_plot=False, suggest_funcs=(valley,)).valley)


def seed_everything(seed: int) -> None:
    """Make shuffling, augmentation and the head's first weights repeatable."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - fastai draws from numpy's global generator
    torch.manual_seed(seed)


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
