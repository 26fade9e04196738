"""List the networks that are worth choosing between; any other that timm knows may be named."""

from dataclasses import dataclass
from enum import StrEnum


class WeightsFrom(StrEnum):
    """Say where a network's pretrained weights come from."""

    # With the program; no internet is needed.
    INSTALLED = "installed"
    # The internet, on first use.
    FETCHED = "fetched"
    # Nowhere: it learns from the project's images alone.
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class Architecture:
    """Hold what a person may want to know of a network before choosing it."""

    name: str
    title: str
    # Millions of numbers to be learned, without the head that is made for the labels.
    millions: float
    weights: WeightsFrom
    # The side it was trained at, in pixels.
    size: int
    # False where it never keeps track of places in the image, so that nobody can be shown where it looks.
    has_maps: bool = True
    # False where it cannot serve as the frozen network of the quick recipe.
    is_quick: bool = True


TINY_VGG = "tiny_vgg"

ARCHITECTURES: tuple[Architecture, ...] = (
    Architecture("tf_efficientnet_lite0", "EfficientNet lite 0", 3.4, WeightsFrom.INSTALLED, 224),
    Architecture("tf_efficientnet_lite1", "EfficientNet lite 1", 4.1, WeightsFrom.INSTALLED, 240),
    Architecture("tf_efficientnet_lite2", "EfficientNet lite 2", 4.8, WeightsFrom.INSTALLED, 260),
    Architecture("resnet18", "ResNet 18", 11.2, WeightsFrom.FETCHED, 224),
    Architecture("resnet34", "ResNet 34", 21.3, WeightsFrom.FETCHED, 224),
    Architecture("resnet50", "ResNet 50", 23.5, WeightsFrom.FETCHED, 224),
    Architecture("resnet101", "ResNet 101", 42.5, WeightsFrom.FETCHED, 224),
    Architecture("densenet121", "DenseNet 121", 7.0, WeightsFrom.FETCHED, 224),
    Architecture("convnext_tiny", "ConvNeXt tiny", 27.8, WeightsFrom.FETCHED, 224),
    Architecture("vit_small_patch16_224", "Vision Transformer small", 21.7, WeightsFrom.FETCHED, 224, has_maps=False),
    Architecture("alexnet", "AlexNet", 2.5, WeightsFrom.FETCHED, 224, is_quick=False),
    Architecture("squeezenet1_1", "SqueezeNet 1.1", 0.7, WeightsFrom.FETCHED, 224, is_quick=False),
    Architecture(TINY_VGG, "TinyVGG", 0.03, WeightsFrom.NOWHERE, 64, is_quick=False),
)


def architecture(name: str) -> Architecture | None:
    """Return what is known of a network; None of one that is not in the list."""
    return next((each for each in ARCHITECTURES if each.name == name), None)
