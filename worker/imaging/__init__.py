"""Read, check and shrink image files: everything Loupe does to pixels before a model sees them."""

from worker.imaging.colour import as_srgb, to_srgb
from worker.imaging.hashing import hash_distance, perceptual_hash
from worker.imaging.inspection import ImageInfo, inspect_image
from worker.imaging.limits import LIMITS, ImageLimits, ImageRefused
from worker.imaging.renditions import (
    RENDITION_MEDIA_TYPE,
    RENDITION_SUFFIX,
    Rendition,
    write_rendition,
    write_renditions,
)

__all__ = [
    "LIMITS",
    "RENDITION_MEDIA_TYPE",
    "RENDITION_SUFFIX",
    "ImageInfo",
    "ImageLimits",
    "ImageRefused",
    "Rendition",
    "as_srgb",
    "hash_distance",
    "inspect_image",
    "perceptual_hash",
    "to_srgb",
    "write_rendition",
    "write_renditions",
]
