"""Ask a trained network where in an image it looks for a label: a class-activation map."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageOps
from torch import nn

from app.domain.statuses import Recipe
from app.errors import InvalidInputError
from app.i18n import gettext as _
from worker.ml.backbones import MIRRORED, Transform, choose_device
from worker.ml.checkpoint import Manifest, read_manifest, read_weights
from worker.ml.dataset import ImageUnreadableError, Item, box_of, read_views, to_input
from worker.ml.network import rebuild
from worker.ml.predict import backbone_of, head_of

Cells = npt.NDArray[np.float32]

# Below this a pooled activation is rounding noise, and the slope of its square root has no bound.
_SMALLEST = 1e-6


class NoMapError(InvalidInputError):
    """The network keeps no map of the image up to its end."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _("The network “%(name)s” does not keep track of places in the image, so it cannot show where it looks.")
            % {"name": name}
        )


@dataclass(frozen=True, slots=True, eq=False)
class ViewMap:
    """Hold what each cell of one view speaks for a label."""

    # Left, top, right and bottom of the view, as shares of the image's width and height.
    box: tuple[float, float, float, float]
    # float32 [h, w]: above 0 for the label, below 0 against it.
    cells: Cells


@dataclass(frozen=True, slots=True, eq=False)
class ActivationMap:
    """Hold where a network looks for one label in one image."""

    views: tuple[ViewMap, ...]
    # Width divided by height of the image.
    aspect: float
    logit: float
    # The logit of an image in which nothing is seen.
    bias: float


@dataclass(frozen=True, eq=False)
class Looker:
    """Hold a model taken apart at its last feature map, ready to be asked; from `open_looker`."""

    labels: tuple[str, ...]
    transform: Transform
    views: tuple[str, ...]
    device: str
    # From images [v, 3, s, s], the views of one image, to maps [v, c, h, w].
    maps: Callable[[torch.Tensor], torch.Tensor]
    # From maps [v, c, h, w] to logits [L].
    logits: Callable[[torch.Tensor], torch.Tensor]
    # The logits of maps that are 0 everywhere, [L]; what the cells cannot explain.
    bias: Cells

    def look(self, item: Item, label: int) -> ActivationMap:
        """Show where the model looks for a label, by its column.

        The weight of each channel is the mean slope of the logit along the channel's map (Grad-CAM: R. R. Selvaraju et
        al., ICCV 2017). Where the maps are pooled by their mean, as the quick recipe's default network does, the cells
        add up to the logit minus the bias.

        Raises:
            ImageUnreadableError: when the file is missing or damaged.

        """
        pixels = np.stack(read_views(item, self.transform, self.views))
        with torch.no_grad():
            maps = self.maps(to_input(pixels, self.transform, self.device)).float()
        maps.requires_grad_()
        logit = self.logits(maps)[label]
        (slopes,) = torch.autograd.grad(logit, maps)
        cells = (slopes.mean((2, 3), keepdim=True) * maps.detach()).sum(1).cpu().numpy()
        width, height = _size(item)
        views = tuple(
            ViewMap(
                _shares(box_of((width, height), view, self.transform.crop), width, height),
                part[:, ::-1] if view.endswith(MIRRORED) else part,
            )
            for view, part in zip(self.views, cells, strict=True)
        )
        return ActivationMap(views, width / height, float(logit.detach()), float(self.bias[label]))


def open_looker(checkpoint: Path, weights_directory: Path, device: str = "auto") -> Looker:
    """Load a checkpoint so that it can be asked where it looks.

    Args:
        checkpoint: folder that training wrote.
        weights_directory: where pretrained weights are kept.
        device: "auto", "cpu" or "cuda".

    Raises:
        CheckpointUnusableError: when the checkpoint is damaged or belongs to other pretrained weights.
        BackboneUnavailableError: when the pretrained weights cannot be had.
        NoMapError: when the network keeps no map of the image.

    """
    manifest = read_manifest(checkpoint)
    where = choose_device(device)
    opened = _finetuned if manifest.recipe is Recipe.FINETUNE else _quick
    return opened(manifest, read_weights(checkpoint), weights_directory, where)


def _quick(manifest: Manifest, weights: dict[str, torch.Tensor], directory: Path, device: str) -> Looker:
    backbone = backbone_of(manifest, directory, device)
    head = head_of(manifest, weights)
    return quick_looker(manifest, backbone.network, head.weights, head.bias, device, head.hidden)


def quick_looker(
    manifest: Manifest,
    network: Any,
    weights: Cells,
    bias: Cells,
    device: str,
    hidden: tuple[Cells, Cells] | None = None,
) -> Looker:
    """Take a frozen network with a head on the roots of its features apart.

    Weights are float32 [d, L] and bias [L], or [h, L] above a hidden layer, float32 [d, h] and [h].
    """
    if not hasattr(network, "forward_features") or not hasattr(network, "forward_head"):
        raise NoMapError(manifest.backbone)
    layers = [hidden, (weights, bias)] if hidden is not None else [(weights, bias)]
    tensors = [[torch.from_numpy(part).to(device) for part in layer] for layer in layers]

    def above(seen: torch.Tensor) -> torch.Tensor:
        for matrix, offset in tensors[:-1]:
            seen = (seen @ matrix + offset).relu()
        said: torch.Tensor = seen @ tensors[-1][0] + tensors[-1][1]
        return said

    def logits(maps: torch.Tensor) -> torch.Tensor:
        features = network.forward_head(_as_the_network_has_it(maps, network)).mean(0)
        # The signed root, written as a share of the feature: its slope then hands out all of the root, not half.
        root: torch.Tensor = features / features.detach().abs().clamp(min=_SMALLEST).sqrt()
        return above(root)

    def maps(images: torch.Tensor) -> torch.Tensor:
        return _channels_first(network.forward_features(images), network, manifest.backbone)

    nothing = above(torch.zeros(len(tensors[0][0]), device=device)).cpu().numpy()
    return Looker(manifest.labels, manifest.transform, manifest.views, device, maps, logits, nothing)


def _finetuned(manifest: Manifest, weights: dict[str, torch.Tensor], _directory: Path, device: str) -> Looker:
    network = rebuild(manifest.backbone, weights, device)
    assert isinstance(network, nn.Sequential)  # noqa: S101 - body and head, as `rebuild` puts them together
    body, head = network
    size = manifest.transform.size
    with torch.no_grad():
        seen = body(torch.zeros(1, 3, size, size, device=device))
        if seen.ndim != 4:
            raise NoMapError(manifest.backbone)
        bias = head(torch.zeros_like(seen))[0].cpu().numpy()
    return Looker(
        manifest.labels, manifest.transform, manifest.views, device, body, lambda maps: head(maps).mean(0), bias
    )


def _channels_first(maps: torch.Tensor, network: Any, name: str) -> torch.Tensor:
    """Return maps as [v, c, h, w]; some of timm's networks put the channels last."""
    if maps.ndim != 4:
        raise NoMapError(name)
    return maps.permute(0, 3, 1, 2) if getattr(network, "output_fmt", "NCHW") == "NHWC" else maps


def _as_the_network_has_it(maps: torch.Tensor, network: Any) -> torch.Tensor:
    """Return maps [v, c, h, w] in the order that the network's own pooling expects."""
    return maps.permute(0, 2, 3, 1) if getattr(network, "output_fmt", "NCHW") == "NHWC" else maps


def _size(item: Item) -> tuple[int, int]:
    """Return width and height as the network's input was cut from them."""
    try:
        with Image.open(item.path) as file:
            return ImageOps.exif_transpose(file).size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        # As where the pixels are read: Pillow raises some of these for damage.
        raise ImageUnreadableError(item) from error


def _shares(box: tuple[float, float, float, float], width: int, height: int) -> tuple[float, float, float, float]:
    left, top, right, bottom = box
    return left / width, top / height, right / width, bottom / height
