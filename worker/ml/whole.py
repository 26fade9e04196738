"""Open a checkpoint as one network, from pixels to probabilities, and list its layers."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import timm
import torch
from safetensors.torch import load_file
from torch import nn

from app.domain.statuses import Labelling, Recipe
from app.i18n import gettext as _
from worker.ml import portable
from worker.ml.backbones import load_backbone
from worker.ml.checkpoint import CheckpointUnusableError, Manifest, read_manifest, read_weights
from worker.ml.portable import RootedHead, Whole, fine_tuned
from worker.ml.summary import Trained, summarise


def open_whole(checkpoint: Path, weights_directory: Path, made_of: Any = portable) -> Whole:
    """Load a checkpoint as one network on the processor, ready to predict in full precision.

    Args:
        checkpoint: folder that training wrote.
        weights_directory: where pretrained weights are kept.
        made_of: `worker.ml.portable`, or a copy of it that stands alone.

    Raises:
        CheckpointUnusableError: when the checkpoint is damaged or belongs to other pretrained weights.
        BackboneUnavailableError: when the pretrained weights cannot be had.

    """
    manifest, weights = read_manifest(checkpoint), read_weights(checkpoint)
    if manifest.recipe is Recipe.FINETUNE:
        network, head = made_of.fine_tuned(manifest.backbone, weights), None
    else:
        backbone = load_file(weights_of(manifest, weights_directory))
        network = made_of.frozen(manifest.backbone, backbone, manifest.transform.size)
        head = made_of.RootedHead(weights)
    transform = manifest.transform
    whole: Whole = made_of.Whole(network, head, transform.mean, transform.std, exclusive=is_exclusive(manifest))
    return whole.eval().requires_grad_(requires_grad=False)


def weights_of(manifest: Manifest, weights_directory: Path) -> Path:
    """Find the file of the pretrained weights that a quick checkpoint stands on.

    Raises:
        CheckpointUnusableError: when those installed are others.
        BackboneUnavailableError: when they cannot be had.

    """
    backbone = load_backbone(manifest.backbone, weights_directory, device="cpu")
    if backbone.digest != manifest.backbone_digest:
        raise CheckpointUnusableError(
            _("This model was trained on other pretrained weights than those installed. Please train it again.")
        )
    return backbone.weights


def is_exclusive(manifest: Manifest) -> bool:
    """Tell whether the labels of a checkpoint share one probability."""
    return manifest.details.get("labelling") == Labelling.EXCLUSIVE.value


def summary_of(checkpoint: Path) -> dict[str, Any]:
    """List the layers of a checkpoint's network, as a run keeps them: for one view of one image.

    Raises:
        CheckpointUnusableError: when it is damaged.

    """
    manifest, weights = read_manifest(checkpoint), read_weights(checkpoint)
    size = manifest.transform.size
    if manifest.recipe is Recipe.QUICK:
        shapes = tuple((name, tuple(each.shape)) for name, each in sorted(weights.items()))
        return _quick_summary(manifest.backbone, size, shapes, exclusive=is_exclusive(manifest))
    transform = manifest.transform
    network = Whole(fine_tuned(manifest.backbone, weights), None, transform.mean, transform.std).eval()
    frozen_first, freed = bool(manifest.config.get("epochs_frozen")), bool(manifest.config.get("epochs_unfrozen"))

    norms = (nn.BatchNorm1d, nn.BatchNorm2d)

    def trained(path: str, layer: nn.Module) -> Trained:
        # fastai lets batch norms learn while the rest of the body is frozen.
        from_the_start = path.startswith("network.1") or isinstance(layer, norms)
        if from_the_start and frozen_first:
            return Trained.ALWAYS
        if not frozen_first:
            return Trained.ALWAYS if freed else Trained.NEVER
        return Trained.UNFROZEN if freed else Trained.NEVER

    return summarise(network, torch.zeros(1, 1, 3, size, size), trained).to_dict()


@lru_cache(maxsize=16)
def _quick_summary(
    name: str, size: int, shapes: tuple[tuple[str, tuple[int, ...]], ...], *, exclusive: bool
) -> dict[str, Any]:
    """List the layers of a quick run's network without its weights: a run of a tenth of a second must not wait."""
    with torch.device("meta"):
        body: Any = timm.create_model(name, pretrained=False, num_classes=0)
        head = RootedHead({key: torch.empty(shape) for key, shape in shapes})
        whole = Whole(body, head, (0.5,) * 3, (0.5,) * 3, exclusive=exclusive)
        example = torch.empty(1, 1, 3, size, size)
    return summarise(whole, example, lambda path, _layer: _of_quick(path)).to_dict()


def _of_quick(path: str) -> Trained:
    return Trained.ALWAYS if path.startswith("head") else Trained.NEVER
