"""Say how the finetune recipe trains; needs neither torch's networks nor fastai."""

from dataclasses import asdict, dataclass
from typing import Literal

from worker.ml.backbones import DEFAULT
from worker.ml.epoch_metrics import BETA
from worker.ml.losses import FOCAL_GAMMA, LossName

RatePick = Literal["valley", "slide", "steep", "minimum"]
BestBy = Literal["macro_f1", "valid_loss", "mean_average_precision", "f_beta"]


@dataclass(frozen=True, slots=True)
class FinetuneConfig:
    """Say how the finetune recipe trains; the defaults are the lesson's, in the order of `FINETUNE_FIELDS`."""

    backbone: str = DEFAULT
    # False: every weight starts at random, and nothing is ever frozen.
    pretrained: bool = True
    size: int = 224
    resize: Literal["squish", "crop", "pad"] = "squish"
    # Side at which training images are decoded, to be changed and cut to `size` in one step; None: at `size`.
    presize: int | None = None
    # Least share of the area that a random crop shows; 1: no random crop.
    min_scale: float = 1.0
    batch_size: int = 32
    augment: Literal["lesson", "fastai", "none", "custom"] = "lesson"
    # What "custom" consists of; fastai's own figures.
    flip: bool = True
    flip_vertical: bool = False
    rotate_degrees: float = 10.0
    zoom_most: float = 1.1
    warp: float = 0.2
    lighting: float = 0.2
    mixup: float = 0.0
    epochs_frozen: int = 5
    epochs_unfrozen: int = 4
    schedule: Literal["one_cycle", "fine_tune"] = "one_cycle"
    early_stopping: bool = False
    patience: int = 3
    # None: looked for by a mock training.
    base_lr: float | None = None
    rate_pick: RatePick = "valley"
    find_again: bool = False
    # None: the same as before unfreezing, or what the second search finds.
    unfrozen_lr: float | None = None
    # None for each of the next four: the schedule's own.
    body_share: float | None = None
    head_share: float | None = None
    pct_start: float | None = None
    div: float | None = None
    weight_decay: float = 0.01
    momentum: float = 0.95
    loss: LossName = "bce"
    focal_gamma: float = FOCAL_GAMMA
    label_smoothing: float = 0.0
    beta: float = BETA
    best_by: BestBy = "macro_f1"
    precision: Literal["auto", "full"] = "auto"
    seed: int = 42

    def to_dict(self) -> dict[str, object]:
        """Return the configuration for a manifest."""
        return asdict(self)
