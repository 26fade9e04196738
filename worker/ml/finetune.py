"""Train the finetune recipe: fastai's one cycle on a frozen body, then on all of the network."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

import numpy as np
import torch

from app.domain.statuses import Recipe, Split
from app.errors import InvalidInputError, UnavailableError
from app.i18n import gettext as _
from worker.ml import resuming
from worker.ml.backbones import Backbone, Transform, choose_device, load_backbone
from worker.ml.callbacks import (
    Monitor,
    OnEpoch,
    OnProgress,
    Progress,
    ShouldCancel,
    Stage,
    ignore_epoch,
    ignore_progress,
    never_cancel,
)
from worker.ml.checkpoint import Manifest, manifest_for, versions, write_checkpoint
from worker.ml.dataset import Item, read_batches
from worker.ml.files import full_disk_explained
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.head import one_sided, prior_logits
from worker.ml.learner import LabelledPixels, build_learner, seed_everything
from worker.ml.network import predict_images, rebuild, with_bias
from worker.ml.reporter import Reporter
from worker.ml.resuming import Keeper
from worker.ml.schedules import train_stages
from worker.ml.train import Pixels, Places, TrainData, TrainResult

# All of the image, squeezed: nothing at the edges is lost, in training or after it.
_VIEWS = ("whole",)
_READ_AT_ONCE = 32
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
class _Trained:
    """Hold what one attempt to train left."""

    weights: dict[str, torch.Tensor]
    reporter: Reporter
    base_lr: float
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

    The epoch with the highest macro-F1 on validation is kept. Where memory runs out, the batch size is halved, the
    training starts again, and `notes` says so. The same arguments on the same computer give the same result.

    Raises:
        NothingToTrainError: when no training image has a known label.
        TooFewImagesError: when only one has.
        ImageUnreadableError: when an image's file is missing or damaged.
        BackboneUnavailableError: when the pretrained weights cannot be had.
        OutOfMemoryError: when not even a batch of two fits into memory.
        DiskFullError: when there is no room.
        Cancelled: when asked to stop; no checkpoint is left.

    """
    chosen = config or FinetuneConfig()
    started = monotonic()
    data.check()
    monitor = Monitor(on_progress, should_cancel, on_epoch)
    monitor.check(force=True)
    backbone = load_backbone(chosen.backbone, places.weights, device=choose_device(places.device))
    transform = replace(backbone.transform, size=chosen.size)
    with _scratch_folder(places.checkpoint) as scratch, full_disk_explained():
        trained = _train(data, backbone, transform, chosen, monitor, scratch, places.unfinished)
    cells = data.cells[data.rows(Split.TRAIN)]
    constant = np.flatnonzero(one_sided(cells)).tolist()
    priors = prior_logits(cells)
    weights = with_bias(trained.weights, {label: float(priors[label]) for label in constant})
    network = rebuild(backbone.name, weights, backbone.device)
    probabilities = predict_images(network, data.items, transform, _VIEWS, backbone.device, monitor)
    manifest = _describe(data, backbone, transform, chosen, trained, constant)
    write_checkpoint(places.checkpoint, manifest, weights)
    return TrainResult(
        probabilities,
        np.zeros(len(data.items), dtype=np.bool_),
        trained.reporter.rows,
        versions(),
        places.checkpoint,
        [data.labels[label] for label in constant],
        _notes(trained, min(chosen.batch_size, int(data.rows(Split.TRAIN).sum()))),
        monotonic() - started,
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
    transform: Transform,
    config: FinetuneConfig,
    trained: _Trained,
    constant: list[int],
) -> Manifest:
    """Say in a manifest what was trained, and how."""
    details = {
        "constant_labels": constant,
        "labelling": data.labelling.value,
        "base_lr": trained.base_lr,
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
        views=_VIEWS,
        transform=transform,
    )


def _train(
    data: TrainData,
    backbone: Backbone,
    transform: Transform,
    config: FinetuneConfig,
    monitor: Monitor,
    scratch: Path,
    unfinished: Path | None,
) -> _Trained:
    """Read the images and train, halving the batch size as long as memory runs out."""
    sides = []
    for split in (Split.TRAIN, Split.VALIDATION):
        rows = data.rows(split)
        items = [item for item, used in zip(data.items, rows, strict=True) if used]
        pixels = _pixels(items, transform, scratch / split.value, monitor)
        sides.append(LabelledPixels(pixels, data.cells[rows], split))
    train, valid = sides
    if len(train) < 2:
        raise TooFewImagesError
    identity = resuming.identity_of(data, config.to_dict(), backbone.digest, backbone.device)
    state = resuming.read(unfinished, identity)
    batch_size = state.batch_size if state else min(config.batch_size, len(train))
    while True:
        reporter = Reporter(monitor, config.epochs_frozen + config.epochs_unfrozen)
        keeper = Keeper(reporter, unfinished, identity, batch_size, state)
        try:
            return _attempt(backbone, train, valid, replace(config, batch_size=batch_size), keeper, scratch)
        except (MemoryError, RuntimeError) as error:
            if not _is_out_of_memory(error):
                raise
            if batch_size < 4:
                raise OutOfMemoryError from error
        batch_size //= 2
        state = None
        if backbone.device == "cuda":
            torch.cuda.empty_cache()


def _attempt(
    backbone: Backbone,
    train: LabelledPixels,
    valid: LabelledPixels,
    config: FinetuneConfig,
    keeper: Keeper,
    scratch: Path,
) -> _Trained:
    """Train once: find the rate, one cycle frozen, unfreeze, one cycle with lower rates for the body."""
    seed_everything(config.seed)
    reporter = keeper.reporter
    learner = build_learner(
        backbone,
        train,
        valid,
        config,
        batch_size=config.batch_size,
        reporter=reporter,
        scratch=scratch,
    )
    learner.add_cb(keeper)
    base_lr = train_stages(learner, reporter, config, keeper)
    weights = reporter.best or {key: value.detach().cpu() for key, value in learner.model.state_dict().items()}
    return _Trained(weights, reporter, base_lr, config.batch_size, keeper)


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


def _pixels(items: Sequence[Item], transform: Transform, path: Path, monitor: Monitor) -> Pixels:
    """Decode images once into a file and map it: no epoch decodes again, and no collection is too large for memory."""
    shape = (len(items), transform.size, transform.size, 3)
    done = 0
    with path.open("wb") as file:
        for pixels in read_batches(items, transform, _VIEWS[0], _READ_AT_ONCE):
            file.write(pixels.tobytes())
            done += len(pixels)
            monitor.report(Progress(Stage.READING, done, len(items)))
    return np.memmap(path, dtype=np.uint8, mode="r", shape=shape) if items else np.zeros(shape, dtype=np.uint8)


def _is_out_of_memory(error: BaseException) -> bool:
    """Tell a lack of memory from other failures; torch says it in words on a processor."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return any(words in str(error).lower() for words in _NO_MEMORY)
