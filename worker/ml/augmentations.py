"""Say how training images are changed at random, in fastai's terms."""

from typing import Any

from fastai.vision.augment import Flip, Rotate, Zoom, setup_aug_tfms

from worker.ml.finetune_config import FinetuneConfig


def batch_transforms(config: FinetuneConfig) -> list[Any]:
    """Return what changes a batch of training images [b, 3, s, s], floats of 0 to 1, on the device."""
    changes: list[Any] = (
        setup_aug_tfms([Rotate(max_deg=90, p=0.75), Zoom(), Flip()]) if config.augment == "lesson" else []
    )
    return changes
