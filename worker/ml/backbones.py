"""Know the pretrained networks: where their weights come from, what input they take, how they run fastest."""

import hashlib
import re
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import httpx
import timm
import torch
from huggingface_hub.constants import ENDPOINT
from safetensors.torch import load_file
from torch import nn

from app.errors import InvalidInputError, UnavailableError
from app.i18n import gettext as _
from worker.ml.packages import packaged_weights
from worker.ml.tensors import write_tensors

DEFAULT = "tf_efficientnet_lite0"

# The whole image squeezed into the square, and its centre undistorted. On 490 colour photographs the mean of both
# gave a mean average precision two points above either alone; on 200 others it equalled the better one.
VIEWS = ("whole", "centre")
# The same view with left and right exchanged.
MIRRORED = "-mirrored"


class BackboneUnavailableError(UnavailableError):
    """The weights of a network are neither installed nor can they be fetched."""

    def __init__(self, name: str, sentence: str | None = None) -> None:
        super().__init__(
            sentence
            or _(
                "The pretrained network “%(name)s” is not on this computer and could not be fetched from the internet. "
                "Connect it to the internet once, or choose “%(default)s”, which is always there."
            )
            % {"name": name, "default": DEFAULT}
        )
        self.name = name


class SizeUnsuitableError(InvalidInputError):
    """A network cannot be given images of that size."""

    def __init__(self, name: str, size: int) -> None:
        super().__init__(
            _("The network “%(name)s” cannot look at images of %(size)s pixels. Leave the image size empty.")
            % {"name": name, "size": size}
        )


@dataclass(frozen=True, slots=True)
class Transform:
    """Say how an image becomes the input of a network."""

    # Side of the square input, in pixels.
    size: int
    # "bicubic" or "bilinear".
    interpolation: str
    # Share of the shorter side that the centre view keeps.
    crop: float
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    @property
    def identity(self) -> str:
        """Return a short text that differs whenever the input of the network would."""
        numbers = ",".join(f"{value:.6g}" for value in (*self.mean, *self.std, self.crop))
        return f"{self.size}-{self.interpolation}-{hashlib.sha256(numbers.encode()).hexdigest()[:8]}"

    def to_dict(self) -> dict[str, object]:
        """Return the transform for a manifest."""
        return {
            "size": self.size,
            "interpolation": self.interpolation,
            "crop": self.crop,
            "mean": list(self.mean),
            "std": list(self.std),
        }


_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
# Networks that can be fine-tuned and that timm does not have: two of torchvision's, and a small one without weights.
ELSEWHERE = {
    "alexnet": Transform(224, "bilinear", 0.875, *_IMAGENET),
    "squeezenet1_1": Transform(224, "bilinear", 0.875, *_IMAGENET),
    "tiny_vgg": Transform(64, "bilinear", 0.875, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
}


@dataclass(frozen=True)
class Backbone:
    """Hold a pretrained network: its weights as a file in timm's naming, its input and where it runs."""

    name: str
    weights: Path
    # sha256 of the weights file, hexadecimal.
    digest: str
    transform: Transform
    device: str
    # What of an image is looked at; the mean of what is seen there counts.
    views: tuple[str, ...] = VIEWS

    @property
    def precision(self) -> str:
        """Return the number format of the forward pass: bf16, fp16 or fp32."""
        return precision_of(self.device)

    @property
    def identity(self) -> str:
        """Return a name, safe as a folder's, that differs whenever embeddings would."""
        views = "+".join(self.views)
        return f"{self.name}-{self.digest[:12]}-{self.transform.identity}-{views}-{self.precision}"

    def seeing(self, size: int | None = None, *, mirrored: bool = False) -> "Backbone":
        """Return the network with an input of another size, in pixels, or looking at mirrored views too."""
        transform = self.transform if size is None else replace(self.transform, size=size)
        views = (*VIEWS, *(view + MIRRORED for view in VIEWS)) if mirrored else VIEWS
        return replace(self, transform=transform, views=views)

    @cached_property
    def network(self) -> nn.Module:
        """Build the network without its classifier, ready to run; images [b, 3, s, s] become features [b, d]."""
        network: Any = timm.create_model(self.name, pretrained=False)
        network.load_state_dict(load_file(self.weights))
        network.reset_classifier(0)
        if self.transform.size != transform_of(self.name).size and hasattr(network, "set_input_size"):
            # A transformer knows its patches by their place: those of another grid lie between the ones it knows.
            try:
                network.set_input_size(img_size=(self.transform.size, self.transform.size))
            except AssertionError as error:
                raise SizeUnsuitableError(self.name, self.transform.size) from error
        return prepare(network, self.device)

    @property
    def overlay(self) -> dict[str, object]:
        """Return what `pretrained_cfg_overlay` of timm and fastai needs to read the weights from the file."""
        return {"file": str(self.weights), "hf_hub_id": None, "url": ""}


def prepare(network: nn.Module, device: str) -> nn.Module:
    """Put a network where and how it predicts fastest."""
    network.eval().requires_grad_(requires_grad=False)
    return network.to(device).to(memory_format=torch.channels_last)


def choose_device(preference: str = "auto") -> str:
    """Return "cuda" or "cpu" for a preference of "auto", "cpu" or "cuda".

    Raises:
        BackboneUnavailableError: when "cuda" is demanded and there is none.

    """
    if preference == "cpu":
        return "cpu"
    with warnings.catch_warnings():
        # A CUDA build of torch warns where there is no driver; that is the very question asked here.
        warnings.simplefilter("ignore")
        present = torch.cuda.is_available()
    if preference == "cuda" and not present:
        raise BackboneUnavailableError(
            "cuda", _("LOUPE_DEVICE asks for a CUDA graphics card, and none can be used here.")
        )
    return "cuda" if present else "cpu"


@lru_cache(maxsize=8)
def precision_of(device: str) -> str:
    """Return the fastest number format that the device computes natively."""
    if device == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    # Without native bf16 the conversions cost more than they save.
    return "bf16" if torch.cpu.get_capabilities().get("avx512_bf16") else "fp32"


def autocast(device: str) -> AbstractContextManager[object]:
    """Return the context in which networks run on the device."""
    precision = precision_of(device)
    if precision == "fp32":
        return nullcontext()
    return torch.autocast(device, dtype=torch.bfloat16 if precision == "bf16" else torch.float16)


@contextmanager
def precision_restored(device: str) -> Iterator[None]:
    """Compute afterwards as before, however this ends.

    What fails in the middle of a batch, as for lack of memory, leaves the batch's number format on, and with it copies
    of weights that would be taken for those of the next training.
    """
    was_on, depth = torch.is_autocast_enabled(device), _depth()
    try:
        yield
    finally:
        torch.set_autocast_enabled(device, was_on)
        for _extra in range(_depth() - depth):
            torch.autocast_decrement_nesting()
        torch.clear_autocast_cache()


def _depth() -> int:
    """Return how many contexts of autocast are open: torch tells only whoever opens or leaves one."""
    torch.autocast_increment_nesting()
    depth: int = torch.autocast_decrement_nesting()
    return depth


def load_backbone(name: str, directory: Path, *, device: str = "cpu") -> Backbone:
    """Find a network's weights, converting or fetching them into the directory on first use.

    Args:
        name: any name that timm knows.
        directory: where weights are kept between runs; made when missing.
        device: "cpu" or "cuda", from `choose_device`.

    Raises:
        BackboneUnavailableError: when the name is unknown or the weights cannot be had.
        DiskFullError: when there is no room to keep them.

    """
    if not timm.is_model(name):
        raise BackboneUnavailableError(name, _("There is no pretrained network named “%(name)s”.") % {"name": name})
    path = kept_weights(name, directory)
    if path is None:
        path = keep_weights(name, packaged_weights(name) or _fetched_weights(name, directory), directory)
    return Backbone(name, path, path.stem.rsplit("-", 1)[1], transform_of(name), device)


def transform_of(name: str) -> Transform:
    """Return the input that timm's pretrained configuration states for a network, or what is known of another.

    Raises:
        BackboneUnavailableError: when nothing is.

    """
    if name in ELSEWHERE:
        return ELSEWHERE[name]
    config: Any = timm.get_pretrained_cfg(name) if timm.is_model(name) else None
    if config is None:
        raise BackboneUnavailableError(name)
    interpolation = config.interpolation if config.interpolation in {"bicubic", "bilinear"} else "bicubic"
    return Transform(config.input_size[-1], interpolation, config.crop_pct, tuple(config.mean), tuple(config.std))


def kept_weights(name: str, directory: Path) -> Path | None:
    """Return the weights kept under the directory; their name states their digest, so it is not computed again."""
    kept = sorted(directory.glob(f"{name}-*.safetensors"))
    return next((path for path in kept if re.fullmatch(rf"{re.escape(name)}-[0-9a-f]{{64}}", path.stem)), None)


def keep_weights(name: str, weights: Mapping[str, torch.Tensor], directory: Path) -> Path:
    """Write weights under a name that states their digest; two workers at once write the same file."""
    digest = hashlib.sha256()
    for key in sorted(weights):
        digest.update(key.encode())
        digest.update(weights[key].contiguous().flatten().view(torch.uint8).numpy().tobytes())
    path = directory / f"{name}-{digest.hexdigest()}.safetensors"
    write_tensors(path, weights)
    return path


def _fetched_weights(name: str, directory: Path) -> dict[str, torch.Tensor]:
    """Fetch weights through timm, leaving nothing outside the directory."""
    directory.mkdir(parents=True, exist_ok=True)
    scratch = tempfile.mkdtemp(prefix=".fetch-", dir=directory)
    try:
        # The hub's own client would retry for most of a minute before it owns up to having no network.
        httpx.head(ENDPOINT, timeout=10)
        network = timm.create_model(name, pretrained=True, cache_dir=scratch)
    except (OSError, RuntimeError, ValueError, httpx.HTTPError) as error:
        # Whatever went wrong between here and the server, the person's way out is the same.
        raise BackboneUnavailableError(name) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    weights: dict[str, torch.Tensor] = network.state_dict()
    return weights
