"""Show images as a training would get them, by the training's own steps."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from fastai.data.core import TfmdDL
from fastai.data.transforms import IntToFloatTensor, Normalize

from app.domain.statuses import Split
from worker.ml import reading
from worker.ml.augmentations import batch_transforms
from worker.ml.backbones import Transform, transform_of
from worker.ml.dataset import Item, read_batches
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.learner import LabelledPixels, seed_everything

Pixels = npt.NDArray[np.uint8]


def show_batch(items: Sequence[Item], config: FinetuneConfig, seed: int) -> Pixels:
    """Return images as one batch of a training gets them, changed at random, uint8 [n, h, w, 3] for a screen.

    The same seed shows the same changes.

    Raises:
        ImageUnreadableError: when an image's file is missing or damaged.

    """
    return _changed(read(items, config), config, seed)


def show_one(item: Item, config: FinetuneConfig, count: int, seed: int) -> Pixels:
    """Return one image as `count` epochs of a training would get it, uint8 [count, h, w, 3] for a screen.

    Raises:
        ImageUnreadableError: when the image's file is missing or damaged.

    """
    return _changed(np.repeat(read([item], config), count, axis=0), config, seed)


def input_of(config: FinetuneConfig) -> Transform:
    """Return the input of the network that a configuration names, at its size."""
    return reading.input_of(transform_of(config.backbone), config)


def read(items: Sequence[Item], config: FinetuneConfig) -> Pixels:
    """Decode images as the recipe does, uint8 [n, h, w, 3]."""
    larger = replace(input_of(config), size=reading.stored_side(config, Split.TRAIN))
    return np.concatenate(list(read_batches(items, larger, reading.views_of(config)[0], len(items))))


def steps_of(config: FinetuneConfig) -> list[Any]:
    """Return what happens to a batch of training images, in order: to floats, the random changes, the normalising."""
    transform = input_of(config)
    normalise = Normalize.from_stats(transform.mean, transform.std, cuda=False)
    return [IntToFloatTensor(), *batch_transforms(config), normalise]


def loader_of(pixels: Pixels, config: FinetuneConfig) -> TfmdDL:
    """Build the loader that hands a training its batches, here all images in one, in their order."""
    nothing = np.zeros((len(pixels), 1), dtype=np.int8)
    return TfmdDL(
        LabelledPixels(pixels, nothing, Split.TRAIN), bs=len(pixels), num_workers=0, after_batch=steps_of(config)
    )


def _changed(pixels: Pixels, config: FinetuneConfig, seed: int) -> Pixels:
    """Take a batch through all steps and, for the screen, back from the normalised numbers to colours."""
    seed_everything(seed)
    images, _truth = loader_of(pixels, config).one_batch()
    return to_colours(images, input_of(config))


def to_colours(images: torch.Tensor, transform: Transform) -> Pixels:
    """Return normalised images [n, 3, h, w] as colours, uint8 [n, h, w, 3]."""
    mean, std = (torch.tensor(each).view(1, 3, 1, 1) for each in (transform.mean, transform.std))
    shares = images.as_subclass(torch.Tensor).cpu() * std + mean
    colours: Pixels = (shares.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy()
    return colours
