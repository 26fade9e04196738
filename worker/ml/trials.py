"""Try a fine-tuning for some batches: find a learning rate, or time what a training would take."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import numpy as np
import numpy.typing as npt
from fastai.learner import Learner

from app.domain.statuses import Split
from worker.ml.backbones import Backbone, choose_device, precision_restored
from worker.ml.callbacks import Monitor
from worker.ml.files import full_disk_explained
from worker.ml.finetune import TooFewImagesError
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.learner import LabelledPixels, build_learner, seed_everything
from worker.ml.legs import legs_of
from worker.ml.network import predict_images, rebuild, with_bias
from worker.ml.origins import load_origin
from worker.ml.peaks import Peak
from worker.ml.rates import RATE_BATCHES, search_rates
from worker.ml.reading import decode, input_of, views_of
from worker.ml.reporter import Reporter
from worker.ml.timing import BATCHES, time_leg
from worker.ml.train import Places, TrainData, learned_rows
from worker.ml.trial_sums import Estimate, LegTimes, Sizes, Times, finetune_parts
from worker.ml.weights import weights_of

Rows = npt.NDArray[np.intp]

# So many images tell how long one takes to be predicted; the first few get everything going.
_PREDICTED, _FIRST = 24, 4
# Weights that are here already; others need not be fetched to time a training.
_AT_HAND = frozenset({"kept", "installed"})


@dataclass(frozen=True, slots=True)
class _Trial:
    """Hold what is tried."""

    data: TrainData
    config: FinetuneConfig
    monitor: Monitor
    backbone: Backbone
    scratch: Path
    # Rows of the images to learn from and to measure on that are used here.
    train: Rows
    valid: Rows
    batch_size: int

    def read(self, split: Split) -> LabelledPixels:
        """Decode the images of a split that are used."""
        rows = self.train if split is Split.TRAIN else self.valid
        items = [self.data.items[row] for row in rows]
        transform = self.backbone.transform
        pixels = decode(items, transform, self.config, split, self.scratch / split.value, self.monitor)
        return LabelledPixels(pixels, self.data.cells[rows], split)

    def learner(self, train: LabelledPixels, valid: LabelledPixels, reporter: Reporter) -> Learner:
        """Build the learner of a training."""
        return build_learner(
            self.backbone,
            train,
            valid,
            self.config,
            batch_size=self.batch_size,
            reporter=reporter,
            scratch=self.scratch,
            labelling=self.data.labelling,
        )


def rows_wanted(data: TrainData, config: FinetuneConfig, batches: int) -> tuple[Rows, Rows, int]:
    """Choose images for some batches, and as many as two batches to measure on; with them the size of a batch.

    Raises:
        NothingToTrainError, TooFewImagesError: where a training would not begin either.

    """
    data.check()
    learned, _notes = learned_rows(data)
    train, valid = np.flatnonzero(learned), np.flatnonzero(data.rows(Split.VALIDATION))
    if len(train) < 2:
        raise TooFewImagesError
    chance = np.random.default_rng(config.seed)
    batch_size = min(config.batch_size, len(train))
    return (
        chance.permutation(train)[: batches * batch_size],
        chance.permutation(valid)[: 2 * batch_size],
        batch_size,
    )


def find_rate(data: TrainData, places: Places, config: FinetuneConfig, monitor: Monitor) -> dict[str, object]:
    """Search for a learning rate as the training itself would, on as many images as that takes.

    Raises:
        NothingToTrainError, TooFewImagesError: where a training would not begin either.
        BackboneUnavailableError: when the pretrained weights cannot be had.
        NoRateError: when the loss explodes from the start.
        Cancelled: when asked to stop.

    """
    train, _valid, batch_size = rows_wanted(data, config, RATE_BATCHES)
    backbone = load_origin(
        config.backbone, places.weights, device=choose_device(places.device), pretrained=config.pretrained
    )
    with _scratch(places) as scratch:
        none = np.zeros(0, dtype=np.intp)
        trial = _Trial(data, config, monitor, backbone, scratch, train, none, batch_size)
        learned, held = trial.read(Split.TRAIN), trial.read(Split.VALIDATION)
        seed_everything(config.seed)
        learner = trial.learner(learned, held, Reporter(monitor, 0, labelling=data.labelling))
        first = legs_of(config)[0]
        if first.is_frozen:
            learner.freeze()
        else:
            learner.unfreeze()
        with precision_restored(backbone.device), learner.no_bar(), learner.no_logging():
            search = search_rates(learner)
    return {**search.to_dict(), "stage": first.stage.value, "n_images": len(train), "batch_size": batch_size}


def estimate_finetune(
    data: TrainData, places: Places, config: FinetuneConfig, monitor: Monitor, say: Callable[[str], None]
) -> Estimate:
    """Time some batches of each stage and reckon what a training takes; nothing is fetched for that.

    Args:
        data: the images; files have to be there for those of `rows_wanted`.
        places: where weights are, and where files may be left for a moment.
        config: how the training is to run.
        monitor: asked whether to stop.
        say: told what is timed: "reading", "frozen", "unfrozen", "predicting".

    Raises:
        NothingToTrainError, TooFewImagesError: where a training would not begin either.
        Cancelled: when asked to stop.

    """
    train, valid, batch_size = rows_wanted(data, config, BATCHES)
    sizes = Sizes(int(learned_rows(data)[0].sum()), int(data.rows(Split.VALIDATION).sum()), len(data.items))
    weights = weights_of(config.backbone, places.weights, pretrained=config.pretrained)
    device = choose_device(places.device)
    backbone = load_origin(config.backbone, places.weights, device=device, pretrained=weights.state in _AT_HAND)
    with Peak() as peak, _scratch(places) as scratch:
        trial = _Trial(data, config, monitor, backbone, scratch, train, valid, batch_size)
        times, learner = _timed(trial, say)
        say("predicting")
        times = Times(times.read, times.build, _predict_seconds(trial, learner), times.legs)
        parameters = [parameter.numel() for parameter in learner.model.parameters()]
        learner.freeze()
        head = [parameter.numel() for parameter in learner.model.parameters() if parameter.requires_grad]
    parts = finetune_parts(config, legs_of(config), times, sizes, batch_size, RATE_BATCHES)
    return Estimate(parts, peak.memory, peak.graphics, sum(parameters), sum(head), weights, batch_size, sizes, device)


def _timed(trial: _Trial, say: Callable[[str], None]) -> tuple[Times, Learner]:
    """Read, build and train a little, looking at the clock."""
    say("reading")
    begun = monotonic()
    train, valid = trial.read(Split.TRAIN), trial.read(Split.VALIDATION)
    read = (monotonic() - begun) / (len(train) + len(valid))
    seed_everything(trial.config.seed)
    begun = monotonic()
    reporter = Reporter(trial.monitor, 0, labelling=trial.data.labelling, beta=trial.config.beta)
    learner = trial.learner(train, valid, reporter)
    build = monotonic() - begun
    legs: dict[str, LegTimes] = {}
    with precision_restored(trial.backbone.device), learner.no_bar(), learner.no_logging():
        for leg in legs_of(trial.config):
            say(leg.stage.value)
            legs[leg.stage.value] = time_leg(learner, reporter, leg, trial.scratch / "state", trial.batch_size)
    return Times(read, build, 0.0, legs), learner


def _predict_seconds(trial: _Trial, learner: Learner) -> float:
    """Return how long one image takes to be read and predicted."""
    weights = {key: value.detach().cpu() for key, value in learner.model.state_dict().items()}
    network = rebuild(trial.backbone.name, with_bias(weights, {}), trial.backbone.device)
    transform, views = input_of(trial.backbone.transform, trial.config), views_of(trial.config)
    items = [trial.data.items[row] for row in trial.train[:_PREDICTED]]
    device, monitor, labelling = trial.backbone.device, trial.monitor, trial.data.labelling
    predict_images(network, items[:_FIRST], transform, views, device, monitor, labelling)
    begun = monotonic()
    predict_images(network, items, transform, views, device, monitor, labelling)
    return (monotonic() - begun) / len(items)


@contextmanager
def _scratch(places: Places) -> Iterator[Path]:
    """Make a folder for what a trial needs only while it runs, under a name that is cleared if its worker is lost."""
    places.checkpoint.parent.mkdir(parents=True, exist_ok=True)
    with (
        full_disk_explained(),
        TemporaryDirectory(prefix=".finetune-trial-", dir=places.checkpoint.parent) as folder,
    ):
        yield Path(folder)
