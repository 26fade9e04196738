"""List the layers of a network as fastai's `learn.summary()` does: output shapes, parameters, what was trained."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import torch
from torch import nn


class Trained(StrEnum):
    """Say when a layer learned."""

    # From the first epoch on.
    ALWAYS = "always"
    # Only once all of the network was set free.
    UNFROZEN = "unfrozen"
    # It stayed as it was pretrained.
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Layer:
    """Hold one layer, without what other layers inside it hold."""

    # Where it stands, such as "0.model.blocks.0.0.conv_dw".
    path: str
    kind: str
    # Of one batch of one image; empty for a layer that gave no tensor.
    shape: tuple[int, ...]
    parameters: int
    trained: Trained


@dataclass(frozen=True, slots=True)
class Summary:
    """Hold all layers in the order in which an image goes through them."""

    input: tuple[int, ...]
    layers: tuple[Layer, ...]

    @property
    def parameters(self) -> int:
        """Count all parameters."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def trained(self) -> int:
        """Count the parameters that learned at some time."""
        return sum(layer.parameters for layer in self.layers if layer.trained is not Trained.NEVER)

    def to_dict(self) -> dict[str, Any]:
        """Return the summary for JSON."""
        return {
            "input": list(self.input),
            "layers": [{**asdict(layer), "shape": list(layer.shape)} for layer in self.layers],
            "parameters": self.parameters,
            "trainable": self.trained,
        }


def summarise(network: nn.Module, example: torch.Tensor, trained: Callable[[str, nn.Module], Trained]) -> Summary:
    """Send an example through a network and note what comes out of every layer.

    Args:
        network: any network; a layer that is used several times is listed once, with its last output.
        example: a batch such as [1, 3, s, s], on the network's device.
        trained: tells of a layer, by its path, when it learned.

    """
    named = {module: path for path, module in network.named_modules() if _is_layer(module)}
    shapes: dict[nn.Module, tuple[int, ...]] = {}

    def note(module: nn.Module, _given: Any, made: Any) -> None:
        shapes[module] = tuple(made.shape) if isinstance(made, torch.Tensor) else ()

    hooks = [module.register_forward_hook(note) for module in named]
    was_training = network.training
    network.eval()
    try:
        with torch.no_grad():
            network(example)
    finally:
        network.train(was_training)
        for hook in hooks:
            hook.remove()
    layers = tuple(
        Layer(named[module], type(module).__name__, shape, _size(module), trained(named[module], module))
        for module, shape in shapes.items()
    )
    return Summary(tuple(example.shape), layers)


def _is_layer(module: nn.Module) -> bool:
    """Tell whether a module stands for itself: one without parts, or with weights beside those of its parts.

    The latter are batch norms that bring their activation along, and the positions of a vision transformer.
    """
    return not any(module.children()) or _size(module) > 0


def _size(module: nn.Module) -> int:
    return sum(each.numel() for each in module.parameters(recurse=False))
