"""The photographs that trainings are measured with: a folder and a CSV, read as Loupe's recipes take them.

Apart from the measurements, so that one of them can do without what another imports: fastai takes memory of its own.
"""

import csv
import hashlib
import os
from pathlib import Path

import numpy as np

from app.domain.splits import assign_splits
from worker.ml.dataset import Item
from worker.ml.train import TrainData

SHARED = Path(os.environ.get("LOUPE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
DEFAULT_FOLDER = SHARED / "data" / "fsa_color490"
SEED = 42


def read(images: Path, table: Path, seed: int = SEED) -> TrainData:
    """Read the images that the table lists, and divide them as Loupe does."""
    with table.open(newline="", encoding="utf-8-sig") as file:
        rows = [(row["file"], [part for part in row["label"].split("|") if part]) for row in csv.DictReader(file)]
    labels = sorted({label for _name, present in rows for label in present})
    truth = np.array([[label in present for label in labels] for _name, present in rows], dtype=np.int8)
    paths = [images / name for name, _present in rows]
    items = [Item(hashlib.sha256(path.read_bytes()).hexdigest(), path, path.name) for path in paths]
    return TrainData(items, labels, truth, assign_splits(truth, seed=seed))
