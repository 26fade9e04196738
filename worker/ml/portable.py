"""Load a model that was trained with Loupe, without Loupe: PyTorch, timm, safetensors and Pillow are enough.

This file lies in the folder of a downloaded model, as `loupe_model.py`. It says what the model sees in images,

    python loupe_model.py photograph.jpg another.png

and can be used from a program:

    from loupe_model import load_model, read_views
    model = load_model("folder of the model")
    probabilities = model(read_views("photograph.jpg", model.transform, model.views)[None])[0]

It knows nothing of the rest of Loupe, and what it defines is written into files for fastai as it stands here.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import timm
import torch
import torchvision.models
from PIL import Image, ImageOps
from safetensors.torch import load_file
from torch import nn

# Side of the decoded image, as a multiple of what is needed: a JPEG is read at a fraction of its size where it can be.
DRAFT = 2
# Networks that timm does not have.
TORCHVISION = ("alexnet", "squeezenet1_1")


def read_views(source: Any, transform: Mapping[str, Any], views: Sequence[str]) -> torch.Tensor:
    """Read an image as the model saw its training images: uint8 [views, 3, size, size].

    `source` is a path, a file opened for reading bytes, or a Pillow image. "whole" squeezes all of the image into the
    square, "centre" cuts the middle out undistorted, "padded" keeps all of it undistorted between black bars;
    "-mirrored" after any exchanges left and right.
    """
    size = int(transform["size"])
    file = source if isinstance(source, Image.Image) else Image.open(source)
    file.draft("RGB", (DRAFT * size, DRAFT * size))
    # Turned upright as the camera has noted it.
    image = (ImageOps.exif_transpose(file) or file).convert("RGB")
    resampling = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}
    seen = []
    for view in views:
        plain, method = view.removesuffix("-mirrored"), resampling[transform["interpolation"]]
        if plain == "padded":
            small = ImageOps.pad(image, (size, size), method, color=0)
        else:
            small = image.resize((size, size), method, box=_box(image.size, plain, float(transform["crop"])))
        if plain != view:
            small = ImageOps.mirror(small)
        seen.append(torch.from_numpy(np.array(small)).permute(2, 0, 1))
    return torch.stack(seen)


def _box(size: tuple[int, int], view: str, crop: float) -> tuple[float, float, float, float]:
    width, height = size
    if view == "whole":
        return (0, 0, width, height)
    if view != "centre":
        raise ValueError(f"this file knows no view called {view!r}")
    side = min(width, height) * crop
    left, top = (width - side) / 2, (height - side) / 2
    return (left, top, left + side, top + side)


class Whole(nn.Module):
    """All of a model as one network: pixels [n, views, 3, s, s] of 0 to 255 become probabilities [n, labels].

    With a `head`, features of all views are averaged before it; without one, the probabilities of each view are.
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(
        self,
        network: nn.Module,
        head: nn.Module | None,
        mean: Sequence[float],
        std: Sequence[float],
        *,
        exclusive: bool = False,
    ) -> None:
        super().__init__()
        self.network, self.head, self.exclusive = network, head, exclusive
        # Constants of the network's input, which are no weights.
        self.register_buffer("mean", 255 * torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", 255 * torch.tensor(std).view(1, 3, 1, 1), persistent=False)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return probabilities."""
        views, seen = pixels.shape[1], self.see(pixels)
        if self.head is not None:
            return self.decide(self.head(seen.unflatten(0, (-1, views)).mean(dim=1)))
        return self.decide(seen).unflatten(0, (-1, views)).mean(dim=1)

    def see(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return what the network makes of each view, [n * views, ...]."""
        seen: torch.Tensor = self.network((pixels.flatten(0, 1).float() - self.mean) / self.std)
        return seen

    def decide(self, logits: torch.Tensor) -> torch.Tensor:
        """Turn logits into probabilities: each label by itself, or all of them sharing one."""
        return logits.softmax(dim=1) if self.exclusive else logits.sigmoid()


class RootedHead(nn.Module):
    """The head of a quick run: linear, or with one hidden layer, on the signed square roots of features."""

    def __init__(self, weights: Mapping[str, torch.Tensor]) -> None:
        super().__init__()
        self.hidden = _linear(weights, "hidden_weights", "hidden_bias") if "hidden_weights" in weights else None
        self.last = _linear(weights, "weights", "bias")

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return logits [n, labels] of features [n, d]."""
        seen = features.sign() * features.abs().sqrt()
        if self.hidden is not None:
            seen = self.hidden(seen).relu()
        logits: torch.Tensor = self.last(seen)
        return logits


def _linear(weights: Mapping[str, torch.Tensor], name: str, bias: str) -> nn.Linear:
    """Make a layer of a matrix that is kept with its inputs as rows."""
    inputs, outputs = weights[name].shape
    layer = nn.Linear(inputs, outputs, device=weights[name].device)
    layer.weight = nn.Parameter(weights[name].T.contiguous())
    layer.bias = nn.Parameter(weights[bias])
    return layer


class Body(nn.Module):
    """Turn images into feature maps, or into features where the network pools by itself."""

    def __init__(self, name: str) -> None:
        super().__init__()
        # Such transformers know their patches by their place, and must be told that images may be of another size.
        config: Any = timm.get_pretrained_cfg(name)
        is_fixed = config is not None and config.fixed_input_size and name.startswith(("vit_", "deit", "eva"))
        options: dict[str, Any] = {"dynamic_img_size": True} if is_fixed else {}
        model: Any = timm.create_model(name, pretrained=False, num_classes=0, **options)
        self.model = model
        self.maps = model.default_cfg.get("pool_size") is not None

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return maps [b, c, h, w] or features [b, d]."""
        model: Any = self.model
        seen: torch.Tensor = model.forward_features(images) if self.maps else model(images)
        return seen


class ConcatPool(nn.Module):
    """Join the maximum and the mean of each map."""

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Return features [b, 2c, 1, 1] of maps [b, c, h, w]."""
        return torch.cat([maps.amax((2, 3), keepdim=True), maps.mean((2, 3), keepdim=True)], dim=1)


class TinyVgg(nn.Module):
    """Turn images into maps by two blocks of two convolutions each."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.blocks = nn.Sequential(_tiny_block(3, channels), _tiny_block(channels, channels))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return maps [b, c, h/4, w/4]."""
        maps: torch.Tensor = self.blocks(images)
        return maps


def _tiny_block(given: int, channels: int) -> nn.Sequential:
    first, second = nn.Conv2d(given, channels, 3, padding=1), nn.Conv2d(channels, channels, 3, padding=1)
    return nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), nn.MaxPool2d(2))


def _tiny(weights: Mapping[str, torch.Tensor]) -> nn.Module:
    """Build the small network that learns from nothing."""
    channels = len(weights["0.blocks.0.0.bias"])
    labels, features = weights["1.2.weight"].shape
    side = round((features / channels) ** 0.5)
    head = nn.Sequential(nn.AdaptiveAvgPool2d(side), nn.Flatten(), nn.Linear(features, labels))
    network = nn.Sequential(TinyVgg(channels), head)
    network.load_state_dict(weights)
    return network


def fine_tuned(name: str, weights: Mapping[str, torch.Tensor]) -> nn.Module:
    """Build a fine-tuned network and load its weights, strictly; images [b, 3, s, s] become logits [b, labels]."""
    if name == "tiny_vgg":
        return _tiny(weights)
    if name in TORCHVISION:
        body: nn.Module = nn.Sequential(getattr(torchvision.models, name)(weights=None).features)
        gives_maps = True
    else:
        body = Body(name)
        gives_maps = body.maps
    pool: list[nn.Module] = [ConcatPool(), nn.Flatten()] if gives_maps else []
    first = len(pool)
    hidden, features = weights[f"1.{first + 2}.weight"].shape
    labels = weights[f"1.{first + 6}.weight"].shape[0]
    head = nn.Sequential(
        *pool,
        nn.BatchNorm1d(features),
        nn.Dropout(),
        nn.Linear(features, hidden, bias=False),
        nn.ReLU(),
        nn.BatchNorm1d(hidden),
        nn.Dropout(),
        nn.Linear(hidden, labels),
    )
    network = nn.Sequential(body, head)
    network.load_state_dict(weights)
    return network


def frozen(name: str, weights: Mapping[str, torch.Tensor], size: int) -> nn.Module:
    """Build a pretrained network without its classifier; images [b, 3, size, size] become features [b, d]."""
    network: Any = timm.create_model(name, pretrained=False)
    network.load_state_dict(weights)
    network.reset_classifier(0)
    config: Any = timm.get_pretrained_cfg(name)
    if config.input_size[-1] != size and hasattr(network, "set_input_size"):
        # The places that a transformer knows are brought onto the other grid.
        network.set_input_size(img_size=(size, size))
    body: nn.Module = network
    return body


class Model(nn.Module):
    """A downloaded model: what it expects of images, the names of its labels, their thresholds, and the network."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        weights = load_file(folder / "weights.safetensors")
        self.labels: list[str] = manifest["labels"]
        self.transform: dict[str, Any] = manifest["transform"]
        self.views: list[str] = manifest["views"]
        self.thresholds = dict.fromkeys(self.labels, 0.5) | _thresholds(folder / "thresholds.json")
        exclusive = manifest["details"].get("labelling") == "exclusive"
        mean, std = self.transform["mean"], self.transform["std"]
        if manifest["recipe"] == "quick":
            size = int(self.transform["size"])
            body = frozen(manifest["backbone"], load_file(folder / "backbone.safetensors"), size)
            self.whole = Whole(body, RootedHead(weights), mean, std, exclusive=exclusive)
        else:
            body = fine_tuned(manifest["backbone"], weights)
            self.whole = Whole(body, None, mean, std, exclusive=exclusive)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return probabilities [n, labels] of pixels [n, views, 3, size, size], as `read_views` gives them."""
        probabilities: torch.Tensor = self.whole(pixels)
        return probabilities


def _thresholds(path: Path) -> dict[str, float]:
    if not path.is_file():
        return {}
    told = json.loads(path.read_text(encoding="utf-8"))
    return {each["label"]: each["threshold"] for each in told["thresholds"]}


def load_model(folder: str | Path) -> Model:
    """Load the model of a folder, ready to predict."""
    return Model(Path(folder)).eval().requires_grad_(requires_grad=False)


def main(paths: Sequence[str]) -> None:
    """Print, for each image, every label with its probability, and a star where it reaches its threshold."""
    model = load_model(Path(__file__).parent)
    for path in paths:
        with torch.inference_mode():
            said = model(read_views(path, model.transform, model.views)[None])[0].tolist()
        sys.stdout.write(f"{path}\n")
        for label, probability in zip(model.labels, said, strict=True):
            star = "*" if probability >= model.thresholds[label] else " "
            sys.stdout.write(f"  {star} {probability:.6f}  {label}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
