"""Decode the images of a training once, so that no epoch decodes again."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.domain.statuses import Split
from worker.ml.backbones import Transform
from worker.ml.callbacks import Monitor, Progress, Stage
from worker.ml.dataset import PADDED, Item, read_batches
from worker.ml.finetune_config import FinetuneConfig

Pixels = npt.NDArray[np.uint8]

# How an image becomes a square; each name is a view of `dataset.read_views`. Squeezed, nothing at the edges is lost.
VIEW_OF = {"squish": "whole", "crop": "centre", "pad": PADDED}
_READ_AT_ONCE = 32


def input_of(transform: Transform, config: FinetuneConfig) -> Transform:
    """Return how an image becomes the network's input: its own transform at the size asked for."""
    # What is cut out is all of the shorter side; the margin that networks are measured with would only lose more.
    crop = 1.0 if config.resize == "crop" else transform.crop
    return replace(transform, size=config.size, crop=crop)


def views_of(config: FinetuneConfig) -> tuple[str, ...]:
    """Return the views that the network is shown, in training and after it."""
    return (VIEW_OF[config.resize],)


def stored_side(config: FinetuneConfig, split: Split) -> int:
    """Return the side at which images are decoded: training images may be larger, to be cut to size later."""
    presize = config.presize if split is Split.TRAIN else None
    return max(presize or config.size, config.size)


def decode(
    items: Sequence[Item], transform: Transform, config: FinetuneConfig, split: Split, path: Path, monitor: Monitor
) -> Pixels:
    """Decode images into a file and map it, uint8 [n, s, s, 3]: no collection is too large for memory.

    Args:
        items: images.
        transform: the network's own input.
        config: size, presize and how an image becomes a square.
        split: training images are decoded at the presize.
        path: the file to write.
        monitor: told how far it is.

    Raises:
        ImageUnreadableError: when an image's file is missing or damaged.
        Cancelled: when asked to stop.

    """
    side = stored_side(config, split)
    wanted = replace(input_of(transform, config), size=side)
    shape = (len(items), side, side, 3)
    done = 0
    with path.open("wb") as file:
        for pixels in read_batches(items, wanted, views_of(config)[0], _READ_AT_ONCE):
            file.write(pixels.tobytes())
            done += len(pixels)
            monitor.report(Progress(Stage.READING, done, len(items)))
    return np.memmap(path, dtype=np.uint8, mode="r", shape=shape) if items else np.zeros(shape, dtype=np.uint8)
