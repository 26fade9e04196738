"""Take one image and one batch through every step of a training's data, and note what each step makes of them."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from app.domain.statuses import Split
from worker.ml.backbones import Backbone, autocast
from worker.ml.dataset import Item, read_views, to_input
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.learner import LabelledPixels, seed_everything
from worker.ml.previews import loader_of, read

Cells = npt.NDArray[np.int8]


class StepKind(StrEnum):
    """Say what happens in a step."""

    FILE = "file"
    DECODED = "decoded"
    VIEW = "view"
    TENSOR = "tensor"
    TARGET = "target"
    BATCH = "batch"
    BATCH_TARGETS = "batch_targets"
    CHANGE = "change"
    INPUT = "input"
    NETWORK = "network"
    EMBEDDING = "embedding"


@dataclass(frozen=True, slots=True)
class Step:
    """Hold what a step leaves: what it is, its shape, and the range of its numbers (None where there are none)."""

    kind: StepKind
    # What the step is called in the program, where that says more.
    name: str
    type: str
    shape: tuple[int, ...]
    numbers: str
    low: float | None = None
    high: float | None = None

    def to_dict(self) -> dict[str, object]:
        """Return the step for JSON."""
        return asdict(self)


def check_finetune(items: Sequence[Item], cells: Cells, config: FinetuneConfig, seed: int) -> Iterator[Step]:
    """Yield the steps of the finetune recipe's data, for the first image and then for all of them as a batch.

    Args:
        items: the images, at least one.
        cells: what is known of them, int8 [n, L]: 1 present, 0 absent, -1 unknown.
        config: how a training is to run.
        seed: the same seed makes the same random changes.

    Raises:
        ImageUnreadableError: when an image's file is missing or damaged.

    """
    seed_everything(seed)
    yield file_step(items[0].path)
    pixels = read(items, config)
    yield _array(StepKind.DECODED, "", pixels[0])
    data = LabelledPixels(pixels, cells, Split.TRAIN)
    image, target = data[0]
    yield _tensor(StepKind.TENSOR, "", image)
    yield _tensor(StepKind.TARGET, "", target)
    loader = loader_of(data, config)
    batch = loader.do_batch([loader.do_item(row) for row in range(len(items))])
    yield _tensor(StepKind.BATCH, "", batch[0])
    yield _tensor(StepKind.BATCH_TARGETS, "", batch[1])
    for step in loader.after_batch.fs:
        batch = step(batch, split_idx=data.split_idx)
        yield _tensor(StepKind.CHANGE, type(step).__name__, batch[0])


def check_quick(items: Sequence[Item], backbone: Backbone) -> Iterator[Step]:
    """Yield the steps of the quick recipe: the views of the first image, the network's input, what it sees in them.

    Raises:
        ImageUnreadableError: when the image's file is missing or damaged.

    """
    yield file_step(items[0].path)
    views = read_views(items[0], backbone.transform, backbone.views)
    seen = []
    for name, view in zip(backbone.views, views, strict=True):
        yield _array(StepKind.VIEW, name, view)
        given = to_input(np.stack([view]), backbone.transform, backbone.device)
        yield _tensor(StepKind.INPUT, name, given)
        with torch.inference_mode(), autocast(backbone.device):
            seen.append(backbone.network(given).float())
        yield _tensor(StepKind.NETWORK, name, seen[-1])
    yield _tensor(StepKind.EMBEDDING, "", torch.stack(seen).mean(dim=0).half())


def file_step(path: Path) -> Step:
    """Note what kind of file an image is; its shape is width and height."""
    with Image.open(path) as file:
        return Step(StepKind.FILE, file.format or "", file.mode, file.size, "")


def _array(kind: StepKind, name: str, given: npt.NDArray[Any]) -> Step:
    return Step(kind, name, "ndarray", given.shape, str(given.dtype), float(given.min()), float(given.max()))


def _tensor(kind: StepKind, name: str, given: torch.Tensor) -> Step:
    plain = given.as_subclass(torch.Tensor).float()
    numbers = str(given.dtype).removeprefix("torch.")
    low, high = (float(plain.min()), float(plain.max())) if plain.numel() else (None, None)
    return Step(kind, name, type(given).__name__, tuple(given.shape), numbers, low, high)
