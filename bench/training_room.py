"""Measure what training costs: embedding against the bare network, growth with the collection, memory.

Each part runs by itself (`rate`, `growth`, `memory`), or all of them in one run. The ways of the first part take turns,
so that whatever else the machine does meets them alike.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import torch

from app.domain.splits import assign_splits
from app.domain.statuses import Split
from bench.photographs import DEFAULT_FOLDER, read
from worker.ml.backbones import DEFAULT, Backbone, load_backbone
from worker.ml.cache import EmbeddingCache
from worker.ml.dataset import Item, read_views, to_input
from worker.ml.embeddings import embed
from worker.ml.learning_curve import CurveData, learning_curve
from worker.ml.train import Places, QuickConfig, TrainData, train_quick

CORES = os.cpu_count() or 1
ROUNDS = 3
# Enough batches of every size for a steady pace, few enough that the search takes a minute.
SEARCHED, TENSORS = 128, 192


@dataclass(frozen=True)
class Setting:
    """One way to run the bare network."""

    batch: int
    # One stream of batches over all cores, or a stream a core.
    streams: int
    channels_last: bool
    bf16: bool

    def __str__(self) -> str:
        layout, precision = "channels last" if self.channels_last else "channels first", "bf16" if self.bf16 else "fp32"
        return f"batches of {self.batch}, {self.streams} stream(s), {layout}, {precision}"


def forward_rate(network: torch.nn.Module, tensors: torch.Tensor, count: int, setting: Setting) -> float:
    """Run the bare network over ready tensors; views a second."""
    layout = torch.channels_last if setting.channels_last else torch.contiguous_format
    model, ready = network.to(memory_format=layout), tensors.contiguous(memory_format=layout)
    batches = [
        ready[start : start + setting.batch] for start in range(0, len(ready) - setting.batch + 1, setting.batch)
    ]
    wanted = max(setting.streams, count // setting.batch)

    def run(number: int) -> None:
        chosen: AbstractContextManager[object] = (
            torch.autocast("cpu", dtype=torch.bfloat16) if setting.bf16 else nullcontext()
        )
        with torch.inference_mode(), chosen:
            model(batches[number % len(batches)])

    threads = max(1, CORES // setting.streams)
    torch.set_num_threads(threads)
    with ThreadPoolExecutor(setting.streams, initializer=torch.set_num_threads, initargs=(threads,)) as pool:
        list(pool.map(run, range(setting.streams)))
        started = perf_counter()
        list(pool.map(run, range(wanted)))
        seconds = perf_counter() - started
    torch.set_num_threads(CORES)
    return wanted * setting.batch / seconds


def best_setting(network: torch.nn.Module, tensors: torch.Tensor) -> Setting:
    """Search for the quickest way to run the bare network."""
    bf16 = [True, False] if torch.cpu.get_capabilities().get("avx512_bf16") else [False]
    settings = [Setting(*each) for each in product((1, 2, 4, 8, 16, 32), sorted({1, CORES}), (True, False), bf16)]
    found = {setting: forward_rate(network, tensors, SEARCHED, setting) for setting in settings}
    # The first look is short: the front runners are looked at again.
    front = sorted(found, key=lambda setting: -found[setting])[:4]
    again = {setting: forward_rate(network, tensors, 4 * SEARCHED, setting) for setting in front}
    return max(again, key=lambda setting: again[setting])


def rate(data: TrainData, scratch: Path) -> None:
    """Compare embedding from files with the bare forward pass on ready tensors."""
    backbone = load_backbone(DEFAULT, scratch / "weights")
    views = [
        view for item in data.items[: TENSORS // 2] for view in read_views(item, backbone.transform, backbone.views)
    ]
    tensors = to_input(np.stack(views), backbone.transform, "cpu")
    setting = best_setting(backbone.network, tensors)
    print(f"bare network at its best: {setting}")
    count = len(data.items) * len(backbone.views)
    pairs = []
    for turn in range(ROUNDS):
        bare = forward_rate(backbone.network, tensors, count, setting)
        backbone.network.to(memory_format=torch.channels_last)
        started = perf_counter()
        embed(data.items, backbone, EmbeddingCache(scratch / f"embeddings {turn}"))
        ours = count / (perf_counter() - started)
        pairs.append(ours / bare)
        print(f"  bare {bare:7.1f} views/s   from files into the cache {ours:7.1f} views/s   ratio {ours / bare:.2f}")
    print(f"embedding / bare forward pass: {median(pairs):.2f} (aimed at: at least 0.80)")


def grown(data: TrainData, count: int, backbone: Backbone, cache: EmbeddingCache) -> TrainData:
    """Make a collection of so many images out of the features of a small one, each a little different, all cached."""
    chance = np.random.default_rng(count)
    features = embed(data.items, backbone, cache)
    rows = chance.integers(0, len(features), count)
    noise = chance.normal(1, 0.3, (count, features.shape[1]))
    items = [Item(f"{count * 1000 + number:064x}", Path("none"), str(number)) for number in range(count)]
    made = (features[rows] * noise).clip(-6e4, 6e4).astype(np.float16)
    cache.put(backbone.identity, [item.sha256 for item in items], made)
    truth = data.cells[rows]
    return TrainData(items, data.labels, truth, assign_splits(truth))


def growth(data: TrainData, scratch: Path) -> None:
    """Time quick runs and a learning curve on cached features of 2,000 and of 20,000 images."""
    backbone, cache = load_backbone(DEFAULT, scratch / "weights"), EmbeddingCache(scratch / "embeddings")
    for kind in ("linear", "hidden"):
        seconds = {}
        for count in (2_000, 20_000):
            collection = grown(data, count, backbone, cache)
            places = Places(scratch / f"{kind} {count}", scratch / "weights", scratch / "embeddings", "cpu")
            seconds[count] = timed(partial(train_quick, collection, places, QuickConfig(head=kind)))
            print(f"  quick, {kind} head, {count:>6} cached images: {seconds[count]:6.2f} s", flush=True)
        print(f"  ten times the images take {seconds[20_000] / seconds[2_000]:.1f} times as long")
    collection = grown(data, 2_000, backbone, cache)
    features = embed(collection.items, backbone, cache)
    train, valid = collection.rows(Split.TRAIN), collection.rows(Split.VALIDATION)
    groups = list(range(int(train.sum())))
    cells = collection.cells
    curve = CurveData(features[train], cells[train], groups, features[valid], cells[valid])
    took = timed(lambda: learning_curve(curve, seed=1))
    print(f"  learning curve of 2,000 cached images: {took:.1f} s (aimed at: under 30)")


def timed(work: Callable[[], object]) -> float:
    """Tell how long some work takes, in seconds."""
    started = perf_counter()
    work()
    return perf_counter() - started


def memory() -> None:
    """Train by each recipe in a process of its own, and print the most memory it held."""
    for recipe in ("nothing", "quick", "finetune"):
        command = [sys.executable, "-m", "bench.training_room", "--alone", recipe]
        told = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parent.parent)
        print(f"  {recipe:<9} {told.stdout.strip().splitlines()[-1]:>6} MB at most")


def alone(recipe: str, data: TrainData) -> None:
    """Train by one recipe and print the most memory this process held, in MB."""
    with tempfile.TemporaryDirectory() as name:
        places = Places(Path(name) / "run", Path(name) / "weights", Path(name) / "embeddings", "cpu")
        if recipe == "quick":
            train_quick(data, places)
        elif recipe == "finetune":
            from worker.ml.finetune import train_finetune  # noqa: PLC0415 - fastai counts only here
            from worker.ml.finetune_config import FinetuneConfig  # noqa: PLC0415 - as above

            train_finetune(data, places, FinetuneConfig(epochs_frozen=1, epochs_unfrozen=1, base_lr=2e-3))
    print(most_memory())


def most_memory() -> int:
    """Tell the most memory this program held, in MB; `getrusage` would count what its parent held when it began it."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) // 1024


def parts(chosen: Sequence[str], data: TrainData, scratch: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """Give the parts that were asked for, with their headings."""
    known: dict[str, tuple[str, Callable[[], None]]] = {
        "rate": ("Embedding rate", lambda: rate(data, scratch)),
        "growth": ("Growth", lambda: growth(data, scratch)),
        "memory": ("Memory of the process that trains", memory),
    }
    for name in chosen or known:
        yield known[name]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=["rate", "growth", "memory", []])
    parser.add_argument("--images", type=Path, default=DEFAULT_FOLDER / "images")
    parser.add_argument("--csv", type=Path, default=DEFAULT_FOLDER / "labels.csv")
    parser.add_argument("--alone", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if not options.csv.is_file():
        print(f"There are no photographs to measure with at {options.csv}; name others with --images and --csv.")
        return 1
    warnings.simplefilter("ignore")
    data = read(options.images, options.csv)
    if options.alone:
        alone(options.alone, data)
        return 0
    print(f"{len(data.items)} images, {CORES} cores, load {os.getloadavg()[0]:.1f} before", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        for title, measure in parts(options.parts, data, Path(scratch)):
            print(title, flush=True)
            measure()
    return 0


if __name__ == "__main__":
    sys.exit(main())
