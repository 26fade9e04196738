"""Write the small versions of an image that the pages show."""

import os
import tempfile
from collections.abc import Mapping
from enum import Enum
from pathlib import Path

from PIL import Image

from worker.imaging.colour import fitted, to_srgb
from worker.imaging.limits import LIMITS, ImageLimits

# JPEG, because a 2048 px picture takes 10 ms to write against 150 to 300 ms as WebP (a third of the import's time
# on a laptop), decodes twice as fast when the next images are preloaded, and every browser shows it. WebP would be
# a fifth smaller, which matters little on the machine or network a team shares.
RENDITION_SUFFIX = ".jpg"
RENDITION_MEDIA_TYPE = "image/jpeg"


class Rendition(Enum):
    """A size of picture that pages show; the value is the folder name."""

    THUMBNAIL = "thumbnail"
    SCREEN = "screen"

    @property
    def longest(self) -> int:
        """Give the longest side in pixels: a grid cell at double density, and a laptop screen at double density."""
        return 320 if self is Rendition.THUMBNAIL else 2048

    @property
    def quality(self) -> int:
        """Give the JPEG quality: people look closely at the screen size only."""
        return 80 if self is Rendition.THUMBNAIL else 88


def write_rendition(source: Path, target: Path, kind: Rendition, limits: ImageLimits = LIMITS) -> tuple[int, int]:
    """Write one rendition of an image file and return its width and height."""
    return write_renditions(source, {kind: target}, limits)[kind]


def write_renditions(
    source: Path, targets: Mapping[Rendition, Path], limits: ImageLimits = LIMITS
) -> dict[Rendition, tuple[int, int]]:
    """Write several renditions from one decoding of the source and return their sizes."""
    sizes: dict[Rendition, tuple[int, int]] = {}
    picture: Image.Image | None = None
    for kind in sorted(targets, key=lambda each: each.longest, reverse=True):
        if picture is None:
            picture = to_srgb(source, longest=kind.longest, limits=limits)
        else:
            picture = picture.resize(fitted(picture.size, kind.longest), Image.Resampling.LANCZOS, reducing_gap=2.0)
        _write(picture, targets[kind], kind)
        sizes[kind] = picture.size
    return sizes


def _write(picture: Image.Image, target: Path, kind: Rendition) -> None:
    """Write under a temporary name, then rename: a reader sees the whole file or none."""
    # A fresh image carries no EXIF, so no place or name leaks into what is served.
    picture.info.clear()
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            # Full colour resolution on the screen size keeps coloured lines and lettering sharp.
            subsampling = "4:2:0" if kind is Rendition.THUMBNAIL else "4:4:4"
            picture.save(file, "JPEG", quality=kind.quality, subsampling=subsampling)
        # mkstemp makes files that only their owner reads; the web process may run as another member of the group.
        temporary.chmod(0o644)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
