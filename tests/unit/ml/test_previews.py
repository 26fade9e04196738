from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
from fastai.data.transforms import Normalize
from fastai.vision.core import TensorImage
from PIL import Image

from tests.unit.ml.pictures import dataset
from worker.ml.backbones import transform_of
from worker.ml.dataset import ImageUnreadableError, Item
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.pipeline_checks import check_finetune
from worker.ml.previews import show_batch, show_one, to_colours

PLAIN = FinetuneConfig(size=48, augment="none")
LESSON = FinetuneConfig(size=48, augment="lesson")


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> list[Item]:
    return list(dataset(tmp_path_factory.mktemp("pictures"), 4).items)


def test_without_changes_the_pictures_are_the_images(items: list[Item]) -> None:
    shown = show_batch(items, PLAIN, 0)
    assert shown.shape == (4, 48, 48, 3)
    assert shown.dtype == np.uint8
    for item, picture in zip(items, shown, strict=True):
        with Image.open(item.path) as file:
            whole = np.asarray(file.convert("RGB").resize((48, 48), Image.Resampling.BICUBIC))
        # Normalised and back again: one step of 255 at most.
        assert np.abs(picture.astype(int) - whole.astype(int)).max() <= 1


def test_the_same_seed_shows_the_same_changes(items: list[Item]) -> None:
    first, again, other = (show_batch(items, LESSON, seed) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_one_image_is_changed_each_time_anew(items: list[Item]) -> None:
    shown = show_one(items[1], LESSON, 6, 1)
    assert shown.shape == (6, 48, 48, 3)
    assert len({each.tobytes() for each in shown}) > 1
    plain = show_one(items[1], PLAIN, 3, 1)
    assert len({each.tobytes() for each in plain}) == 1


def test_colours_come_back_from_fastais_own_normalising() -> None:
    transform = transform_of("resnet18")
    colours = np.random.default_rng(0).integers(0, 256, (2, 5, 5, 3), dtype=np.uint8)
    shares = TensorImage(torch.from_numpy(colours).permute(0, 3, 1, 2).float() / 255)
    normalised = Normalize.from_stats(transform.mean, transform.std, cuda=False)(shares)
    assert float(normalised.min()) < -1
    assert np.array_equal(to_colours(normalised, transform), colours)


def test_a_missing_file_is_named(items: list[Item], tmp_path: Path) -> None:
    with pytest.raises(ImageUnreadableError, match="gone"):
        show_one(Item("0" * 64, tmp_path / "gone.jpg", "gone.jpg"), PLAIN, 2, 0)


@pytest.mark.parametrize("changes", [{"resize": "crop"}, {"resize": "pad"}, {"presize": 80}, {"min_scale": 0.4}])
@pytest.mark.parametrize("augment", ["none", "lesson", "fastai", "custom"])
def test_however_images_are_brought_to_size_they_have_it(
    items: list[Item], changes: dict[str, Any], augment: Literal["none", "lesson", "fastai", "custom"]
) -> None:
    shown = show_batch(items[:2], FinetuneConfig(size=48, augment=augment, **changes), 0)
    assert shown.shape == (2, 48, 48, 3)


def test_the_steps_end_with_what_the_network_gets(items: list[Item]) -> None:
    config = FinetuneConfig(size=32, presize=64)
    cells = np.array([[1, -1], [0, 1]], dtype=np.int8)
    steps = list(check_finetune(items[:2], cells, config, 0))
    kinds = [step.kind for step in steps]
    assert kinds[:6] == ["file", "decoded", "tensor", "target", "batch", "batch_targets"]
    assert steps[1].shape == (64, 64, 3)
    assert (steps[-1].name, steps[-1].shape, steps[-1].numbers) == ("Normalize", (2, 3, 32, 32), "float32")
    assert (steps[3].low, steps[3].high) == (-1, 1)
