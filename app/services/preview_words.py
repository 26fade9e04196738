"""What the steps of a training's data mean, in words a project lead understands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.i18n import gettext as _


@dataclass(frozen=True)
class StepRow:
    """One step in words: what happens, and what is there afterwards."""

    title: str
    sentence: str
    # As the program calls it, for those who know fastai.
    type: str
    shape: str
    range: str


@dataclass(frozen=True)
class Culprit:
    """An image that something is wrong with; the sentence says what."""

    image_id: int
    name: str
    sentence: str


@dataclass(frozen=True)
class StepWords:
    """What a check of the pipeline found."""

    recipe: str
    rows: Sequence[StepRow]
    # Why the steps end early; empty where they do not.
    stopped: str
    failures: Sequence[Culprit]
    missing: Sequence[Culprit]
    n_missing: int
    n_images: int
    n_batch: int
    example: Culprit | None
    # The example's answers by label id: "present", "absent", "disputed" or None.
    targets: Mapping[str, str | None]

    @property
    def is_well(self) -> bool:
        """Tell whether every step went through."""
        return bool(self.rows) and not (self.stopped or self.failures or self.missing)


def words_of_steps(check: Mapping[str, Any]) -> StepWords:
    """Put into words what a check of the pipeline noted."""
    example = check.get("example")
    return StepWords(
        recipe=check["recipe"],
        rows=[_row(step) for step in check["steps"]],
        stopped=check["stopped"],
        failures=[Culprit(**each) for each in check["failures"]],
        missing=[
            Culprit(each["image_id"], each["name"], _("Its file is missing from the data folder."))
            for each in check["missing"]
        ],
        n_missing=check["n_missing"],
        n_images=check["n_images"],
        n_batch=check["n_batch"],
        example=Culprit(example["image_id"], example["name"], "") if example else None,
        targets=check.get("targets", {}),
    )


def _row(step: Mapping[str, Any]) -> StepRow:
    title, sentence = _told(step["kind"], step["name"])
    low, high = step["low"], step["high"]
    return StepRow(
        title=title,
        sentence=sentence,
        type=" ".join(filter(None, [step["type"], step["numbers"]])),
        shape=" x ".join(str(side) for side in step["shape"]),
        range=""
        if low is None or high is None
        else _("%(low)s to %(high)s") % {"low": f"{low:.3g}", "high": f"{high:.3g}"},
    )


def _told(kind: str, name: str) -> tuple[str, str]:
    if kind == "change":
        return _change(name)
    if kind in {"view", "input", "network"}:
        return _view(kind, name)
    return {
        "file": (
            _("The image's screen version (%(format)s)") % {"format": name},
            _("Upright and in sRGB, at most 2048 pixels; every network is given it. Width, then height."),
        ),
        "decoded": (
            _("Decoded and brought to size"),
            _("Height, width, and red, green, blue, as whole numbers from 0 to 255."),
        ),
        "tensor": (_("Handed over as one item"), _("The same numbers in the order of PyTorch: colours first.")),
        "target": (
            _("The item's answers"),
            _("One number a label: 1 present, 0 absent, -1 unknown, which is left out of the loss."),
        ),
        "batch": (_("Several items put together"), _("The first number is how many; all have the same size by now.")),
        "batch_targets": (_("The answers of the batch"), _("Images, then labels.")),
        "embedding": (
            _("The embedding that is kept"),
            _("The mean over the views, in half precision. The head learns from this and never sees the image again."),
        ),
    }[kind]


def _view(kind: str, name: str) -> tuple[str, str]:
    views = {
        "whole": _("all of it, squeezed into a square"),
        "centre": _("its middle, undistorted"),
        "whole-mirrored": _("all of it, squeezed and mirrored"),
        "centre-mirrored": _("its middle, mirrored"),
    }
    view = views.get(name, name)
    if kind == "view":
        return _("A view of the image: %(view)s") % {"view": view}, _("Whole numbers from 0 to 255.")
    if kind == "input":
        return (
            _("Normalised, as the network was taught"),
            _("Mean and spread of the photographs it learned from are taken off."),
        )
    return _("What the network sees in the view"), _("One number for each thing that it learned to look for.")


def _change(name: str) -> tuple[str, str]:
    known = {
        "IntToFloatTensor": (_("To fractions"), _("From whole numbers up to 255 to fractions from 0 to 1.")),
        "Normalize": (
            _("Normalised, as the network was taught"),
            _("Mean and spread of the photographs it learned from are taken off. This is what the network gets."),
        ),
        "RandomResizedCropGPU": (_("Cut out at random"), _("A part of the image, brought to size.")),
    }
    if name in known:
        return known[name]
    if name in _POSITIONS:
        return (
            _("Moved at random"),
            _("Turned, mirrored, zoomed and warped as chosen, all in one go, so that it is resampled only once."),
        )
    if name in _LIGHTS:
        return _("Lit at random"), _("Brightness and contrast as chosen.")
    return _("Changed by “%(name)s”") % {"name": name}, ""


# As fastai calls changes that it puts together into one.
_POSITIONS = frozenset({"AffineCoordTfm", "Rotate", "Zoom", "Flip", "Dihedral", "Warp", "DeterministicFlip"})
_LIGHTS = frozenset({"LightingTfm", "Brightness", "Contrast", "Saturation", "Hue", "SpaceTfm"})
