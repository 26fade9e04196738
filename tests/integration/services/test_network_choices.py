"""The networks a form offers say how large they are and where their weights come from."""

import re
from pathlib import Path

import pytest

from app.domain.architectures import ARCHITECTURES
from app.domain.statuses import Recipe
from app.services.network_choices import network_choices
from app.storage import Storage


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(tmp_path)


def words(storage: Storage, recipe: Recipe = Recipe.FINETUNE) -> dict[str, str]:
    return {choice.name: choice.words for choice in network_choices(recipe, storage)}


def test_every_network_tells_its_size_and_its_weights(storage: Storage) -> None:
    told = words(storage)
    assert set(told) == {each.name for each in ARCHITECTURES}
    assert told["tf_efficientnet_lite0"].endswith("comes with Loupe")
    assert told["tiny_vgg"].endswith("learns from your images alone")
    assert re.fullmatch(
        r"ResNet 34 · 21\.\d million parameters · fetched from the internet on first use", told["resnet34"]
    )


def test_weights_that_are_here_already_are_told(storage: Storage) -> None:
    storage.backbones.mkdir(parents=True, exist_ok=True)
    (storage.backbones / f"resnet34-{'a' * 64}.safetensors").touch()
    (storage.backbones / "resnet50.partial").touch()
    assert words(storage)["resnet34"].endswith("already fetched")
    assert words(storage)["resnet50"].endswith("on first use")


def test_the_quick_recipe_offers_what_it_can_use(storage: Storage) -> None:
    assert set(words(storage, Recipe.QUICK)) == {each.name for each in ARCHITECTURES if each.is_quick}
