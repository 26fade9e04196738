"""A file is checked setting by setting before anything is trained by it."""

import json
from typing import Any

import pytest

from app.domain.statuses import Recipe
from app.errors import InvalidInputError
from app.models import Configuration
from app.services import configuration_files
from app.services.run_configs import default_config

MANY: dict[str, Any] = {f"s{number}": 1 for number in range(60)}


def document(recipe: str = "finetune", **settings: object) -> bytes:
    whole = {"format": "loupe-configuration", "version": 1, "name": "n", "recipe": recipe, "settings": settings}
    return json.dumps(whole).encode()


@pytest.mark.parametrize("recipe", list(Recipe))
def test_a_configuration_comes_back_from_its_file(recipe: Recipe) -> None:
    kept = Configuration(project_id=1, name="usual", recipe=recipe, config=default_config(recipe))
    read = configuration_files.read_file(configuration_files.file_text(kept).encode())
    assert (read.name, read.recipe, read.config) == ("usual", recipe, default_config(recipe))


def test_what_is_missing_in_a_file_takes_its_usual_value() -> None:
    assert configuration_files.read_file(document(size=96)).config == default_config(Recipe.FINETUNE) | {"size": 96}


def test_settings_of_an_older_version_are_written_without_what_means_nothing_now() -> None:
    config = {"backbone": "resnet18", "gone": 3}
    text = configuration_files.file_text(Configuration(project_id=1, name="old", recipe=Recipe.QUICK, config=config))
    assert json.loads(text)["changed"] == {"backbone": "resnet18"}
    assert "gone" not in text


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (document("slow"), "asks for the recipe “slow”; this Loupe knows quick, finetune"),
        (document(colour=1, hue=2), "does not know these settings of the recipe “finetune”: colour, hue."),
        (document("finetune", **MANY), "…"),
        (document(size=7), "“size”: Please give a whole number from 28 to 768."),
        (document(size=[128]), "“size”: Please give a whole number"),
        (document(size=True), "“size”: Please give a whole number"),
        (document(augment={"a": 1}), "“augment”: Please choose"),
        (document(backbone=["resnet18"]), "“backbone”: This cannot be used here."),
        (document(base_lr=10**400), "“base_lr”: Please give a number"),
        (document(epochs_frozen=0, epochs_unfrozen=0), "at least one epoch"),
    ],
)
def test_what_a_setting_does_not_take_is_told_by_its_name(data: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        configuration_files.read_file(data)
    assert sentence in refused.value.sentence
