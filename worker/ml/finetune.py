"""Train the finetune recipe: fastai's one cycle on a frozen body, then on all of the network."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import torch

from app.domain.statuses import Recipe, Split
from app.errors import InvalidInputError, UnavailableError
from app.i18n import gettext as _
from worker.ml import resuming
from worker.ml.backbones import Backbone, choose_device, precision_restored
from worker.ml.callbacks import (
    Monitor,
    OnEpoch,
    OnProgress,
    ShouldCancel,
    ignore_epoch,
    ignore_progress,
    never_cancel,
)
from worker.ml.checkpoint import Manifest, manifest_for, versions, write_checkpoint
from worker.ml.continuing import Parent, read_parent, take_over
from worker.ml.files import full_disk_explained
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.leaks import check_training
from worker.ml.learner import LabelledPixels, build_learner, seed_everything
from worker.ml.network import predict_images, rebuild, with_bias
from worker.ml.origins import NOWHERE, load_origin
from worker.ml.reading import decode, input_of, views_of
from worker.ml.reporter import Reporter
from worker.ml.resuming import Keeper
from worker.ml.schedules import train_stages
from worker.ml.targets import targets_of
from worker.ml.train import Flags, Places, TrainData, TrainResult, learned_rows

_NO_MEMORY = ("not enough memory", "can't allocate memory", "out of memory")


class TooFewImagesError(InvalidInputError):
    """Fine-tuning compares images within a batch and cannot do so with one."""

    def __init__(self) -> None:
        super().__init__(
            _("Fine-tuning needs at least two tagged training images. Tag more images, or use the quick recipe.")
        )


class OutOfMemoryError(UnavailableError):
    """Not even the smallest batch fits into memory."""

    def __init__(self) -> None:
        super().__init__(
            _("There is not enough memory to fine-tune this network. Close other programs, or use the quick recipe.")
        )


@dataclass(frozen=True, slots=True)
class _Task:
    """Hold what is to be trained."""

    data: TrainData
    # bool [n]: the images to learn from.
    learned: Flags
    backbone: Backbone
    # `pretrained` says whether there is anything in the body that is worth freezing.
    config: FinetuneConfig
    monitor: Monitor
    scratch: Path
    parent: Parent | None


@dataclass(frozen=True, slots=True)
class _Trained:
    """Hold what one attempt to train left."""

    weights: dict[str, torch.Tensor]
    reporter: Reporter
    # For JSON: rates used, and what the searches for them showed.
    rates: dict[str, Any]
    batch_size: int
    keeper: Keeper


def train_finetune(
    data: TrainData,
    places: Places,
    config: FinetuneConfig | None = None,
    on_progress: OnProgress = ignore_progress,
    on_epoch: OnEpoch = ignore_epoch,
    should_cancel: ShouldCancel = never_cancel,
) -> TrainResult:
    """Train all of a network on the training images and predict every image given.

    The epoch that is best on validation, by the figure asked for, is kept. Where memory runs out, the batch size is
    halved, the training starts again, and `notes` says so. The same arguments on the same computer give the same
    result.

    Raises:
        NothingToTrainError: when no training image has a known label.
        TooFewImagesError: when only one has.
        ImageUnreadableError: when an image's file is missing or damaged.
        BackboneUnavailableError: when the pretrained weights cannot be had.
        ParentUnsuitableError: when the model to go on from is of another network or recipe.
        SizeTooSmallError: when the network cannot look at images of that size.
        NetworkUnsuitableError: when no head of ours reads what the network gives.
        NoRateError: when no learning rate can be found.
        OutOfMemoryError: when not even a batch of two fits into memory.
        DiskFullError: when there is no room.
        Cancelled: when asked to stop; no checkpoint is left.

    """
    chosen = config or FinetuneConfig()
    started = monotonic()
    data.check()
    monitor = Monitor(on_progress, should_cancel, on_epoch)
    monitor.check(force=True)
    learned, notes = learned_rows(data)
    check_training(learned, data.splits, [item.sha256 for item in data.items])
    parent = read_parent(places.parent, chosen.backbone) if places.parent else None
    backbone = _origin(chosen, places, parent)
    transform, views = input_of(backbone.transform, chosen), views_of(chosen)
    with _scratch_folder(places.checkpoint) as scratch, full_disk_explained():
        knows = parent is not None or backbone.weights != NOWHERE
        task = _Task(data, learned, backbone, replace(chosen, pretrained=knows), monitor, scratch, parent)
        trained = _train(task, places.unfinished)
    targets = targets_of(data.cells[learned], data.labelling)
    constant = np.flatnonzero(targets.constant).tolist()
    weights = with_bias(trained.weights, {label: float(targets.prior[label]) for label in constant})
    network = rebuild(backbone.name, weights, backbone.device)
    probabilities = predict_images(network, data.items, transform, views, backbone.device, monitor, data.labelling)
    manifest = _describe(data, replace(backbone, transform=transform), chosen, trained, constant)
    write_checkpoint(places.checkpoint, manifest, weights)
    return TrainResult(
        probabilities,
        np.zeros(len(data.items), dtype=np.bool_),
        trained.reporter.rows,
        versions(),
        places.checkpoint,
        [data.labels[label] for label in constant],
        [*notes, *_notes(trained, min(chosen.batch_size, int(learned.sum())))],
        monotonic() - started,
        rate_searches=trained.rates["rate_searches"],
    )


@contextmanager
def _scratch_folder(checkpoint: Path) -> Iterator[Path]:
    """Make a folder beside the checkpoint for what a training needs only while it runs."""
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    # Named after the run, so that whoever goes on with it can remove what a lost worker has left here.
    scratch = Path(tempfile.mkdtemp(prefix=f".finetune-{checkpoint.name}-", dir=checkpoint.parent))
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _describe(
    data: TrainData,
    backbone: Backbone,
    config: FinetuneConfig,
    trained: _Trained,
    constant: list[int],
) -> Manifest:
    """Say in a manifest what was trained, and how; the backbone's transform is the one trained with."""
    details = {
        "constant_labels": constant,
        "labelling": data.labelling.value,
        **trained.rates,
        "batch_size": trained.batch_size,
        "best_epoch": trained.reporter.best_epoch,
    }
    return manifest_for(
        Recipe.FINETUNE,
        data.labels,
        backbone,
        seed=config.seed,
        config=config.to_dict(),
        details=details,
        views=views_of(config),
    )


def _origin(config: FinetuneConfig, places: Places, parent: Parent | None) -> Backbone:
    """Find what the training starts from; an earlier model brings its weights along, and no others are fetched."""
    device = choose_device(places.device)
    is_needed = config.pretrained and parent is None
    found = load_origin(config.backbone, places.weights, device=device, pretrained=is_needed)
    return found if parent is None else replace(found, digest=parent.manifest.backbone_digest)


def _train(task: _Task, unfinished: Path | None) -> _Trained:
    """Read the images and train, halving the batch size as long as memory runs out."""
    data, config, backbone = task.data, task.config, task.backbone
    train, valid = (_read(task, split) for split in (Split.TRAIN, Split.VALIDATION))
    if len(train) < 2:
        raise TooFewImagesError
    identity = resuming.identity_of(data, config.to_dict(), backbone.digest, backbone.device)
    state = resuming.read(unfinished, identity)
    batch_size = state.batch_size if state else min(config.batch_size, len(train))
    while True:
        reporter = Reporter(
            task.monitor,
            config.epochs_frozen + config.epochs_unfrozen,
            labelling=data.labelling,
            best_by=config.best_by,
            beta=config.beta,
        )
        keeper = Keeper(reporter, unfinished, identity, batch_size, state)
        try:
            with precision_restored(backbone.device):
                return _attempt(task, train, valid, batch_size, keeper)
        except (MemoryError, RuntimeError) as error:
            if not _is_out_of_memory(error):
                raise
            if batch_size < 4:
                raise OutOfMemoryError from error
        batch_size //= 2
        state = None
        if backbone.device == "cuda":
            torch.cuda.empty_cache()


def _read(task: _Task, split: Split) -> LabelledPixels:
    """Decode the images of a split."""
    rows = task.learned if split is Split.TRAIN else task.data.rows(split)
    items = [item for item, used in zip(task.data.items, rows, strict=True) if used]
    pixels = decode(items, task.backbone.transform, task.config, split, task.scratch / split.value, task.monitor)
    return LabelledPixels(pixels, task.data.cells[rows], split)


def _attempt(task: _Task, train: LabelledPixels, valid: LabelledPixels, batch_size: int, keeper: Keeper) -> _Trained:
    """Train once, from the first leg to the last."""
    seed_everything(task.config.seed)
    reporter = keeper.reporter
    learner = build_learner(
        task.backbone,
        train,
        valid,
        task.config,
        batch_size=batch_size,
        reporter=reporter,
        scratch=task.scratch,
        labelling=task.data.labelling,
    )
    if task.parent is not None:
        take_over(learner.model, task.parent, task.data.labels)
    learner.add_cb(keeper)
    rates = train_stages(learner, reporter, task.config, keeper)
    weights = reporter.best or {key: value.detach().cpu() for key, value in learner.model.state_dict().items()}
    return _Trained(weights, reporter, rates, batch_size, keeper)


def _notes(trained: _Trained, wanted: int) -> list[str]:
    """Say what went otherwise than asked for."""
    notes, reporter, keeper = [], trained.reporter, trained.keeper
    if trained.batch_size < wanted:
        notes.append(_("Memory ran out, so batches of %(size)s images were used.") % {"size": trained.batch_size})
    if keeper.trained:
        told = _("The training was interrupted after epoch %(epoch)s and went on from there.")
        notes.append(told % {"epoch": keeper.trained})
    if keeper.gave_up:
        notes.append(_("The disk had too little room to keep what would have been needed after a power cut."))
    if reporter.enough:
        told = _("It was stopped by hand after %(done)s of %(all)s epochs; the best of them, epoch %(best)s, was kept.")
        notes.append(told % {"done": len(reporter.rows), "all": reporter.epochs, "best": reporter.best_epoch})
    return notes


def _is_out_of_memory(error: BaseException) -> bool:
    """Tell a lack of memory from other failures; torch says it in words on a processor."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return any(words in str(error).lower() for words in _NO_MEMORY)
