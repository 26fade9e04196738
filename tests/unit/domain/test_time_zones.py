"""Time zones by their names."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from app.domain.time_zones import name_of, zone_named


def test_a_zone_goes_by_its_name() -> None:
    zone = zone_named("Europe/Berlin")
    assert name_of(zone) == "Europe/Berlin"
    assert datetime(2026, 7, 1, tzinfo=UTC).astimezone(zone).hour == 2
    assert zone == ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize("name", ["", "Atlantis/Poseidonis", "../../etc/passwd", "/etc/passwd", "Europe", "a\0b"])
def test_what_is_no_zone_is_utc(name: str) -> None:
    assert zone_named(name) is UTC
    assert name_of(zone_named(name)) == "UTC"
