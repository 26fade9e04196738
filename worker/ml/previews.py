"""Show images as a training would get them, by the training's own steps."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from fastai.data.core import TfmdDL

from app.domain.statuses import Split
from worker.ml.backbones import Backbone, Transform, transform_of
from worker.ml.dataset import Item, read_batches
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.learner import LabelledPixels, make_loaders, seed_everything
from worker.ml.origins import NOWHERE
from worker.ml.reading import input_of, stored_side, views_of

Pixels = npt.NDArray[np.uint8]
Cells = npt.NDArray[np.int8]


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


def read(items: Sequence[Item], config: FinetuneConfig) -> Pixels:
    """Decode training images as the recipe does, uint8 [n, p, p, 3]."""
    wanted = replace(input_of(transform_of(config.backbone), config), size=stored_side(config, Split.TRAIN))
    return np.concatenate(list(read_batches(items, wanted, views_of(config)[0], len(items))))


def loader_of(data: LabelledPixels, config: FinetuneConfig) -> TfmdDL:
    """Build what hands a training its batches; no weights are needed for that."""
    network = Backbone(config.backbone, NOWHERE, "", transform_of(config.backbone), "cpu")
    loader = make_loaders(network, data, data, config, len(data), Path()).train
    # Tells the changes that these are training images.
    loader.before_iter()
    return loader


def _changed(pixels: Pixels, config: FinetuneConfig, seed: int) -> Pixels:
    """Take a batch through all steps, in its order, and for the screen back from normalised numbers to colours."""
    seed_everything(seed)
    nothing = np.zeros((len(pixels), 1), dtype=np.int8)
    loader = loader_of(LabelledPixels(pixels, nothing, Split.TRAIN), config)
    images, _truth = loader.after_batch(loader.do_batch([loader.do_item(row) for row in range(len(pixels))]))
    return to_colours(images, transform_of(config.backbone))


def to_colours(images: torch.Tensor, transform: Transform) -> Pixels:
    """Return normalised images [n, 3, h, w] as colours, uint8 [n, h, w, 3]."""
    mean, std = (torch.tensor(each).view(1, 3, 1, 1) for each in (transform.mean, transform.std))
    shares = images.as_subclass(torch.Tensor).cpu() * std + mean
    colours: Pixels = (shares.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy()
    return colours
