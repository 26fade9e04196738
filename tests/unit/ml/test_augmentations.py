from dataclasses import replace
from typing import Any

import pytest
import torch
from fastai.vision.augment import aug_transforms
from fastai.vision.core import TensorImage

from worker.ml.augmentations import batch_transforms
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.learner import seed_everything

CONFIG = FinetuneConfig(size=32)


def changed(changes: list[Any], side: int = 32, seed: int = 1) -> torch.Tensor:
    seed_everything(seed)
    images = TensorImage(torch.linspace(0, 1, 2 * 3 * side * side).view(2, 3, side, side) ** 0.5)
    for change in sorted(changes, key=lambda each: each.order):
        images = change(images, split_idx=0)
    return images.as_subclass(torch.Tensor)


def test_the_presets_are_fastais_own() -> None:
    assert batch_transforms(replace(CONFIG, augment="none")) == []
    usual = batch_transforms(replace(CONFIG, augment="fastai"))
    assert torch.equal(changed(usual), changed(aug_transforms()))
    chosen = batch_transforms(
        replace(CONFIG, augment="custom", flip=False, rotate_degrees=45, zoom_most=1.5, warp=0.0, lighting=0.6)
    )
    peer = aug_transforms(do_flip=False, max_rotate=45, max_zoom=1.5, max_warp=0, max_lighting=0.6)
    assert torch.equal(changed(chosen), changed(peer))
    turned = batch_transforms(replace(CONFIG, augment="custom", flip_vertical=True))
    assert torch.equal(changed(turned), changed(aug_transforms(flip_vert=True)))


def test_what_is_switched_off_changes_nothing() -> None:
    nothing = replace(CONFIG, augment="custom", flip=False, rotate_degrees=0, zoom_most=1.0, warp=0.0, lighting=0.0)
    assert batch_transforms(nothing) == []


@pytest.mark.parametrize("augment", ["lesson", "fastai", "none", "custom"])
@pytest.mark.parametrize(("presize", "min_scale"), [(None, 1.0), (48, 1.0), (48, 0.5), (None, 0.5), (16, 1.0)])
def test_images_come_out_at_the_size_asked_for(augment: Any, presize: int | None, min_scale: float) -> None:
    config = replace(CONFIG, augment=augment, presize=presize, min_scale=min_scale)
    side = max(presize or 32, 32)
    assert changed(batch_transforms(config), side).shape == (2, 3, 32, 32)


def test_without_lighting_a_larger_image_is_only_made_smaller() -> None:
    config = replace(CONFIG, augment="none", presize=64)
    side = torch.linspace(0, 1, 64)
    ramp = TensorImage(side.expand(2, 3, 64, 64).contiguous())
    (smaller,) = batch_transforms(config)
    found = smaller(ramp, split_idx=0).as_subclass(torch.Tensor)
    assert torch.allclose(found[0, 0, 5], torch.linspace(0, 1, 32), atol=0.03)


def test_a_random_cut_shows_at_least_the_share_asked_for() -> None:
    config = replace(CONFIG, augment="none", min_scale=0.5)
    (cut,) = batch_transforms(config)
    # Horizontally the value is the place: what is left of the range is the side of the cut.
    ramp = TensorImage(torch.linspace(0, 1, 32).expand(1, 3, 32, 32).contiguous())
    seed_everything(3)
    sides = [float((found := cut(ramp, split_idx=0)).max() - found.min()) for _ in range(40)]
    assert min(sides) >= 0.5**0.5 - 0.06
    assert min(sides) < 0.8
    assert max(sides) > 0.9
