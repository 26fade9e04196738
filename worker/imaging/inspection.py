"""Look at an image file without trusting it: what it is, whether all of it is there, whether it is safe to open."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError

from app.errors import AppError
from app.i18n import gettext as _
from worker.imaging.limits import LIMITS, ImageLimits, ImageRefused
from worker.imaging.profiles import profile_problem
from worker.imaging.recognition import (
    EXTENSIONS,
    HEAD_BYTES,
    OPENABLE,
    SUPPORTED,
    supported_names,
    unreadable_camera_raw,
    why_not_an_image,
)

log = logging.getLogger(__name__)

# Where the first IFD of a TIFF says that it is a camera raw file (DNG): tag DNGVersion.
_DNG_VERSION = 50706

_TRANSPOSES = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = (5, 6, 7, 8)

# First bytes of files that were images once, when Pillow can make nothing of the rest.
_BEGINNINGS = (
    b"\xff\xd8\xff\xe0",
    b"\xff\xd8\xff\xe1",
    b"\xff\xd8\xff\xdb",
    b"\x89PNG",
    b"II*\x00",
    b"MM\x00*",
    b"GIF8",
)


@dataclass(frozen=True)
class ImageInfo:
    """What is known of an image that was decoded to its last pixel; width and height are those of the upright image."""

    format: str
    media_type: str
    width: int
    height: int
    frames: int
    mode: str
    has_alpha: bool
    exif_orientation: int
    notes: tuple[str, ...] = ()


def inspect_image(path: Path, limits: ImageLimits = LIMITS) -> ImageInfo:
    """Decode the whole image, cheaply, and describe it; raise ImageRefused where it cannot be used."""
    with opened(path, limits) as image:
        name = "JPEG" if image.format == "MPO" else str(image.format)
        orientation = orientation_of(image)
        has_alpha = image.has_transparency_data
        mode = image.mode
        width, height = upright_size(image, orientation)
        profile = image.info.get("icc_profile")
        # An eighth of the size makes a JPEG four times quicker to decode, yet all of its data is read.
        image.draft(None, (1, 1))
        _load(image)
        if name == "PNG":
            _verify_checksums(path)
        frames = _count_frames(image)
    notes = [note for note in (_extension_note(path, name), profile_problem(profile, mode)) if note]
    if frames > 1:
        notes.append(_("The file holds %(count)s pictures; the first one is used.") % {"count": frames})
    return ImageInfo(
        format=name,
        media_type=SUPPORTED[name],
        width=width,
        height=height,
        frames=frames,
        mode=mode,
        has_alpha=has_alpha,
        exif_orientation=orientation,
        notes=tuple(notes),
    )


@contextmanager
def opened(path: Path, limits: ImageLimits = LIMITS) -> Iterator[ImageFile.ImageFile]:
    """Open an image whose header was checked against the limits; no pixel is decoded yet."""
    with _opened_file(path, limits) as file, warnings.catch_warnings():
        # Pillow warns of odd metadata; what matters is checked here, the rest does no harm.
        warnings.simplefilter("ignore")
        # Pillow keeps this bound per process; it also guards frames and tiles that we never see.
        Image.MAX_IMAGE_PIXELS = limits.pixels
        image = _open_header(file, limits)
        with image:
            _check_size(image, limits)
            yield image


def load_upright(image: ImageFile.ImageFile) -> Image.Image:
    """Decode all pixels and turn them upright."""
    orientation = orientation_of(image)
    is_tiff = image.format == "TIFF"
    _load(image)
    # Pillow turns TIFF images by itself while loading.
    if is_tiff or orientation not in _TRANSPOSES:
        return image
    return image.transpose(_TRANSPOSES[orientation])


def orientation_of(image: Image.Image) -> int:
    """Read the EXIF orientation, 1 to 8; 1 where it is missing or nonsense."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception as error:  # noqa: BLE001 - broken metadata raises anything and must not cost the image.
        log.info("unreadable EXIF block: %r", error)
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def upright_size(image: Image.Image, orientation: int) -> tuple[int, int]:
    """Give width and height after turning upright."""
    width, height = image.size
    # Pillow reports the upright size of a TIFF already.
    if orientation in _SIDEWAYS and image.format != "TIFF":
        return height, width
    return width, height


@contextmanager
def _opened_file(path: Path, limits: ImageLimits) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise ImageRefused(_("The image file is no longer there.")) from error
    except OSError as error:
        raise ImageRefused(_("The file cannot be read: %(cause)s.") % {"cause": error.strerror or error}) from error
    with file:
        size = file.seek(0, 2)
        if size == 0:
            raise ImageRefused(_("The file is empty (0 bytes). Copy it again from where it came."))
        if size > limits.file_bytes:
            raise ImageRefused(
                _("The file has %(size)s MB; at most %(most)s MB are accepted. Save it smaller or compressed.")
                % {"size": size // 1_000_000, "most": limits.file_bytes // 1_000_000}
            )
        yield file


def _open_header(file: BinaryIO, limits: ImageLimits) -> ImageFile.ImageFile:
    file.seek(0)
    head = file.read(HEAD_BYTES)
    raw = unreadable_camera_raw(head)
    if raw:
        raise ImageRefused(raw)
    try:
        image = Image.open(file, formats=OPENABLE)
    except UnidentifiedImageError as error:
        raise ImageRefused(_unidentified(head)) from error
    except Image.DecompressionBombError as error:
        raise ImageRefused(_too_many_pixels(limits)) from error
    except Exception as error:  # a decoder fed hostile bytes raises anything; see _refusal
        raise _refusal(error) from error
    if image.format == "TIFF" and _DNG_VERSION in getattr(image, "tag_v2", {}):
        raise ImageRefused(_("This is a camera raw file (DNG). Export it as TIFF or JPEG from your raw developer."))
    return image


def _check_size(image: Image.Image, limits: ImageLimits) -> None:
    width, height = image.size
    if width < 1 or height < 1:
        raise ImageRefused(_("The image has no pixels. Export it again."))
    if width * height > limits.pixels or max(width, height) > limits.side:
        detail = _("It claims %(width)s x %(height)s pixels.") % {"width": width, "height": height}
        raise ImageRefused(f"{_too_many_pixels(limits)} {detail}")


def _too_many_pixels(limits: ImageLimits) -> str:
    return _("The image is larger than %(most)s megapixels or its header is forged. Save it smaller and try again.") % {
        "most": limits.pixels // 1_000_000
    }


def _load(image: ImageFile.ImageFile) -> None:
    """Decode every pixel, or refuse."""
    try:
        image.load()
    except Exception as error:  # a decoder fed hostile bytes raises anything; see _refusal
        raise _refusal(error) from error


def _verify_checksums(path: Path) -> None:
    """Refuse a PNG with a wrong checksum: decoding alone would show its damaged pixels without complaint."""
    try:
        with Image.open(path, formats=("PNG",)) as image:
            image.verify()
    except Exception as error:  # a decoder fed hostile bytes raises anything; see _refusal
        raise _refusal(error) from error


def _refusal(error: Exception) -> AppError:
    """Turn whatever a decoder raised into a sentence."""
    text = str(error).lower()
    log.info("image refused: %r", error)
    if isinstance(error, MemoryError):
        return ImageRefused(_("The image needs more memory than this computer has free. Save it smaller."))
    if isinstance(error, OSError) and error.errno is not None:
        return ImageRefused(_("The file cannot be read: %(cause)s.") % {"cause": error.strerror or error})
    if "decompressed data too large" in text or "text chunk" in text or "text memory" in text:
        return ImageRefused(
            _("The image carries a text note that unpacks to an enormous size. Save it again without its metadata.")
        )
    if "truncated" in text or "decoder error -2" in text or "end of file" in text or "not enough" in text:
        return ImageRefused(
            _("The end of the image is missing: a copy or download broke off. Copy it again from where it came.")
        )
    return ImageRefused(_("The image is damaged and cannot be opened. Copy it again, or open it and save it anew."))


def _unidentified(head: bytes) -> str:
    if head[:4] in _BEGINNINGS or head[4:12] in (b"ftypavif", b"ftypavis"):
        return _(
            "The image is damaged, cut off or of a kind that Loupe does not read. Copy it again, or save it anew as one"
            " of: %(formats)s."
        ) % {"formats": supported_names()}
    return why_not_an_image(head)


def _count_frames(image: ImageFile.ImageFile) -> int:
    try:
        return int(getattr(image, "n_frames", 1))
    except Exception as error:  # noqa: BLE001 - only the first frame is used; damage behind it costs nothing.
        log.info("frames cannot be counted: %r", error)
        return 1


def _extension_note(path: Path, name: str) -> str | None:
    extension = path.suffix.lower()
    known = frozenset().union(*EXTENSIONS.values())
    if extension in EXTENSIONS[name] or extension not in known:
        return None
    return _("The name ends in %(extension)s, but this is a %(format)s image; it was read as what it is.") % {
        "extension": extension,
        "format": name,
    }
