"""Colour profiles: from whatever a scanner or press embedded to sRGB."""

import io
import logging

from PIL import Image, ImageCms

from app.i18n import gettext as _

log = logging.getLogger(__name__)

# Which ICC colour space may describe which Pillow mode.
_SPACES = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK", "LAB": "Lab"}

_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def profile_problem(profile: bytes | None, mode: str) -> str | None:
    """Say that an embedded colour profile cannot be used, or return None where it can or there is none."""
    if not profile or mode not in _SPACES:
        return None
    if _parse(profile, mode) is None:
        return _("The embedded colour profile is damaged or does not fit; the colours are shown without it.")
    return None


def with_profile(image: Image.Image, profile: bytes | None) -> Image.Image | None:
    """Convert L, RGB or CMYK pixels by their ICC profile to sRGB; None where the profile cannot be used."""
    parsed = _parse(profile, image.mode) if profile else None
    if parsed is None:
        return None
    try:
        converted = ImageCms.profileToProfile(
            image,
            parsed,
            _SRGB,
            # Relative colorimetric with black point compensation keeps in-gamut colours exact and blacks black,
            # which is what image editors do.
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        log.info("colour profile not applied: %r", error)
        return None
    return converted


def lab_to_srgb(image: Image.Image) -> Image.Image:
    """Convert CIE L*a*b* (D50) pixels to sRGB."""
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    converted = ImageCms.profileToProfile(
        image, lab, _SRGB, renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC, outputMode="RGB"
    )
    if converted is None:  # pragma: no cover - only with inPlace=True
        raise AssertionError
    return converted


def _parse(profile: bytes, mode: str) -> ImageCms.ImageCmsProfile | None:
    try:
        parsed = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = parsed.profile.xcolor_space.strip()
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        log.info("unreadable colour profile: %r", error)
        return None
    return parsed if space == _SPACES.get(mode) else None
