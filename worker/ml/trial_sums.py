"""Reckon what a training takes from what a few of its batches took."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from worker.ml.finetune_config import FinetuneConfig
from worker.ml.legs import Leg
from worker.ml.weights import Weights


class PartKind(StrEnum):
    """Say what a part of a training does."""

    READING = "reading"
    BUILDING = "building"
    SEARCH = "search"
    FROZEN = "frozen"
    UNFROZEN = "unfrozen"
    EMBEDDING = "embedding"
    HEAD = "head"
    PREDICTING = "predicting"


@dataclass(frozen=True, slots=True)
class Part:
    """Hold one part of a training: how often its step is repeated, and how long all of it takes."""

    kind: PartKind
    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Sizes:
    """Count the images to learn from, to measure on, and to predict."""

    train: int
    valid: int
    everything: int


@dataclass(frozen=True, slots=True)
class LegTimes:
    """Hold what was timed of one leg, in seconds."""

    # One training batch, with reading it from memory and changing it.
    batch: float
    # One validation image.
    valid: float
    # What an epoch needs besides: measuring, keeping what another worker would need.
    rest: float


@dataclass(frozen=True, slots=True)
class Times:
    """Hold what was timed of a fine-tuning, in seconds; per image where many are worked on."""

    read: float
    build: float
    predict: float
    # By stage.
    legs: Mapping[str, LegTimes]


@dataclass(frozen=True, slots=True)
class Estimate:
    """Hold what a training would take on this machine."""

    parts: Sequence[Part]
    # Most memory of the process while it was tried, and of the graphics card (0 where there is none), in bytes.
    memory: int
    graphics: int
    # Numbers in the network, and how many of them learn while its body is frozen.
    parameters: int
    head_parameters: int
    weights: Weights
    # Images in a batch; 0 where a recipe has no batches.
    batch_size: int
    sizes: Sizes
    device: str

    @property
    def seconds(self) -> float:
        """Return how long all of it takes."""
        return sum(part.seconds for part in self.parts)

    def to_dict(self) -> dict[str, object]:
        """Return the estimate for JSON."""
        return {**asdict(self), "seconds": self.seconds}


def finetune_parts(
    config: FinetuneConfig, legs: Sequence[Leg], times: Times, sizes: Sizes, batch_size: int, search_batches: int
) -> list[Part]:
    """Return the parts of a fine-tuning in their order."""
    batches = max(1, sizes.train // batch_size)
    read = sizes.train + sizes.valid
    parts = [
        Part(PartKind.READING, read, read * times.read),
        Part(PartKind.BUILDING, 1, times.build),
    ]
    for place, leg in enumerate(legs):
        timed = times.legs[leg.stage.value]
        if needs_search(config, leg, is_first=place == 0):
            parts.append(Part(PartKind.SEARCH, search_batches, search_batches * timed.batch))
        epoch = batches * timed.batch + sizes.valid * timed.valid + timed.rest
        parts.append(Part(PartKind(leg.stage.value), leg.epochs, leg.epochs * epoch))
    parts.append(Part(PartKind.PREDICTING, sizes.everything, sizes.everything * times.predict))
    return parts


def needs_search(config: FinetuneConfig, leg: Leg, *, is_first: bool) -> bool:
    """Tell whether a leg begins with a search for its learning rate."""
    if not leg.is_frozen and config.unfrozen_lr is not None:
        return False
    return config.base_lr is None if is_first else config.find_again
