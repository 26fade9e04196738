"""Measure Loupe's quick recipe against the lesson's recipe written by hand in plain fastai.

Both train in one process, one after the other, on the same split of the same photographs and from the same pretrained
weights. The images are a folder and a CSV with the columns `file` and `label` (labels separated by `|`).
"""

import argparse
import json
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from io import StringIO
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt
from fastai.callback.schedule import Learner  # noqa: F401 - adds fit_one_cycle to fastai's Learner
from fastai.callback.tracker import SaveModelCallback
from fastai.data.block import DataBlock, MultiCategoryBlock
from fastai.data.transforms import IndexSplitter
from fastai.metrics import F1ScoreMulti, accuracy_multi
from fastai.torch_core import set_seed
from fastai.vision.augment import Flip, Resize, Rotate, Zoom, setup_aug_tfms
from fastai.vision.data import ImageBlock
from fastai.vision.learner import vision_learner

from app.domain.metrics import evaluate
from app.domain.statuses import Split
from bench.photographs import DEFAULT_FOLDER, SEED, read
from worker.ml.backbones import Backbone, load_backbone
from worker.ml.finetune import train_finetune
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.train import Places, QuickConfig, TrainData, TrainResult, train_quick

Probabilities = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Measured:
    """What one way of training took and reached on validation."""

    way: str
    seconds: float
    macro_f1_at_half: float
    mean_average_precision: float


def by_hand(
    data: TrainData, backbone: Backbone, scratch: Path, epochs: tuple[int, int], rates: tuple[float, slice], seed: int
) -> Probabilities:
    """Train as the lesson does, and return the probabilities of the validation images."""
    set_seed(seed, reproducible=True)
    held = np.flatnonzero(data.rows(Split.VALIDATION)).tolist()
    names = [[label for label, there in zip(data.labels, row, strict=True) if there] for row in data.cells]
    block = DataBlock(
        blocks=(ImageBlock, MultiCategoryBlock(vocab=list(data.labels))),
        get_x=lambda row: data.items[row].path,
        get_y=lambda row: names[row],
        splitter=IndexSplitter(held),
        item_tfms=Resize(backbone.transform.size),
        batch_tfms=setup_aug_tfms([Rotate(max_deg=90, p=0.75), Zoom(), Flip()]),
    )
    loaders = block.dataloaders(range(len(data.items)), bs=32, num_workers=0, path=scratch)
    learner = vision_learner(
        loaders,
        backbone.name,
        metrics=[F1ScoreMulti(), accuracy_multi],
        path=scratch,
        pretrained_cfg_overlay=dict(backbone.overlay),
    )
    # The callback that keeps the best epoch prints by itself.
    with learner.no_bar(), learner.no_logging(), redirect_stdout(StringIO()):
        learner.fit_one_cycle(epochs[0], lr_max=rates[0])
        learner.unfreeze()
        learner.fit_one_cycle(epochs[1], lr_max=rates[1], cbs=[SaveModelCallback(monitor="f1_score")])
        predicted, _truth = learner.get_preds(dl=loaders.valid)
    found: Probabilities = predicted.numpy()
    return found


def timed(way: str, data: TrainData, train: Callable[[], TrainResult | Probabilities]) -> Measured:
    """Train, and measure the validation images at a threshold of 0.5."""
    started = perf_counter()
    result = train()
    seconds = perf_counter() - started
    held = data.rows(Split.VALIDATION)
    probabilities = result.probabilities[held] if isinstance(result, TrainResult) else result
    measured = evaluate(data.cells[held], probabilities)
    precision = np.nanmean([label.average_precision for label in measured.labels])
    line = Measured(way, seconds, measured.macro.f1, float(precision))
    print(f"{way:<28}{seconds:>9.2f} s{line.macro_f1_at_half:>12.3f}{line.mean_average_precision:>8.3f}", flush=True)
    return line


def measure(data: TrainData, scratch: Path, options: argparse.Namespace, seed: int) -> list[Measured]:
    """Run every way of training, the quickest first."""
    places = Places(scratch / "first", scratch / "weights", scratch / "embeddings", "cpu")
    backbone = load_backbone("tf_efficientnet_lite0", places.weights)
    epochs = (options.epochs_frozen, options.epochs_unfrozen)
    again = Places(scratch / "again", places.weights, places.embeddings, "cpu")
    lines = [
        timed("Loupe quick, first time", data, lambda: train_quick(data, places, QuickConfig(seed=seed))),
        timed("Loupe quick, again", data, lambda: train_quick(data, again, QuickConfig(seed=seed))),
    ]
    if options.finetune:
        config = FinetuneConfig(epochs_frozen=epochs[0], epochs_unfrozen=epochs[1], seed=seed)
        tuned = Places(scratch / "tuned", places.weights, places.embeddings, "cpu")
        lines.append(
            timed(f"Loupe finetune, {epochs[0]} + {epochs[1]}", data, lambda: train_finetune(data, tuned, config))
        )
    # The rates that the lesson reads off its own plots.
    rates = (2e-2, slice(6e-6, 4e-4))
    lines.append(
        timed(
            f"lesson by hand, {epochs[0]} + {epochs[1]}",
            data,
            lambda: by_hand(data, backbone, scratch / "hand", epochs, rates, seed),
        )
    )
    return lines


def _print_ratios(rounds: Sequence[Sequence[Measured]]) -> None:
    """Print how quick and the lesson compare: the mean over the seeds, and each seed's own."""
    pairs = [(lines[0], lines[1], lines[-1]) for lines in rounds]
    told = {
        "lesson / quick in time, the first time": [lesson.seconds / first.seconds for first, _again, lesson in pairs],
        "lesson / quick in time, again": [lesson.seconds / again.seconds for _first, again, lesson in pairs],
        "quick / lesson in macro-F1 at 0.5": [one.macro_f1_at_half / two.macro_f1_at_half for one, _, two in pairs],
        "quick / lesson in mAP": [one.mean_average_precision / two.mean_average_precision for one, _, two in pairs],
    }
    for name, values in told.items():
        each = ", ".join(f"{value:.2f}" for value in values)
        print(f"{name}: {np.mean(values):.2f} ({each})")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table and the ratios; with --json, one JSON object after them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, default=DEFAULT_FOLDER / "images")
    parser.add_argument("--csv", type=Path, default=DEFAULT_FOLDER / "labels.csv")
    parser.add_argument("--epochs-frozen", type=int, default=5)
    parser.add_argument("--epochs-unfrozen", type=int, default=4)
    parser.add_argument("--finetune", action="store_true", help="measure Loupe's own finetune recipe too")
    parser.add_argument("--seeds", type=int, nargs="+", default=[SEED], help="a split and a training for each")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if not options.csv.is_file():
        print(f"There are no photographs to measure with at {options.csv}; name others with --images and --csv.")
        return 1
    # fastai warns of its own use of older interfaces.
    warnings.simplefilter("ignore")
    data = read(options.images, options.csv)
    print(
        f"{len(data.items)} images, {data.rows(Split.VALIDATION).sum()} of them validation, {len(data.labels)} labels"
    )
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before: others may be using this machine, so read times"
    )
    print("as upper bounds; without imports, on the processor. The rows come from one run, in this order.")
    print(f"{'':<28}{'time':>11}{'macro-F1':>12}{'mAP':>8}")
    rounds = []
    for seed in options.seeds:
        print(f"seed {seed}")
        with tempfile.TemporaryDirectory() as scratch:
            rounds.append(measure(read(options.images, options.csv, seed), Path(scratch), options, seed))
    _print_ratios(rounds)
    if options.json:
        print(json.dumps([[asdict(line) for line in lines] for lines in rounds]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
