"""Say how training images are changed at random, in fastai's terms."""

from typing import Any

from fastai.vision.augment import (
    AffineCoordTfm,
    Flip,
    RandomResizedCropGPU,
    Rotate,
    Zoom,
    aug_transforms,
    setup_aug_tfms,
)

from app.domain.statuses import Split
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.reading import stored_side


def batch_transforms(config: FinetuneConfig) -> list[Any]:
    """Return what changes a batch of training images, floats of 0 to 1, [b, 3, p, p] to [b, 3, s, s], on the device.

    Images that were decoded larger are turned, zoomed and brought to size in one step, as fastai's presizing does;
    where random crops are asked for they bring them to size, after all else.
    """
    is_cut = config.min_scale < 1
    is_larger = stored_side(config, Split.TRAIN) > config.size
    size = config.size if is_larger and not is_cut else None
    changes = _changes(config, size)
    if size is not None and not any(isinstance(change, AffineCoordTfm) for change in changes):
        changes.insert(0, AffineCoordTfm(size=size, align_corners=True))
    if is_cut:
        changes.append(RandomResizedCropGPU(config.size, min_scale=config.min_scale, ratio=(1, 1)))
    return changes


def _changes(config: FinetuneConfig, size: int | None) -> list[Any]:
    """Return the changes without crops; the first of them brings images to `size`, where that is given."""
    if config.augment == "lesson":
        lesson: list[Any] = setup_aug_tfms([Rotate(max_deg=90, p=0.75, size=size), Zoom(size=size), Flip(size=size)])
        return lesson
    if config.augment == "fastai":
        usual: list[Any] = aug_transforms(size=size)
        return usual
    if config.augment == "custom":
        chosen: list[Any] = aug_transforms(
            do_flip=config.flip or config.flip_vertical,
            flip_vert=config.flip_vertical,
            max_rotate=config.rotate_degrees,
            max_zoom=config.zoom_most,
            max_warp=config.warp,
            max_lighting=config.lighting,
            size=size,
        )
        return chosen
    return []
