"""Keep a trained model as weights (safetensors) and a manifest (JSON), whole or not at all; no pickle is ever read."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from app.domain.statuses import Recipe
from app.errors import ConflictError
from app.i18n import gettext as _
from worker.ml.backbones import VIEWS, Backbone, Transform
from worker.ml.files import directory_made, write_json
from worker.ml.tensors import write_tensors

# Raised whenever an older reader could misread what is written.
FORMAT = 1
MANIFEST = "manifest.json"
WEIGHTS = "weights.safetensors"

_PACKAGES = ("loupe", "torch", "torchvision", "timm", "fastai", "numpy", "pillow", "safetensors")


class CheckpointUnusableError(ConflictError):
    """A checkpoint is missing, damaged or from another version of Loupe."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Say what a checkpoint's weights are and how they came to be."""

    recipe: Recipe
    labels: tuple[str, ...]
    backbone: str
    # sha256 of the pretrained weights that training started from.
    backbone_digest: str
    transform: Transform
    views: tuple[str, ...]
    seed: int
    config: Mapping[str, object] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    # What else is worth knowing: constant labels, the chosen strength or rate, the best epoch.
    details: Mapping[str, object] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """Return the manifest for JSON."""
        return {
            "format": FORMAT,
            "recipe": self.recipe.value,
            "labels": list(self.labels),
            "backbone": self.backbone,
            "backbone_digest": self.backbone_digest,
            "transform": self.transform.to_dict(),
            "views": list(self.views),
            "seed": self.seed,
            "config": dict(self.config),
            "versions": dict(self.versions),
            "details": dict(self.details),
        }


def versions() -> dict[str, str]:
    """Return the versions that a run's result may depend on."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            # Running from a checkout that was never installed; the rest is still worth knowing.
            continue
    return found


def manifest_for(
    recipe: Recipe,
    labels: Sequence[str],
    backbone: Backbone,
    *,
    seed: int,
    config: Mapping[str, object],
    details: Mapping[str, object],
    views: Sequence[str] = VIEWS,
    transform: Transform | None = None,
) -> Manifest:
    """Return the manifest of a model trained on a backbone, with the versions in use."""
    return Manifest(
        recipe,
        tuple(labels),
        backbone.name,
        backbone.digest,
        transform or backbone.transform,
        tuple(views),
        seed,
        config,
        versions(),
        details,
    )


def write_checkpoint(directory: Path, manifest: Manifest, weights: Mapping[str, torch.Tensor]) -> None:
    """Write a checkpoint as a new folder.

    Raises:
        CheckpointUnusableError: when the folder exists already; a checkpoint never changes.
        DiskFullError: when there is no room.

    """
    if directory.exists():
        raise CheckpointUnusableError(_("There is a checkpoint of this run already."))
    with directory_made(directory) as scratch:
        write_tensors(scratch / WEIGHTS, weights)
        write_json(scratch / MANIFEST, manifest.to_dict())


def read_manifest(directory: Path) -> Manifest:
    """Read a checkpoint's manifest.

    Raises:
        CheckpointUnusableError: when it is missing, damaged or of another format.

    """
    try:
        raw = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
        if raw["format"] != FORMAT:
            raise CheckpointUnusableError(
                _("This model was written by another version of Loupe. Please train it again.")
            )
        return Manifest(
            Recipe(raw["recipe"]),
            tuple(raw["labels"]),
            raw["backbone"],
            raw["backbone_digest"],
            _transform(raw["transform"]),
            tuple(raw["views"]),
            raw["seed"],
            raw["config"],
            raw["versions"],
            raw["details"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged() from error


def read_weights(directory: Path) -> dict[str, torch.Tensor]:
    """Read a checkpoint's weights.

    Raises:
        CheckpointUnusableError: when they are missing or damaged.

    """
    try:
        weights: dict[str, torch.Tensor] = load_file(directory / WEIGHTS)
    except (OSError, ValueError, SafetensorError) as error:
        raise _damaged() from error
    return weights


def _damaged() -> CheckpointUnusableError:
    return CheckpointUnusableError(_("The files of this model are missing or damaged. Please train it again."))


def _transform(raw: Mapping[str, object]) -> Transform:
    """Return the transform of a manifest."""
    size, interpolation, crop, mean, std = (raw[key] for key in ("size", "interpolation", "crop", "mean", "std"))
    return Transform(int(str(size)), str(interpolation), float(str(crop)), _triple(mean), _triple(std))


def _triple(raw: object) -> tuple[float, float, float]:
    if not isinstance(raw, list):
        raise TypeError
    red, green, blue = (float(value) for value in raw)
    return red, green, blue
