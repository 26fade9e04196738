"""Find what a fine-tuning starts from: installed weights, kept ones, fetched ones, or none."""

import shutil
import tempfile
from pathlib import Path

import torch
import torchvision.models

from app.domain.architectures import TINY_VGG
from worker.ml.backbones import (
    ELSEWHERE,
    Backbone,
    BackboneUnavailableError,
    keep_weights,
    kept_weights,
    load_backbone,
    transform_of,
)

# What stands for the weights' file and digest of a network that starts from nothing.
NOWHERE = Path()


def load_origin(name: str, directory: Path, *, device: str, pretrained: bool = True) -> Backbone:
    """Find a network and the weights it starts from, converting or fetching them into the directory on first use.

    Args:
        name: a name that timm knows, or one of the few it does not.
        directory: where weights are kept between runs; made when missing.
        device: "cpu" or "cuda", from `choose_device`.
        pretrained: False for a network that starts at random, for which nothing is fetched.

    Raises:
        BackboneUnavailableError: when the name is unknown or the weights cannot be had.
        DiskFullError: when there is no room to keep them.

    """
    if name == TINY_VGG or not pretrained:
        return Backbone(name, NOWHERE, "", transform_of(name), device)
    if name not in ELSEWHERE:
        return load_backbone(name, directory, device=device)
    path = kept_weights(name, directory) or keep_weights(name, _fetched(name, directory), directory)
    return Backbone(name, path, path.stem.rsplit("-", 1)[1], transform_of(name), device)


def _fetched(name: str, directory: Path) -> dict[str, torch.Tensor]:
    """Fetch the body of one of torchvision's networks, leaving nothing outside the directory."""
    directory.mkdir(parents=True, exist_ok=True)
    scratch = tempfile.mkdtemp(prefix=".fetch-", dir=directory)
    address = torchvision.models.get_model_weights(name).DEFAULT.url
    try:
        found = torch.hub.load_state_dict_from_url(
            address, model_dir=scratch, progress=False, check_hash=True, weights_only=True
        )
    except (OSError, RuntimeError, ValueError) as error:
        # Whatever went wrong between here and the server, the person's way out is the same.
        raise BackboneUnavailableError(name) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return {key.removeprefix("features."): value for key, value in found.items() if key.startswith("features.")}
