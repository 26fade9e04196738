"""Train the quick recipe, and say what both recipes take and return; finetune itself stands in `finetune.py`.

Nothing here imports fastai, so that a worker which only trains quickly starts quickly.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import numpy.typing as npt

from app.domain.statuses import Labelling, Recipe, Split
from app.errors import InvalidInputError
from app.i18n import gettext as _
from worker.ml.backbones import DEFAULT, Backbone, choose_device, load_backbone
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
from worker.ml.checkpoint import Manifest, manifest_for, versions, write_checkpoint
from worker.ml.contest import Learnable, compete
from worker.ml.dataset import Item
from worker.ml.embeddings import Features, embed
from worker.ml.epoch_metrics import measure
from worker.ml.head import FOLDS, UNITS, HeadConfig, HeadFit
from worker.ml.leaks import check_training, set_aside_too
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
    # Where several networks were tried: a line for each, as `worker.ml.contest.Entry` has it.
    compared: Sequence[Mapping[str, object]] = ()
    # Where learning rates were looked for: what each search showed, by stage, as `worker.ml.rates.RateSearch` has it.
    rate_searches: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QuickConfig:
    """Say how the quick recipe trains."""

    backbone: str = DEFAULT
    # Trained too; of all of them the best is kept.
    more_backbones: Sequence[str] = ()
    # Side of the input in pixels; None: what the network was trained with.
    size: int | None = None
    # Look at each image mirrored too.
    flips: bool = False
    head: str = "linear"
    hidden_units: int = UNITS
    # scikit-learn's C; None: chosen inside by cross-validation.
    strength: float | None = None
    class_weights: str = "none"
    folds: int = FOLDS
    seed: int = 42

    def to_dict(self) -> dict[str, object]:
        """Return the configuration for a manifest."""
        return {**asdict(self), "more_backbones": list(self.more_backbones)}

    def head_config(self, labelling: Labelling) -> HeadConfig:
        """Return what kind of head is fitted, and how."""
        balanced = self.class_weights == "balanced"
        return HeadConfig(self.head, self.hidden_units, self.strength, balanced, self.folds, labelling)


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
    # The checkpoint of an earlier fine-tuning to go on from; None: begin anew.
    parent: Path | None = None


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
    monitor = Monitor(on_progress, should_cancel, on_epoch)
    train, notes = learned_rows(data)
    backbone, features, fit, compared = _fitted(data, train, places, chosen, monitor)
    probabilities = fit.head.predict(features)
    row = _row(data, probabilities, fit.loss, monotonic() - started)
    monitor.check(force=True)
    constant = np.flatnonzero(fit.head.constant).tolist()
    write_checkpoint(places.checkpoint, _describe(data, backbone, chosen, fit, compared), head_tensors(fit.head))
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
        notes,
        monotonic() - started,
        compared=compared,
    )


def _fitted(
    data: TrainData, train: Flags, places: Places, config: QuickConfig, monitor: Monitor
) -> tuple[Backbone, Features, HeadFit, list[dict[str, object]]]:
    """Look at the images with the networks asked for and fit heads; of several networks the best is given."""
    device, cache = choose_device(places.device), EmbeddingCache(places.embeddings)
    # All of them before any work, so that one that cannot be had is told at once.
    networks = [
        load_backbone(name, places.weights, device=device).seeing(config.size, mirrored=config.flips)
        for name in dict.fromkeys((config.backbone, *config.more_backbones))
    ]

    def look(items: Sequence[Item], network: Backbone) -> Features:
        return embed(items, network, cache, monitor.on_progress, monitor.should_cancel)

    rows = np.flatnonzero(train).tolist()
    wholes = [item.sha256 for item in data.items] if data.groups is None else data.groups
    learnable = Learnable(data.cells[train], [wholes[row] for row in rows], config.seed)
    head = config.head_config(data.labelling)
    if len(networks) == 1:
        features = look(data.items, networks[0])
        backbone, fit, compared = compete(networks, learnable, lambda _network: features[train], head, monitor)
        return backbone, features, fit, compared
    some = [data.items[row] for row in rows]
    backbone, fit, compared = compete(networks, learnable, lambda network: look(some, network), head, monitor)
    return backbone, look(data.items, backbone), fit, compared


def _describe(
    data: TrainData, backbone: Backbone, config: QuickConfig, fit: HeadFit, compared: list[dict[str, object]]
) -> Manifest:
    """Say in a manifest what was trained, and how."""
    details = {
        "strength": fit.strength,
        "constant_labels": np.flatnonzero(fit.head.constant).tolist(),
        "labelling": data.labelling.value,
        "epochs": fit.epochs,
        "backbones": compared,
    }
    return manifest_for(
        Recipe.QUICK,
        data.labels,
        backbone,
        seed=config.seed,
        config=config.to_dict(),
        details=details,
        views=backbone.views,
    )


def learned_rows(data: TrainData) -> tuple[Flags, list[str]]:
    """Return the images to learn from, bool [n], and what a lead should know of them.

    Copies of images that are set aside are left out: to find them again would be no feat.
    """
    contents = [item.sha256 for item in data.items]
    train = data.rows(Split.TRAIN)
    twice = set_aside_too(data.splits, contents) & train
    kept = train & ~twice
    if not kept.any():
        raise NothingToTrainError
    notes = []
    if twice.any():
        notes.append(
            _("%(count)s training images are copies of images that are set aside, and were not learned from.")
            % {"count": int(twice.sum())}
        )
    torn = np.zeros_like(kept) if data.groups is None else set_aside_too(data.splits, data.groups) & kept
    if torn.any():
        notes.append(
            _(
                "%(count)s training images belong to a group (one source, or near-duplicates) of which others are set "
                "aside to measure on: the figures flatter this run."
            )
            % {"count": int(torn.sum())}
        )
    check_training(kept, data.splits, contents)
    return kept, notes


def _row(data: TrainData, probabilities: Probabilities, train_loss: float | None, seconds: float) -> EpochRow:
    """Return the one row of the quick recipe's epoch table; its training loss is the out-of-fold one."""
    held = data.rows(Split.VALIDATION)
    loss, metrics = measure(data.cells[held], probabilities[held], data.labelling)
    return EpochRow(1, Stage.HEAD, train_loss, loss, metrics, seconds)
