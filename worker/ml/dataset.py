"""Read images into the network's input, several at a time."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageOps

from app.errors import InvalidInputError
from app.i18n import gettext as _
from worker.ml.backbones import MIRRORED, Transform, autocast

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Result = TypeVar("Result")

# The maps of four images stay in a core's cache: batches of 2 and 8 were slower.
CPU_BATCH = 4
# A graphics card wants more at once; 64 images of 224 px need less than 1 GB of its memory.
CUDA_BATCH = 64
# Batches ahead per core: enough to hide a slow file, some megabytes of memory.
_AHEAD = 2

# All of the image, undistorted, with bars above and below or left and right.
PADDED = "padded"

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


def read_views(item: Item, transform: Transform, views: Sequence[str]) -> list[Pixels]:
    """Read views of an image, decoding it once, each as uint8 [size, size, 3].

    Args:
        item: the image; its file is upright sRGB, or an original whose orientation tag is followed.
        transform: size, interpolation and crop of the network.
        views: "whole" squeezes all of the image into the square, "centre" crops the middle undistorted, "padded" keeps
            all of it undistorted between black bars; "-mirrored" after any exchanges left and right.

    Raises:
        ImageUnreadableError: when the file is missing or damaged.

    """
    size = transform.size
    try:
        with Image.open(item.path) as file:
            # A JPEG is decoded at a fraction of its size where that still leaves twice the pixels needed.
            file.draft("RGB", (2 * size, 2 * size))
            image = ImageOps.exif_transpose(file).convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        # Pillow raises SyntaxError and ValueError for some kinds of damage.
        raise ImageUnreadableError(item) from error
    plain = {
        view: np.asarray(_seen(image, view, transform))
        for view in dict.fromkeys(view.removesuffix(MIRRORED) for view in views)
    }
    return [
        plain[view] if view in plain else np.ascontiguousarray(plain[view.removesuffix(MIRRORED)][:, ::-1])
        for view in views
    ]


def _seen(image: Image.Image, view: str, transform: Transform) -> Image.Image:
    """Cut and resize an image as a view shows it."""
    side, resampling = (transform.size, transform.size), _RESAMPLING[transform.interpolation]
    if view == PADDED:
        return ImageOps.pad(image, side, resampling, color=0)
    return image.resize(side, resampling, box=box_of(image.size, view, transform.crop))


def read_batches(items: Sequence[Item], transform: Transform, view: str, batch_size: int) -> Iterator[Pixels]:
    """Read one view of images in threads, in order, as uint8 [b, size, size, 3]."""
    return _in_threads(items, batch_size, lambda chunk: _read(chunk, transform, (view,))[0])


def run_over(
    items: Sequence[Item], transform: Transform, views: Sequence[str], device: str, run: Callable[[torch.Tensor], Any]
) -> Iterator[Floats]:
    """Read images, run a network over them, and yield the mean over the views, batch by batch, float32 [b, ...].

    On a processor each core takes batches of its own from file to result. That was a third faster than all cores
    sharing each layer, and several times faster while other programs wanted a core too: no core waits for another.

    Raises:
        ImageUnreadableError: when a file is missing or damaged.

    """

    def forward(pixels: Sequence[Pixels]) -> Floats:
        with torch.inference_mode(), autocast(device):
            seen = [run(to_input(view, transform, device)).float() for view in pixels]
        mean: Floats = torch.stack(seen).mean(dim=0).cpu().numpy()
        return mean

    if device == "cuda":
        for pixels in _in_threads(items, CUDA_BATCH, lambda chunk: _read(chunk, transform, views)):
            yield forward(pixels)
    else:
        yield from _in_threads(items, CPU_BATCH, lambda chunk: forward(_read(chunk, transform, views)))


def _in_threads(items: Sequence[Item], batch_size: int, work: Callable[[Sequence[Item]], Result]) -> Iterator[Result]:
    """Work on batches in threads, ahead of whoever takes the results, which come in order.

    Threads rather than processes: decoding, resizing and torch all release the interpreter's lock.
    """
    # A thread that runs a network by itself must not share its layers out again.
    with ThreadPoolExecutor(os.cpu_count() or 1, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        waiting: deque[Future[Result]] = deque()
        try:
            for start in range(0, len(items), batch_size):
                waiting.append(pool.submit(work, items[start : start + batch_size]))
                if len(waiting) > _AHEAD * (os.cpu_count() or 1):
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            # Whoever stops early does not wait for images that nobody will look at.
            pool.shutdown(wait=True, cancel_futures=True)


def _read(items: Sequence[Item], transform: Transform, views: Sequence[str]) -> list[Pixels]:
    """Read a batch: one uint8 array [b, size, size, 3] per view."""
    read = [read_views(item, transform, views) for item in items]
    return [np.stack(view) for view in zip(*read, strict=True)]


def to_input(pixels: Pixels, transform: Transform, device: str) -> torch.Tensor:
    """Turn uint8 [b, s, s, 3] into normalised float32 [b, 3, s, s], channels last in memory, on the device."""
    # Pillow's arrays may be read-only, which torch warns about; stacking has copied them.
    images = torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2).float()
    mean = torch.tensor(transform.mean, device=device).mul_(255).view(1, 3, 1, 1)
    std = torch.tensor(transform.std, device=device).mul_(255).view(1, 3, 1, 1)
    return images.sub_(mean).div_(std).contiguous(memory_format=torch.channels_last)


def box_of(size: tuple[int, int], view: str, crop: float) -> tuple[float, float, float, float]:
    """Return the part of the image that a view shows, in pixels; bars around the image lie outside of it."""
    width, height = size
    if view.removesuffix(MIRRORED) == PADDED:
        longer = max(size)
        return ((width - longer) / 2, (height - longer) / 2, (width + longer) / 2, (height + longer) / 2)
    if view.removesuffix(MIRRORED) == "whole":
        return (0, 0, width, height)
    side = min(width, height) * crop
    left, top = (width - side) / 2, (height - side) / 2
    return (left, top, left + side, top + side)
