"""Give fastai images, truth and a network, and make it run fast."""

import random
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from fastai.callback.core import Callback
from fastai.callback.fp16 import MixedPrecision
from fastai.callback.mixup import MixUp
from fastai.data.core import DataLoaders, TfmdDL
from fastai.data.transforms import IntToFloatTensor, Normalize
from fastai.learner import Learner
from fastai.vision.core import TensorImage

from app.domain.statuses import Labelling, Split
from worker.ml.architectures import make_learner
from worker.ml.augmentations import batch_transforms
from worker.ml.backbones import Backbone, autocast, precision_of
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.losses import make_loss
from worker.ml.reporter import Reporter
from worker.ml.train import Cells

Pixels = npt.NDArray[np.uint8]


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
    """Train with channels last, and in bf16 on a processor that computes it natively; fastai's own is for CUDA only."""

    order = MixedPrecision.order

    def __init__(self, device: str, *, full: bool = False) -> None:
        self.device, self.full = device, full
        self.running: AbstractContextManager[object] | None = None

    def before_batch(self) -> None:
        """Lay the batch out for the processor and switch the precision."""
        self.learn.xb = tuple(part.contiguous(memory_format=torch.channels_last) for part in self.xb)
        self.running = nullcontext() if self.full else autocast(self.device)
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


def build_learner(
    backbone: Backbone,
    train: LabelledPixels,
    valid: LabelledPixels,
    config: FinetuneConfig,
    *,
    batch_size: int,
    reporter: Reporter,
    scratch: Path,
    labelling: Labelling = Labelling.OVERLAPPING,
) -> Learner:
    """Build fastai's learner on a backbone, its body frozen where that is pretrained, its files under `scratch`.

    Args:
        backbone: network, weights and device.
        train: training images; the last images of an epoch that fill no batch wait for the next one.
        valid: validation images, possibly none.
        config: how to train.
        batch_size: images a batch, at most as many as there are training images.
        reporter: told of batches and epochs.
        scratch: folder for fastai's temporary files.
        labelling: whether labels overlap.

    Raises:
        SizeTooSmallError: when the network cannot look at images of the size asked for.

    """
    loss = make_loss(
        config.loss,
        labelling,
        train.truth.numpy().astype(np.int8),
        gamma=config.focal_gamma,
        smoothing=config.label_smoothing,
    )
    loaders = make_loaders(backbone, train, valid, config, batch_size, scratch)
    learner = make_learner(loaders, backbone, train.truth.shape[1], loss, config, scratch)
    learner.add_cb(reporter)
    if config.mixup:
        learner.add_cb(MixUp(config.mixup))
    if backbone.device == "cuda" and config.precision == "full":
        return learner
    if backbone.device == "cuda":
        return learner.to_bf16() if precision_of("cuda") == "bf16" else learner.to_fp16()
    learner.model.to(memory_format=torch.channels_last)
    learner.add_cb(FastPrecision(backbone.device, full=config.precision == "full"))
    return learner


def make_loaders(
    backbone: Backbone,
    train: LabelledPixels,
    valid: LabelledPixels,
    config: FinetuneConfig,
    batch_size: int,
    path: Path,
) -> DataLoaders:
    """Build what hands out batches: training images shuffled and changed at random, validation images as they are."""
    transform = backbone.transform
    normalise = Normalize.from_stats(transform.mean, transform.std, cuda=backbone.device == "cuda")
    changes = batch_transforms(config)
    return DataLoaders(
        TfmdDL(
            train,
            bs=batch_size,
            shuffle=True,
            drop_last=True,
            num_workers=0,
            after_batch=[IntToFloatTensor(), *changes, normalise],
        ),
        TfmdDL(valid, bs=batch_size, num_workers=0, after_batch=[IntToFloatTensor(), normalise]),
        path=path,
        device=torch.device(backbone.device),
    )


def seed_everything(seed: int) -> None:
    """Make shuffling, augmentation and the head's first weights repeatable."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - fastai draws from numpy's global generator
    torch.manual_seed(seed)
