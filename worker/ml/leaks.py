"""Hold apart what a model learns from and what it is measured on; what slips through is an error, never a figure."""

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

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


def check_training(learned: Flags, may_learn: Flags, contents: Sequence[Hashable]) -> None:
    """Refuse to learn from images that are set aside, or from images with the same bytes as one of those.

    Args:
        learned: the images that a model is fitted on, bool [n].
        may_learn: the images of the training split, bool [n].
        contents: what is equal where two images have the same bytes, per image.

    Raises:
        LeakError: when it would.

    """
    if (learned & ~may_learn).any():
        raise LeakError(f"{int((learned & ~may_learn).sum())} images that are no training images would be learned")
    if (learned & copies(may_learn, contents)).any():
        raise LeakError("a copy of an image that is set aside would be learned")


def copies(may_learn: Flags, contents: Sequence[Hashable]) -> Flags:
    """Return which images of the training split have the bytes of an image outside it, bool [n]."""
    aside = {content for content, inside in zip(contents, may_learn, strict=True) if not inside}
    return np.array(
        [inside and content in aside for content, inside in zip(contents, may_learn, strict=True)], dtype=np.bool_
    )
