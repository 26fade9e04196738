"""How near the estimate before a training is to the training itself, on this machine.

Run as `python -m bench.estimates`: for some configurations, what was reckoned from a few batches, what the training
took, and the ratio. The peer is the clock. Judge it on a quiet machine: both sides slow down with whatever else runs.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import numpy as np

from app.domain.statuses import Split
from bench.photographs import DEFAULT_FOLDER
from worker.ml.callbacks import Monitor
from worker.ml.dataset import Item
from worker.ml.finetune import train_finetune
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.train import Places, TrainData
from worker.ml.trials import estimate_finetune

CONFIGS: Mapping[str, dict[str, Any]] = {
    "small, one epoch each": {"size": 96, "epochs_frozen": 1, "epochs_unfrozen": 1, "base_lr": 1e-3},
    "small, with a search for the rate": {"size": 96, "epochs_frozen": 2, "epochs_unfrozen": 1},
    "usual size, two epochs": {"epochs_frozen": 1, "epochs_unfrozen": 1, "base_lr": 1e-3},
}
IMAGES = 160


def collection(folder: Path, count: int) -> TrainData:
    """Take some images with labels drawn by chance: what they say takes no time."""
    files = sorted((folder / "images").iterdir())[:count]
    truth = np.random.default_rng(0).integers(0, 2, (len(files), 4), dtype=np.int8)
    splits = [Split.VALIDATION if row % 3 == 0 else Split.TRAIN for row in range(len(files))]
    return TrainData([Item(file.stem.rjust(64, "0"), file, file.name) for file in files], list("abcd"), truth, splits)


def main(arguments: list[str] | None = None) -> None:
    """Print a line for each configuration."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--images", type=int, default=IMAGES)
    given = parser.parse_args(arguments)
    data = collection(given.folder, given.images)
    say = sys.stdout.write
    say(f"{'configuration':<36}{'reckoned':>10}{'took':>10}{'ratio':>8}{'memory':>10}\n")
    with TemporaryDirectory() as folder:
        for number, (name, settings) in enumerate(CONFIGS.items()):
            config = FinetuneConfig(**settings)
            places = Places(Path(folder) / "runs" / str(number), Path(folder) / "weights", Path(folder) / "embeddings")
            reckoned = estimate_finetune(data, places, config, Monitor(), lambda _stage: None)
            begun = monotonic()
            train_finetune(data, places, config)
            took = monotonic() - begun
            memory = reckoned.memory / 1e6
            say(f"{name:<36}{reckoned.seconds:>8.1f} s{took:>8.1f} s{reckoned.seconds / took:>8.2f}{memory:>7.0f} MB\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
