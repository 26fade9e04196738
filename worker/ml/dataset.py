"""Read images into the network's input, several at a time."""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageOps

from app.errors import InvalidInputError
from app.i18n import gettext as _
from worker.ml.backbones import Transform

Pixels = npt.NDArray[np.uint8]

# Features of eight images stay in the processor's cache: measured on two cores, batches of 8 were the fastest.
CPU_BATCH = 8
# A graphics card wants more at once; 64 images of 224 px need less than 1 GB of its memory.
CUDA_BATCH = 64
# Batches read ahead of the network: enough to hide a slow file, some megabytes of memory.
_AHEAD = 4

_RESAMPLING = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}


class Item(NamedTuple):
    """Name one image: the sha256 of its content (hexadecimal), its file, and what people call it."""

    sha256: str
    path: Path
    name: str = ""


class ImageUnreadableError(InvalidInputError):
    """An image's file is missing or damaged; `item` says which."""

    def __init__(self, item: Item) -> None:
        name = item.name or item.path.name
        if item.path.exists():
            sentence = _("The image “%(name)s” cannot be read: its file is damaged.") % {"name": name}
        else:
            sentence = _("The image “%(name)s” cannot be read: its file is missing.") % {"name": name}
        super().__init__(sentence)
        self.item = item


def read_view(item: Item, transform: Transform, view: str) -> Pixels:
    """Read one view of an image as uint8 [size, size, 3].

    Args:
        item: the image; its file is upright sRGB, or an original whose orientation tag is followed.
        transform: size, interpolation and crop of the network.
        view: "whole" squeezes all of the image into the square, "centre" crops the middle undistorted.

    Raises:
        ImageUnreadableError: when the file is missing or damaged.

    """
    return read_views(item, transform, (view,))[0]


def read_views(item: Item, transform: Transform, views: Sequence[str]) -> list[Pixels]:
    """Read several views of an image, decoding it once."""
    size = transform.size
    try:
        with Image.open(item.path) as file:
            # A JPEG is decoded at a fraction of its size where that still leaves twice the pixels needed.
            file.draft("RGB", (2 * size, 2 * size))
            image = ImageOps.exif_transpose(file).convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        # Pillow raises SyntaxError and ValueError for some kinds of damage.
        raise ImageUnreadableError(item) from error
    resampling = _RESAMPLING[transform.interpolation]
    return [
        np.asarray(image.resize((size, size), resampling, box=_box(image.size, view, transform.crop))) for view in views
    ]


def batches(
    items: Sequence[Item], transform: Transform, views: Sequence[str], batch_size: int
) -> Iterator[list[Pixels]]:
    """Read batches in threads, ahead of whoever takes them; one uint8 array [b, size, size, 3] per view.

    Threads rather than processes: decoding and resizing release the interpreter's lock, and nothing has to be started.
    """
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        waiting: deque[list[Future[list[Pixels]]]] = deque()
        try:
            for start in range(0, len(items), batch_size):
                chunk = items[start : start + batch_size]
                waiting.append([pool.submit(read_views, item, transform, views) for item in chunk])
                if len(waiting) > _AHEAD:
                    yield _stacked(waiting.popleft())
            while waiting:
                yield _stacked(waiting.popleft())
        finally:
            # Whoever stops early does not wait for images that nobody will look at.
            pool.shutdown(wait=True, cancel_futures=True)


def to_input(pixels: Pixels, transform: Transform, device: str) -> torch.Tensor:
    """Turn uint8 [b, s, s, 3] into normalised float32 [b, 3, s, s], channels last in memory, on the device."""
    # Pillow's arrays may be read-only, which torch warns about; stacking has copied them.
    images = torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2).float()
    mean = torch.tensor(transform.mean, device=device).mul_(255).view(1, 3, 1, 1)
    std = torch.tensor(transform.std, device=device).mul_(255).view(1, 3, 1, 1)
    return images.sub_(mean).div_(std).contiguous(memory_format=torch.channels_last)


def batch_size_for(device: str) -> int:
    """Return how many images at once predict fastest on the device."""
    return CUDA_BATCH if device == "cuda" else CPU_BATCH


def _stacked(futures: Sequence[Future[list[Pixels]]]) -> list[Pixels]:
    """Wait for the views of a batch and stack each kind."""
    read = [future.result() for future in futures]
    return [np.stack(view) for view in zip(*read, strict=True)]


def _box(size: tuple[int, int], view: str, crop: float) -> tuple[float, float, float, float]:
    """Return the part of the image that a view shows, in pixels."""
    width, height = size
    if view == "whole":
        return (0, 0, width, height)
    side = min(width, height) * crop
    left, top = (width - side) / 2, (height - side) / 2
    return (left, top, left + side, top + side)
