"""Cut a large image into tiles at every scale, so that a browser fetches only the part that somebody looks at."""

import io
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import Image

from worker.imaging.colour import as_srgb
from worker.imaging.inspection import load_upright, opened
from worker.imaging.limits import LIMITS, ImageLimits

# What the file says of itself; whoever changes what is in it raises the number, and older files are made anew.
FORMAT = 1
DESCRIPTION = "pyramid.json"
# A laptop's screen is covered by a dozen tiles; with 256 px it would take four times as many requests.
TILE = 512
# Each tile carries the pixels next to its edge, so that no seam shows where two meet at odd scales.
OVERLAP = 1
# As the screen version is written: people come here to look closely.
QUALITY = 88
# Their black and white are found by looking at the whole picture.
_DEEP_MODES = ("I", "I;16", "I;16L", "I;16B", "I;16N", "F")


# Told how many rows of tiles are written, and of how many; it stops the work by raising.
Step = Callable[[int, int], None]


@dataclass(frozen=True)
class Pyramid:
    """What is in a file of tiles: the top level has every pixel, each below it half the side, level 0 is one tile."""

    width: int
    height: int
    levels: int
    tile: int = TILE
    overlap: int = OVERLAP
    format: int = FORMAT


def levels_of(width: int, height: int) -> int:
    """Count the levels from one tile to all pixels."""
    levels = 1
    while max(width, height) > TILE:
        width, height, levels = _halved(width), _halved(height), levels + 1
    return levels


def write_pyramid(
    source: Path, target: Path, limits: ImageLimits = LIMITS, step: Step = lambda _done, _total: None
) -> Pyramid:
    """Write the tiles of an image file into one zip, entries `LEVEL/X_Y.jpg`, stored as they are.

    The file is there whole or not at all.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                pyramid = _Writing(archive, step).write(source, limits)
                archive.writestr(DESCRIPTION, json.dumps(asdict(pyramid)))
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files that only their owner reads; the web process may run as another member of the group.
        temporary.chmod(0o644)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return pyramid


class _Writing:
    """Writes level after level, from all pixels down to one tile."""

    def __init__(self, archive: zipfile.ZipFile, step: Step) -> None:
        self.archive, self.step = archive, step
        self.done, self.total = 0, 0

    def write(self, source: Path, limits: ImageLimits) -> Pyramid:
        """Write all levels of an image file."""
        with opened(source, limits) as image:
            picture = load_upright(image)
            pyramid = Pyramid(*picture.size, levels_of(*picture.size))
            self.total = sum(-(-_halved(picture.height, times) // TILE) for times in range(pyramid.levels))
            if picture.mode in _DEEP_MODES:
                picture = as_srgb(picture, source=image)
            smaller = self._level(pyramid.levels - 1, picture, image)
        # The largest picture is let go of before the others are written.
        del picture
        for level in range(pyramid.levels - 2, -1, -1):
            smaller = self._level(level, smaller, smaller)
        return pyramid

    def _level(self, level: int, picture: Image.Image, source: Image.Image) -> Image.Image:
        """Write the tiles of one level, and give the picture at half its size."""
        width, height = picture.size
        half = Image.new("RGB", (_halved(width), _halved(height)))
        for row, top in enumerate(range(0, height, TILE)):
            self.step(self.done, self.total)
            above, below = max(0, top - OVERLAP), min(height, top + TILE + OVERLAP)
            # A row of tiles at a time is made sRGB: a second copy of a large scan needs as much memory as the first.
            band = as_srgb(picture.crop((0, above, width, below)), source=source)
            for column, data in enumerate(_encoded(band)):
                self.archive.writestr(f"{level}/{column}_{row}.jpg", data)
            inner = band.crop((0, top - above, width, min(height, top + TILE) - above))
            half.paste(inner.reduce(2), (0, top // 2))
            self.done += 1
        return half


def _halved(length: int, times: int = 1) -> int:
    return -(-length // (1 << times))


def _encoded(band: Image.Image) -> Iterator[bytes]:
    """Cut a row of the picture into tiles and give each as JPEG."""
    for left in range(0, band.width, TILE):
        tile = band.crop((max(0, left - OVERLAP), 0, min(band.width, left + TILE + OVERLAP), band.height))
        # What cameras and scanners wrote into the file is not served.
        tile.info.clear()
        stream = io.BytesIO()
        tile.save(stream, "JPEG", quality=QUALITY, subsampling="4:4:4")
        yield stream.getvalue()
