"""Settings are documented in one place, and the compose file uses only settings that exist."""

from pathlib import Path

import pytest
import yaml

from app.config import ROOT, Settings

PAGE = ROOT / "docs" / "settings.md"


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_setting_is_documented_in_its_own_words(name: str) -> None:
    field = Settings.model_fields[name]
    row = next(
        line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith(f"| `LOUPE_{name.upper()}` |")
    )
    assert field.description is not None
    assert field.description in row


def test_compose_sets_only_settings_that_exist() -> None:
    compose = yaml.safe_load(Path(ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    known = {f"LOUPE_{name.upper()}" for name in Settings.model_fields}
    for service in compose["services"].values():
        given = {key for key in service.get("environment", {}) if key.startswith("LOUPE_")}
        assert given <= known
