"""Make an upright sRGB picture of every kind of image file."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageChops

from worker.imaging.inspection import load_upright, opened, orientation_of, upright_size
from worker.imaging.limits import LIMITS, ImageLimits
from worker.imaging.profiles import lab_to_srgb, with_profile

# TIFF tags that say how many bits a sample has, what its white is, and whether zero is white.
_BITS_PER_SAMPLE = 258
_PHOTOMETRIC = 262
_MAX_SAMPLE_VALUE = 281
_WHITE_IS_ZERO = 0

# Rows scaled at a time: enough to be quick, few enough that the float copy of a large scan stays small.
_BLOCK_ROWS = 256

_DEEP_MODES = ("I", "I;16", "I;16L", "I;16B", "I;16N", "F")
_ALPHA_MODES = {"LA": "L", "RGBA": "RGB", "PA": "RGB", "La": "L", "RGBa": "RGB"}


def to_srgb(path: Path, *, longest: int | None = None, limits: ImageLimits = LIMITS) -> Image.Image:
    """Read an image as upright 8-bit sRGB on white; with `longest`, its longest side is at most that many pixels."""
    with opened(path, limits) as image:
        target = fitted(upright_size(image, orientation_of(image)), longest)
        if longest is not None:
            # A JPEG is decoded at the next larger eighth; twice the target keeps the resampling clean.
            image.draft(None, (2 * max(target), 2 * max(target)))
        picture = load_upright(image)
        if longest is not None and picture.mode in ("L", "RGB", "CMYK") and "transparency" not in picture.info:
            # Shrinking first leaves the profile few pixels to convert.
            picture = _shrunk(picture, target)
        converted = as_srgb(picture, source=image)
    return converted if longest is None else _shrunk(converted, target)


def fitted(size: tuple[int, int], longest: int | None) -> tuple[int, int]:
    """Scale a size down to a longest side, never up; a side keeps at least one pixel."""
    width, height = size
    if longest is None or max(width, height) <= longest:
        return width, height
    scale = longest / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def as_srgb(picture: Image.Image, *, source: Image.Image | None = None) -> Image.Image:
    """Convert decoded pixels of any mode to RGB in sRGB; `source` is the opened file, for its TIFF tags and markers."""
    source = source if source is not None else picture
    profile = source.info.get("icc_profile")
    if picture.mode in _DEEP_MODES:
        picture = _eight_bit(picture, getattr(source, "tag_v2", {}))
    if picture.has_transparency_data or picture.mode in _ALPHA_MODES:
        return _on_white(picture, profile)
    if picture.mode == "CMYK" and source.format == "JPEG" and "adobe" not in source.info:
        # Pillow takes every CMYK JPEG for one of Adobe's, which hold inverted values; those without its marker do not.
        picture = ImageChops.invert(picture)
    if picture.mode == "LAB":
        return lab_to_srgb(picture)
    if picture.mode not in ("L", "RGB", "CMYK"):
        picture = picture.convert("L" if picture.mode == "1" else "RGB")
    return with_profile(picture, profile) or picture.convert("RGB")


def _on_white(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Lay a picture with transparency on white, as a page would show it."""
    full = picture.convert("RGBA")
    colour = full.convert("RGB")
    if picture.mode in ("L", "LA", "La"):
        colour = colour.convert("L")
    colour = with_profile(colour, profile) or colour.convert("RGB")
    white = Image.new("RGB", colour.size, "white")
    white.paste(colour, mask=full.getchannel("A"))
    return white


def _eight_bit(picture: Image.Image, tags: object) -> Image.Image:
    """Scale deep grey samples (16 or 32 bits, integer or float) to 8 bits without clipping."""
    samples = np.asarray(picture)
    finite = samples[np.isfinite(samples)] if samples.dtype.kind == "f" else samples
    extremes = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    black, white = _sample_range(extremes, picture.mode, tags)
    if _tag(tags, _PHOTOMETRIC) == _WHITE_IS_ZERO:
        black, white = white, black
    result = np.empty(samples.shape, dtype=np.uint8)
    for top in range(0, len(samples), _BLOCK_ROWS):
        block = np.nan_to_num(samples[top : top + _BLOCK_ROWS].astype(np.float64), nan=extremes[0])
        block = np.clip(block, *extremes) - black
        result[top : top + _BLOCK_ROWS] = np.rint(np.clip(block * (255.0 / (white - black)), 0, 255))
    return Image.fromarray(result)


def _sample_range(extremes: tuple[float, float], mode: str, tags: object) -> tuple[float, float]:
    """Decide which sample values are black and white."""
    low, high = extremes
    if mode.startswith("I;16"):
        declared = float(_tag(tags, _MAX_SAMPLE_VALUE) or 2 ** (_tag(tags, _BITS_PER_SAMPLE) or 16) - 1)
        # A forged or careless tag must not clip.
        return 0.0, declared if declared >= high else 65535.0
    # Floats are 0..1 by convention; wider data uses the next common range that holds it, else what is there.
    for white in (1.0, 255.0, 65535.0) if mode == "F" else (65535.0,):
        if low >= 0 and high <= white:
            return 0.0, white
    # One value everywhere is shown black; something above it is white, so that nothing is divided by zero.
    return low, high if high > low else low + max(1.0, abs(low))


def _tag(tags: object, number: int) -> int | None:
    value = tags.get(number) if hasattr(tags, "get") else None
    if isinstance(value, tuple):
        value = value[0] if value else None
    return value if isinstance(value, int) else None


def _shrunk(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    if picture.size == size:
        return picture
    # Averaging whole pixels first (to twice the target) is several times quicker and looks the same.
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
