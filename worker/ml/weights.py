"""Say where a network's pretrained weights are, and how many numbers they hold."""

from dataclasses import dataclass
from pathlib import Path

from app.domain.architectures import TINY_VGG, architecture
from worker.ml.backbones import kept_weights
from worker.ml.packages import is_packaged

# A number takes four bytes in the files that are fetched.
_MEGABYTES_PER_MILLION = 4


@dataclass(frozen=True, slots=True)
class Weights:
    """Say how a network's weights are to be had: "none", "kept", "installed" or "fetched"."""

    state: str
    # About how much is to be fetched; None where nobody knows before.
    megabytes: float | None = None


def weights_of(name: str, directory: Path, *, pretrained: bool = True) -> Weights:
    """Tell where the weights of a network come from, without fetching anything."""
    if not pretrained or name == TINY_VGG:
        return Weights("none")
    if kept_weights(name, directory) is not None:
        return Weights("kept")
    if is_packaged(name):
        return Weights("installed")
    known = architecture(name)
    return Weights("fetched", None if known is None else known.millions * _MEGABYTES_PER_MILLION)
