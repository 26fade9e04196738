"""Predict images with a checkpoint, exactly as right after training."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from app.domain.statuses import Labelling, Recipe
from app.i18n import gettext as _
from worker.ml.backbones import VIEWS, Backbone, choose_device, load_backbone
from worker.ml.cache import EmbeddingCache
from worker.ml.callbacks import Monitor, OnProgress, ShouldCancel, ignore_progress, never_cancel
from worker.ml.checkpoint import CheckpointUnusableError, Manifest, read_manifest, read_weights
from worker.ml.dataset import Item
from worker.ml.embeddings import embed
from worker.ml.head import Head
from worker.ml.network import predict_images, rebuild

Probabilities = npt.NDArray[np.float32]


def predict(
    checkpoint: Path,
    items: Sequence[Item],
    cache: EmbeddingCache,
    on_progress: OnProgress = ignore_progress,
    should_cancel: ShouldCancel = never_cancel,
    *,
    weights_directory: Path,
    device: str = "auto",
) -> Probabilities:
    """Return probabilities, float32 [n, L], columns in the order of the manifest's labels.

    Args:
        checkpoint: folder that training wrote.
        items: images.
        cache: embeddings on disk; only the quick recipe uses it.
        on_progress: told how far it is.
        should_cancel: asked whether to stop.
        weights_directory: where pretrained weights are kept.
        device: "auto", "cpu" or "cuda".

    Raises:
        CheckpointUnusableError: when the checkpoint is damaged or belongs to other pretrained weights.
        BackboneUnavailableError: when the pretrained weights cannot be had.
        ImageUnreadableError: when an image's file is missing or damaged.
        Cancelled: when asked to stop.

    """
    manifest = read_manifest(checkpoint)
    weights = read_weights(checkpoint)
    if not items:
        return np.zeros((0, len(manifest.labels)), dtype=np.float32)
    where = choose_device(device)
    if manifest.recipe is Recipe.FINETUNE:
        network = rebuild(manifest.backbone, weights, where)
        monitor = Monitor(on_progress, should_cancel)
        labelling = Labelling(str(manifest.details.get("labelling", Labelling.OVERLAPPING)))
        return predict_images(network, items, manifest.transform, manifest.views, where, monitor, labelling)
    backbone = backbone_of(manifest, weights_directory, where)
    return head_of(manifest, weights).predict(embed(items, backbone, cache, on_progress, should_cancel))


def backbone_of(manifest: Manifest, directory: Path, device: str) -> Backbone:
    """Return the frozen network under a quick checkpoint, with the input that it was trained on.

    Raises:
        CheckpointUnusableError: when the checkpoint belongs to other pretrained weights.
        BackboneUnavailableError: when the pretrained weights cannot be had.

    """
    plain = load_backbone(manifest.backbone, directory, device=device)
    backbone = plain.seeing(manifest.transform.size, mirrored=manifest.views != VIEWS)
    seen = (backbone.digest, backbone.transform, backbone.views)
    if seen != (manifest.backbone_digest, manifest.transform, manifest.views):
        raise CheckpointUnusableError(
            _("This model was trained on other pretrained weights than those installed. Please train it again.")
        )
    return backbone


def head_of(manifest: Manifest, weights: dict[str, torch.Tensor]) -> Head:
    """Return the head that a quick checkpoint holds."""
    constant = np.isin(
        np.arange(len(manifest.labels)), np.array(manifest.details.get("constant_labels", []), dtype=int)
    )
    labelling = Labelling(str(manifest.details.get("labelling", Labelling.OVERLAPPING)))
    hidden = (
        (weights["hidden_weights"].numpy(), weights["hidden_bias"].numpy()) if "hidden_weights" in weights else None
    )
    return Head(weights["weights"].numpy(), weights["bias"].numpy(), constant, labelling, hidden)


def head_tensors(head: Head) -> dict[str, torch.Tensor]:
    """Return a head's weights for a checkpoint."""
    tensors = {"weights": head.weights, "bias": head.bias}
    if head.hidden is not None:
        tensors |= {"hidden_weights": head.hidden[0], "hidden_bias": head.hidden[1]}
    return {name: torch.from_numpy(values.copy()) for name, values in tensors.items()}
