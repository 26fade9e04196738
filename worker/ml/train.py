"""Train the quick recipe, and say what both recipes take and return; finetune itself stands in `finetune.py`.

Nothing here imports fastai, so that a worker which only trains quickly starts quickly.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import numpy.typing as npt

from app.domain.statuses import Labelling, Recipe, Split
from app.errors import InvalidInputError
from app.i18n import gettext as _
from worker.ml.backbones import DEFAULT, choose_device, load_backbone
from worker.ml.cache import EmbeddingCache
from worker.ml.callbacks import (
    EpochRow,
    Monitor,
    OnEpoch,
    OnProgress,
    ShouldCancel,
    Stage,
    ignore_epoch,
    ignore_progress,
    never_cancel,
)
from worker.ml.checkpoint import manifest_for, versions, write_checkpoint
from worker.ml.dataset import Item
from worker.ml.embeddings import embed
from worker.ml.epoch_metrics import measure
from worker.ml.head import FOLDS, fit_head
from worker.ml.predict import head_tensors

Cells = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]
Pixels = npt.NDArray[np.uint8]
Probabilities = npt.NDArray[np.float32]


class NothingToTrainError(InvalidInputError):
    """There is too little ground truth to train on."""

    def __init__(self) -> None:
        super().__init__(
            _("There is nothing to train on yet: tag at least two images first, or import labels with your images.")
        )


@dataclass(frozen=True)
class TrainData:
    """Hold every image of a project, tagged or not, with what is known of it; all sequences in the same order."""

    items: Sequence[Item]
    labels: Sequence[str]
    # int8 [n, L]: 1 present, 0 absent, -1 unknown; a row of -1 for an image without ground truth.
    truth: npt.ArrayLike
    # None for an image without a split: it is predicted only.
    splits: Sequence[Split | None]
    # What stays in one fold, per image; None for no groups.
    groups: Sequence[Hashable] | None = None
    labelling: Labelling = Labelling.OVERLAPPING

    @property
    def cells(self) -> Cells:
        """Return the truth as int8 [n, L]."""
        return np.asarray(self.truth, dtype=np.int8).reshape(len(self.items), len(self.labels))

    def rows(self, split: Split) -> Flags:
        """Return which images are of a split and have any known label, bool [n]."""
        wanted = np.array([given == split for given in self.splits], dtype=np.bool_)
        return np.asarray((self.cells >= 0).any(axis=1) & wanted, dtype=np.bool_)

    def check(self) -> None:
        """Raise unless there is anything to train on.

        Raises:
            NothingToTrainError: when no training image has a known label.
            ValueError: when lengths disagree.

        """
        if len(self.splits) != len(self.items) or (self.groups is not None and len(self.groups) != len(self.items)):
            raise ValueError("items, splits and groups must be of the same length")
        if not self.rows(Split.TRAIN).any():
            raise NothingToTrainError


@dataclass(frozen=True)
class TrainResult:
    """Hold what a run leaves behind."""

    # float32 [n, L] for every image given, in their order.
    probabilities: Probabilities
    # bool [n]: the image was trained on, and its row comes from a model that has not seen it.
    out_of_fold: Flags
    epochs: list[EpochRow]
    versions: dict[str, str]
    checkpoint: Path
    # Labels of which the training images showed one side only: their probability is the same for every image.
    constant_labels: list[str]
    # Sentences for people about what was done differently than asked.
    notes: list[str]
    seconds: float
    # Layers of the network, as `worker.ml.whole.summary_of` lists them; whoever called for the training may add it.
    summary: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QuickConfig:
    """Say how the quick recipe trains."""

    backbone: str = DEFAULT
    seed: int = 42

    def to_dict(self) -> dict[str, object]:
        """Return the configuration for a manifest."""
        return {"backbone": self.backbone, "seed": self.seed, "folds": FOLDS}


@dataclass(frozen=True)
class Places:
    """Say where a run finds and leaves its files."""

    # Becomes the checkpoint; must not exist yet.
    checkpoint: Path
    # Pretrained weights, kept between runs.
    weights: Path
    # Embeddings, kept between runs.
    embeddings: Path
    device: str = "auto"
    # Where a fine-tuning keeps what another worker needs to go on with it; None: nowhere.
    unfinished: Path | None = None


def train_quick(
    data: TrainData,
    places: Places,
    config: QuickConfig | None = None,
    on_progress: OnProgress = ignore_progress,
    on_epoch: OnEpoch = ignore_epoch,
    should_cancel: ShouldCancel = never_cancel,
) -> TrainResult:
    """Fit a head on the cached embeddings of a frozen network and predict every image given.

    Raises:
        NothingToTrainError: when no training image has a known label.
        ImageUnreadableError: when an image's file is missing or damaged.
        BackboneUnavailableError: when the pretrained weights cannot be had.
        DiskFullError: when there is no room.
        Cancelled: when asked to stop; no checkpoint is left.

    """
    chosen = config or QuickConfig()
    started = monotonic()
    data.check()
    backbone = load_backbone(chosen.backbone, places.weights, device=choose_device(places.device))
    features = embed(data.items, backbone, EmbeddingCache(places.embeddings), on_progress, should_cancel)
    train = data.rows(Split.TRAIN)
    groups = None if data.groups is None else [group for group, used in zip(data.groups, train, strict=True) if used]
    monitor = Monitor(on_progress, should_cancel, on_epoch)
    fit = fit_head(features[train], data.cells[train], groups, seed=chosen.seed, monitor=monitor)
    probabilities = fit.head.predict(features)
    row = _row(data, probabilities, fit.loss, monotonic() - started)
    monitor.check(force=True)
    constant = np.flatnonzero(fit.head.constant).tolist()
    details = {"strength": fit.strength, "constant_labels": constant, "labelling": data.labelling.value}
    manifest = manifest_for(
        Recipe.QUICK, data.labels, backbone, seed=chosen.seed, config=chosen.to_dict(), details=details
    )
    write_checkpoint(places.checkpoint, manifest, head_tensors(fit.head))
    monitor.on_epoch(row)
    if fit.is_out_of_fold:
        probabilities[train] = fit.out_of_fold
    return TrainResult(
        probabilities,
        train & fit.is_out_of_fold,
        [row],
        versions(),
        places.checkpoint,
        [data.labels[label] for label in constant],
        [],
        monotonic() - started,
    )


def _row(data: TrainData, probabilities: Probabilities, train_loss: float | None, seconds: float) -> EpochRow:
    """Return the one row of the quick recipe's epoch table; its training loss is the out-of-fold one."""
    held = data.rows(Split.VALIDATION)
    loss, metrics = measure(data.cells[held], probabilities[held], data.labelling)
    return EpochRow(1, Stage.HEAD, train_loss, loss, metrics, seconds)
