"""Hold apart what a model learns from and what it is measured on; what slips through is an error, never a figure."""

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

from app.domain.statuses import Split

Flags = npt.NDArray[np.bool_]


class LeakError(RuntimeError):
    """A model was about to learn from what it is to be measured on."""


def check_fold(used: Flags, held: Flags, groups: Sequence[Hashable] | None = None) -> None:
    """Refuse a fold that would learn from a row it predicts, or from another row of that row's group.

    Args:
        used: the rows that a head is fitted on, bool [n].
        held: the rows that it is to predict, bool [n].
        groups: what may not be torn apart, per row.

    Raises:
        LeakError: when it would.

    """
    if (used & held).any():
        raise LeakError(f"{int((used & held).sum())} rows would be predicted by a head that has learned them")
    if groups is None:
        return
    held_groups = {group for group, out in zip(groups, held, strict=True) if out}
    if any(group in held_groups for group, learned in zip(groups, used, strict=True) if learned):
        raise LeakError("a head would learn from the groups that it is to predict")


def check_training(learned: Flags, splits: Sequence[Split | None], contents: Sequence[Hashable]) -> None:
    """Refuse to learn from images that are set aside, or from images with the same bytes as one of those.

    Args:
        learned: the images that a model is fitted on, bool [n].
        splits: the split of every image.
        contents: what is equal where two images have the same bytes, per image.

    Raises:
        LeakError: when it would.

    """
    others = np.array([split is not Split.TRAIN for split in splits], dtype=np.bool_)
    if (learned & others).any():
        raise LeakError(f"{int((learned & others).sum())} images that are no training images would be learned")
    if (learned & set_aside_too(splits, contents)).any():
        raise LeakError("a copy of an image that is set aside would be learned")


def set_aside_too(splits: Sequence[Split | None], wholes: Sequence[Hashable]) -> Flags:
    """Return which training images are of a whole (bytes, or a group) that has images set aside too, bool [n]."""
    aside = {whole for whole, split in zip(wholes, splits, strict=True) if split in {Split.VALIDATION, Split.TEST}}
    return np.array(
        [split is Split.TRAIN and whole in aside for whole, split in zip(wholes, splits, strict=True)], dtype=np.bool_
    )
