"""Time zones by their names, as browsers tell them."""

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def zone_named(name: str) -> tzinfo:
    """Give the zone of a name such as Europe/Berlin; UTC where this machine knows no such zone."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # A name that is a path, or of a folder, is none either.
        return UTC


def name_of(zone: tzinfo) -> str:
    """Give the name that a zone goes by."""
    return zone.key if isinstance(zone, ZoneInfo) else "UTC"
