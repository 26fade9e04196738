"""Say how the finetune recipe trains; needs neither torch's networks nor fastai."""

from dataclasses import asdict, dataclass
from typing import Literal

from worker.ml.backbones import DEFAULT


@dataclass(frozen=True, slots=True)
class FinetuneConfig:
    """Say how the finetune recipe trains; the defaults are the lesson's."""

    epochs_frozen: int = 5
    epochs_unfrozen: int = 4
    batch_size: int = 32
    size: int = 224
    # None: looked for by a mock training.
    base_lr: float | None = None
    augment: Literal["lesson", "none"] = "lesson"
    seed: int = 42
    backbone: str = DEFAULT

    def to_dict(self) -> dict[str, object]:
        """Return the configuration for a manifest."""
        return asdict(self)
