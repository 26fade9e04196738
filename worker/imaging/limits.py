"""What an image may cost before it is refused, and the refusal itself."""

from dataclasses import dataclass

from app.errors import AppError


class ImageRefused(AppError):  # noqa: N818 - it is a refusal with a sentence, not a malfunction.
    """A file that cannot be used as an image; the sentence says what is wrong and what to do."""

    status = 422


@dataclass(frozen=True)
class ImageLimits:
    """Bounds that keep one hostile or broken file from taking the machine down."""

    # A 600 dpi scan of an A3 newspaper page has 70 megapixels; 200 leaves room for a broadsheet, and decoding
    # 200 megapixels to RGB takes 0.8 GB of memory, which a laptop has.
    pixels: int = 200_000_000
    # 200 megapixels of uncompressed 16-bit RGB are 1.2 GB; a larger file holds something else besides.
    file_bytes: int = 2_000_000_000
    # WebP and many viewers stop at 16 383, JPEG at 65 535; no scan is longer, but forged headers often are.
    side: int = 65_535


LIMITS = ImageLimits()
