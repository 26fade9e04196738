"""Build the bodies of networks from plain torch: what turns images into maps or features, below the head."""

from typing import Any

import timm
import torch
import torchvision.models
from torch import nn

from app.domain.architectures import TINY_VGG
from app.errors import InvalidInputError
from app.i18n import gettext as _
from worker.ml.backbones import ELSEWHERE

# Channels of the small network: 10, as it is usually drawn, tell ten simple shapes apart only now and then.
_TINY_CHANNELS = 32
# Side of the maps that its head reads: what two halvings leave of 28 pixels. Larger images are averaged down to it.
_TINY_MAPS = 7


class SizeTooSmallError(InvalidInputError):
    """A network cannot be given images of that size."""

    def __init__(self, name: str, size: int) -> None:
        super().__init__(
            _(
                "The network “%(name)s” cannot look at images of %(size)s pixels. Choose a larger size, or one that is "
                "a multiple of 32."
            )
            % {"name": name, "size": size}
        )


class NetworkUnsuitableError(InvalidInputError):
    """A network gives what it sees in a form that no head of ours reads."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _(
                "The network “%(name)s” gives what it sees in a form that fine-tuning cannot use. Choose one from the "
                "list, or use the quick recipe."
            )
            % {"name": name}
        )


class TinyVgg(nn.Module):
    """Turn images into maps by two blocks of two convolutions each; small enough to learn from nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.Sequential(_tiny_block(3), _tiny_block(_TINY_CHANNELS))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return maps [b, c, h/4, w/4] of images [b, 3, h, w]."""
        maps: torch.Tensor = self.blocks(images)
        return maps


class Body(nn.Module):
    """Turn images into feature maps, or into features where the network pools by itself; as fastai's `TimmBody`."""

    def __init__(self, name: str) -> None:
        super().__init__()
        # timm's networks are built at run time: no checker knows their attributes.
        model: Any = timm.create_model(name, pretrained=False, num_classes=0, **options_of(name))
        self.model = model
        self.maps = model.default_cfg.get("pool_size") is not None

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return maps [b, c, h, w] or features [b, d]."""
        model: Any = self.model
        seen: torch.Tensor = model.forward_features(images) if self.maps else model(images)
        return seen


def body_of(name: str) -> nn.Module:
    """Build a network's body with random weights, its parts named as in fastai's learner."""
    if name == TINY_VGG:
        return TinyVgg()
    if name in ELSEWHERE:
        return nn.Sequential(getattr(torchvision.models, name)(weights=None).features)
    return Body(name)


def gives_maps(body: nn.Module) -> bool:
    """Tell whether a body keeps track of places in the image."""
    return body.maps if isinstance(body, Body) else True


def tiny_head(labels: int) -> nn.Sequential:
    """Return the head of the small network, from maps [b, c, h, w] to logits [b, L]."""
    return nn.Sequential(
        nn.AdaptiveAvgPool2d(_TINY_MAPS), nn.Flatten(), nn.Linear(_TINY_CHANNELS * _TINY_MAPS**2, labels)
    )


def options_of(name: str) -> dict[str, Any]:
    """Return what timm must be told so that a network takes images of another size than it was trained at."""
    config: Any = timm.get_pretrained_cfg(name)
    is_fixed = config is not None and config.fixed_input_size
    return {"dynamic_img_size": True} if is_fixed and name.startswith(("vit_", "deit", "eva")) else {}


def check_size(body: nn.Module, name: str, size: int) -> None:
    """Show a network one empty image.

    Raises:
        SizeTooSmallError: when it cannot look at images of that size.

    """
    was_training = body.training
    try:
        with torch.no_grad():
            body.eval()(torch.zeros(1, 3, size, size, device=next(body.parameters()).device))
    except (AssertionError, RuntimeError) as error:
        # Pooling runs out of pixels, or patches do not fill the image: torch and timm say so each in its own way.
        raise SizeTooSmallError(name, size) from error
    finally:
        body.train(was_training)


def check_head(network: nn.Module, name: str, size: int) -> None:
    """Show all of a network, whose body takes images of that size, one empty image.

    Raises:
        NetworkUnsuitableError: when the head does not fit the body.

    """
    was_training = network.training
    try:
        with torch.no_grad():
            network.eval()(torch.zeros(1, 3, size, size, device=next(network.parameters()).device))
    except (IndexError, RuntimeError, TypeError) as error:
        # Maps with their channels last, several outputs at once: torch says so each time in other words.
        raise NetworkUnsuitableError(name) from error
    finally:
        network.train(was_training)


def _tiny_block(channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, _TINY_CHANNELS, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(_TINY_CHANNELS, _TINY_CHANNELS, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
    )
