"""Measure an epoch of Loupe's finetune recipe against the same epoch in plain fastai.

Same photographs, split, pretrained weights, image size, batch size and augmentation; epochs of the one and the other
take turns, so that whatever else the computer does meets both. fastai gets the better of reading in its own process and
in helpers. The images are a folder and a CSV with the columns `file` and `label` (labels separated by `|`).
"""

import argparse
import json
import statistics
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import torch
from fastai.data.block import DataBlock, MultiCategoryBlock
from fastai.data.transforms import IndexSplitter
from fastai.torch_core import set_seed
from fastai.vision.augment import Flip, Resize, ResizeMethod, Rotate, Zoom, setup_aug_tfms
from fastai.vision.data import ImageBlock
from fastai.vision.learner import vision_learner

from app.domain.metrics import evaluate
from app.domain.statuses import Split
from bench.photographs import DEFAULT_FOLDER, read
from worker.ml.backbones import Backbone, load_backbone
from worker.ml.callbacks import Monitor, Stage
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.learner import LabelledPixels, build_learner, seed_everything
from worker.ml.reading import decode
from worker.ml.reporter import Reporter
from worker.ml.train import TrainData

# The share of plain fastai's time that an epoch may take.
BAR = 0.6
RATE = 2e-3


def plain(data: TrainData, backbone: Backbone, config: FinetuneConfig, workers: int | None, scratch: Path) -> Any:
    """Build what a notebook builds: blocks, a learner, fastai's own settings for the rest."""
    held = np.flatnonzero(data.rows(Split.VALIDATION)).tolist()
    names = [[label for label, there in zip(data.labels, row, strict=True) if there] for row in data.cells]
    block = DataBlock(
        blocks=(ImageBlock, MultiCategoryBlock(vocab=list(data.labels))),
        get_x=lambda row: data.items[row].path,
        get_y=lambda row: names[row],
        splitter=IndexSplitter(held),
        item_tfms=Resize(config.size, method=ResizeMethod.Squish),
        batch_tfms=setup_aug_tfms([Rotate(max_deg=90, p=0.75), Zoom(), Flip()]),
    )
    helpers = {} if workers is None else {"num_workers": workers}
    loaders = block.dataloaders(range(len(data.items)), bs=config.batch_size, path=scratch, **helpers)
    return vision_learner(loaders, backbone.name, path=scratch, pretrained_cfg_overlay=dict(backbone.overlay))


def ours(data: TrainData, backbone: Backbone, config: FinetuneConfig, scratch: Path) -> tuple[Any, float]:
    """Build Loupe's learner; return it and the seconds that decoding took, once for all epochs."""
    started = perf_counter()
    sides = {}
    for split in (Split.TRAIN, Split.VALIDATION):
        rows = data.rows(split)
        items = [item for item, used in zip(data.items, rows, strict=True) if used]
        pixels = decode(items, backbone.transform, config, split, scratch / split.value, Monitor())
        sides[split] = LabelledPixels(pixels, data.cells[rows], split)
    seconds = perf_counter() - started
    reporter = Reporter(Monitor(), 1)
    reporter.start(Stage.UNFROZEN)
    learner = build_learner(
        backbone,
        sides[Split.TRAIN],
        sides[Split.VALIDATION],
        config,
        batch_size=config.batch_size,
        reporter=reporter,
        scratch=scratch,
    )
    return learner, seconds


def epoch(learner: Any, clock: Callable[[], float]) -> float:
    """Train one epoch, validation included; return its seconds."""
    started = clock()
    learner.fit(1, RATE)
    return clock() - started


def speed(
    data: TrainData, backbone: Backbone, config: FinetuneConfig, options: argparse.Namespace, scratch: Path
) -> dict[str, Any]:
    """Time epochs in turns, frozen and unfrozen."""
    learner, decoding = ours(data, backbone, config, scratch)
    learners = {"Loupe": learner, "Loupe, full precision": ours(data, backbone, full(config), scratch)[0]}
    learners |= {
        f"fastai, {name}": plain(data, backbone, config, workers, scratch)
        for name, workers in (("its own number of helpers", None), ("no helpers", 0))
        # The processor's time of helpers is not this process's.
        if not options.processor or workers == 0
    }
    clock = process_time if options.processor else perf_counter
    found: dict[str, Any] = {"decoding_once": decoding}
    print(f"reading all images, once: {decoding:.1f} s")
    for stage in ("frozen", "unfrozen"):
        for each in learners.values():
            each.freeze() if stage == "frozen" else each.unfreeze()
        seconds: dict[str, list[float]] = {name: [] for name in learners}
        for _turn in range(options.repeats):
            for name, each in learners.items():
                with each.no_bar(), each.no_logging():
                    seconds[name].append(epoch(each, clock))
        found[stage] = table(stage, seconds)
    return found


def full(config: FinetuneConfig) -> FinetuneConfig:
    """Return the same without half precision, to tell what it does from what reading once does."""
    return replace(config, precision="full")


def table(stage: str, seconds: dict[str, list[float]]) -> dict[str, Any]:
    """Print the seconds of each way, and its share of the better of fastai's."""
    # In each turn the quicker of fastai's two ways counts.
    peers = [min(pair) for pair in zip(*(each for name, each in seconds.items() if "fastai" in name), strict=True)]
    lines = {}
    for name, each in seconds.items():
        shares = [one / peer for one, peer in zip(each, peers, strict=True)]
        lines[name] = {"seconds": each, "ratio": statistics.median(shares), "low": min(shares), "high": max(shares)}
        told = f"{statistics.median(each):8.2f} s   ratio {lines[name]['ratio']:.2f}"
        print(f"{stage:<10}{name:<36}{told} ({min(shares):.2f} to {max(shares):.2f})", flush=True)
    return lines


def quality(
    data: TrainData, backbone: Backbone, config: FinetuneConfig, seeds: list[int], scratch: Path
) -> dict[str, list[tuple[float, float]]]:
    """Train both for the same epochs with the same rates; return macro-F1 at 0.5 and mean average precision by seed."""
    rows = data.rows(Split.VALIDATION)
    found: dict[str, list[tuple[float, float]]] = {"Loupe": [], "fastai": []}
    builders: dict[str, Callable[[], Any]] = {
        "Loupe": lambda: ours(data, backbone, config, scratch)[0],
        "fastai": lambda: plain(data, backbone, config, 0, scratch),
    }
    for seed in seeds:
        for name, build in builders.items():
            seed_everything(seed)
            set_seed(seed)
            learner = build()
            with learner.no_bar(), learner.no_logging():
                learner.fit_one_cycle(config.epochs_frozen, 2e-2)
                learner.unfreeze()
                learner.fit_one_cycle(config.epochs_unfrozen, slice(4e-3, 2e-2))
                logits, _truth = learner.get_preds(dl=learner.dls.valid, act=lambda given: given)
            measured = evaluate(data.cells[rows], logits.float().sigmoid().numpy())
            found[name].append((measured.macro.f1, measured.mean_average_precision))
            print(f"seed {seed} {name:<8} macro-F1 {found[name][-1][0]:.3f}  mAP {found[name][-1][1]:.3f}", flush=True)
    for name, pairs in found.items():
        means = [statistics.mean(part) for part in zip(*pairs, strict=True)]
        print(f"{name:<8} macro-F1 {means[0]:.3f}  mAP {means[1]:.3f}, mean of {len(seeds)}")
    return found


def main() -> None:
    """Read the images, measure, and say whether the bar is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--backbone", default="tf_efficientnet_lite0")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--images", type=int, default=0, help="only so many of the images")
    parser.add_argument("--seeds", type=int, default=0, help="compare quality too, over so many seeds")
    parser.add_argument("--threads", type=int, default=0, help="let torch use so many")
    parser.add_argument(
        "--processor", action="store_true", help="count the processor's time, where other programs take turns with this"
    )
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.threads:
        torch.set_num_threads(options.threads)
    data = read(options.folder / "images", options.folder / "labels.csv")
    if options.images:
        some = slice(0, options.images)
        data = TrainData(data.items[some], data.labels, data.cells[some], data.splits[some])
    config = FinetuneConfig(backbone=options.backbone, size=options.size, epochs_frozen=2, epochs_unfrozen=2)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        backbone = load_backbone(options.backbone, scratch / "weights")
        result = speed(data, backbone, config, options, scratch) if options.repeats else {}
        if options.seeds:
            result["quality"] = quality(data, backbone, config, list(range(options.seeds)), scratch)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1), encoding="utf-8")
    for stage in ("frozen", "unfrozen"):
        if stage in result:
            ratio = result[stage]["Loupe"]["ratio"]
            print(f"{stage}: {ratio:.2f} of fastai's time, {'within' if ratio <= BAR else 'above'} {BAR}")


if __name__ == "__main__":
    main()
