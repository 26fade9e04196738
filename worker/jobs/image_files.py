"""One file on its way into the storage: copied, looked at, shrunk, hashed, kept."""

import hashlib
import logging
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from PIL import Image

from app.config import Settings
from app.errors import AppError
from app.formats.entries import Entry
from app.i18n import gettext as _
from app.services.import_results import NewImage
from app.storage import Storage
from worker.imaging import ImageLimits, ImageRefused, Rendition, inspect_image, perceptual_hash, write_renditions

log = logging.getLogger(__name__)
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")
_UNSIGNED = (1 << 64) - 1


@dataclass(frozen=True)
class Taken:
    """A file of a source, copied to a place of our own."""

    name: str
    path: Path
    sha256: str
    size: int


@dataclass(frozen=True)
class Prepared:
    """An image that is kept, and what a person should know about it."""

    image: NewImage
    notes: Sequence[str]


class _Hashing:
    """Hashes what is written through it, so that a file is read once only."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self.digest = hashlib.sha256()

    def write(self, chunk: bytes) -> int:
        self.digest.update(chunk)
        return self._target.write(chunk)


def image_limits(settings: Settings) -> ImageLimits:
    """Give the bounds of images that this installation sets."""
    return ImageLimits(pixels=settings.image_max_megapixels * 1_000_000)


def take(entry: Entry, folder: Path) -> Taken:
    """Copy a file out of its source; EntryRefused where that cannot be done."""
    # What the name ends in is compared with what the file is; the rest of the name never reaches the disk.
    suffix = PurePosixPath(entry.name).suffix.lower()
    path = folder / f"{secrets.token_hex(8)}{suffix if _SUFFIX.fullmatch(suffix) else ''}"
    try:
        with path.open("wb") as stream:
            hashing = _Hashing(stream)
            size = entry.copy_to(cast("BinaryIO", hashing))
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Taken(entry.name, path, hashing.digest.hexdigest(), size)


def prepare(taken: Taken, storage: Storage, limits: ImageLimits) -> Prepared:
    """Look at an image, write its renditions and keep its bytes; ImageRefused where it is none."""
    try:
        info = inspect_image(taken.path, limits)
        look = write_missing_renditions(taken.path, taken.sha256, storage, limits)
        keep(taken, storage)
    finally:
        taken.path.unlink(missing_ok=True)
    image = NewImage(
        name=taken.name,
        sha256=taken.sha256,
        size_bytes=taken.size,
        format=info.format,
        width=info.width,
        height=info.height,
        perceptual_hash=look,
    )
    return Prepared(image, info.notes)


def write_missing_renditions(source: Path, sha256: str, storage: Storage, limits: ImageLimits) -> str:
    """Write the renditions that are not there, and give the perceptual hash of the thumbnail in hexadecimal."""
    thumbnail = storage.rendition(sha256, "thumbnail")
    targets = {Rendition.THUMBNAIL: thumbnail, Rendition.SCREEN: storage.rendition(sha256, "screen")}
    try:
        write_renditions(source, {kind: path for kind, path in targets.items() if not storage.renew(path)}, limits)
        with Image.open(thumbnail) as picture:
            return f"{perceptual_hash(picture) & _UNSIGNED:016x}"
    except AppError:
        raise
    except MemoryError as error:
        raise ImageRefused(_("The image needs more memory than this computer has free. Save it smaller.")) from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            # A full disk is not the image's fault, and no other image would fare better.
            raise
        # Pixels that a decoder accepts can still make a converter raise anything; the other images go on.
        log.exception("an image could not be converted")
        raise ImageRefused(_("The image cannot be converted. Open it in an image program and save it anew.")) from error


def keep(taken: Taken, storage: Storage) -> None:
    """Move the bytes into the storage, unless they are there."""
    target = storage.original(taken.sha256)
    if storage.renew(target):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with taken.path.open("rb") as stream:
        os.fsync(stream.fileno())
    taken.path.replace(target)
