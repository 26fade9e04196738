"""Perceptual hashes, to find images that show the same thing."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Side of the small grey picture that is transformed, and of the low-frequency corner that is kept: 8 x 8 = 64 bits.
_SIDE = 32
_KEPT = 8
_BITS = 64


def perceptual_hash(image: Image.Image) -> int:
    """Hash what an image looks like: the signs of its 64 lowest cosine frequencies against their median.

    Signed 64-bit, so that SQLite and PostgreSQL keep it as an integer. After C. Zauner, Implementation and
    Benchmarking of Perceptual Image Hash Functions, 2010, section 3.2.
    """
    small = image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    pixels = np.asarray(small, dtype=np.float64)
    basis = _cosines()
    # The zeroth row and column hold overall brightness, which differs between two scans of one picture.
    low = (basis @ pixels @ basis.T)[1 : _KEPT + 1, 1 : _KEPT + 1]
    # Rounding keeps numerical dust from setting the bits of a blank image.
    low = np.round(low, 6)
    bits = (low > np.median(low)).ravel()
    unsigned = int.from_bytes(np.packbits(bits).tobytes(), "big")
    return unsigned - (1 << _BITS) if unsigned >> (_BITS - 1) else unsigned


def hash_distance(first: int, second: int) -> int:
    """Count the bits in which two hashes differ, 0 to 64; up to about 6 the images show the same thing."""
    return ((first ^ second) & ((1 << _BITS) - 1)).bit_count()


@lru_cache(maxsize=1)
def _cosines() -> NDArray[np.float64]:
    """Make the orthonormal DCT-II basis (32 x 32)."""
    frequency = np.arange(_SIDE)[:, None]
    position = np.arange(_SIDE)[None, :]
    basis = np.cos(np.pi * (2 * position + 1) * frequency / (2 * _SIDE)) * np.sqrt(2 / _SIDE)
    basis[0] /= np.sqrt(2)
    return np.asarray(basis, dtype=np.float64)
