"""What a way of dividing would do, counted before anything is written."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.domain.statuses import Split, SplitMethod
from app.i18n import gettext as _
from app.i18n import ngettext
from app.models import Label
from app.services import split_plans
from app.services.split_choices import SplitChoice
from app.services.split_plans import Flags, Material

# A group of more than this share of the images leaves little room to divide the rest as wished.
LARGE_GROUP = 0.2


@dataclass(frozen=True)
class Counted:
    """How many images a split holds, and in how many of them each label is present."""

    images: int
    present: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Preview:
    """What each split would receive, and what it would hold then; `planned` is the split of every image after it."""

    labels: tuple[Label, ...]
    planned: tuple[Split | None, ...]
    received: dict[Split, Counted]
    held: dict[Split, Counted]
    notes: tuple[str, ...]

    @property
    def n_new(self) -> int:
        """Count the images that would get a split."""
        return sum(part.images for part in self.received.values())

    @property
    def splits(self) -> list[Split]:
        """List the splits that hold anything, or are there anyway."""
        return [split for split in Split if split is not Split.TEST or self.held[split].images]


def preview(material: Material, live: Sequence[Label], choice: SplitChoice, *, anew: bool = False) -> Preview:
    """Divide as a training would, or as if no image had a split yet, and count."""
    planned = split_plans.divide(material, choice, anew=anew)
    new = material.known if anew else material.new
    return Preview(
        labels=tuple(live),
        planned=tuple(planned),
        received=_counted(material, planned, new),
        held=_counted(material, planned, material.known),
        notes=tuple(_notes(material, planned, new, choice)),
    )


def _counted(material: Material, planned: Sequence[Split | None], which: Flags) -> dict[Split, Counted]:
    present = material.truth == 1
    found = {}
    for split in Split:
        rows = which & np.array([each is split for each in planned], dtype=np.bool_)
        found[split] = Counted(int(rows.sum()), tuple(present[rows].sum(axis=0).tolist()))
    return found


def _notes(material: Material, planned: Sequence[Split | None], new: Flags, choice: SplitChoice) -> list[str]:
    notes = []
    if choice.method is SplitMethod.COLUMN:
        notes += _about_column(material, planned, new, choice)
    if choice.method is SplitMethod.GROUPED:
        notes += _about_groups(material, choice)
    known = [split for split, is_known in zip(planned, material.known, strict=True) if is_known]
    if known and Split.VALIDATION not in known:
        notes.append(_("No image would be left to measure on: there would be no figures and no tuned thresholds."))
    if known and Split.TRAIN not in known:
        notes.append(_("No image would be left to learn from: a training would be refused."))
    return notes


def _about_column(material: Material, planned: Sequence[Split | None], new: Flags, choice: SplitChoice) -> list[str]:
    named = split_plans.named_splits(material, choice)
    rows = np.flatnonzero(new).tolist()
    silent = sum(named[row] is None for row in rows)
    other = sum(named[row] not in {None, planned[row]} for row in rows)
    notes = []
    if silent:
        told = ngettext(
            "The column names no split for %(count)s of these images; it is divided so that labels keep their shares.",
            "The column names no split for %(count)s of these images; they are divided so that labels keep their "
            "shares.",
            silent,
        )
        notes.append(told % {"count": silent})
    if other:
        told = ngettext(
            "%(count)s image goes elsewhere than the column says, because one that shows nearly the same is there.",
            "%(count)s images go elsewhere than the column says, because others that show nearly the same are there.",
            other,
        )
        notes.append(told % {"count": other})
    return notes


def _about_groups(material: Material, choice: SplitChoice) -> list[str]:
    known = material.known
    groups = Counter(split_plans.groups_of(material, choice)[known].tolist())
    if not groups:
        return []
    n, largest = int(known.sum()), max(groups.values())
    alone = sum(value is None for value, is_known in zip(material.values, known, strict=True) if is_known)
    told = _("The images fall into %(groups)s groups; the largest holds %(largest)s of %(n)s.")
    notes = [told % {"groups": len(groups), "largest": largest, "n": n}]
    if largest > LARGE_GROUP * n:
        notes.append(_("With a group that large the shares may be far from what you chose."))
    if alone:
        told = ngettext(
            "%(count)s image has nothing there and is divided on its own.",
            "%(count)s images have nothing there and are divided one by one.",
            alone,
        )
        notes.append(told % {"count": alone})
    return notes
