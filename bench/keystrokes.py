"""How many keys and clicks it takes to give a collection its labels exactly, by the ways that Loupe offers.

    python bench/keystrokes.py [--json]

No browser is driven: what each way asks for follows from its rules, and every way is checked to end in exactly the
labels of the table. Key presses, clicks and confirmed pages count as one action each; looking and scrolling as none.

At the desk a label is a key, Enter submits, and N says at once that none applies. With suggestions preselected, the
keys are those of the labels of which the model is wrong. In the grid one label is asked at a time: every exception is
a click, every page a press of Enter. The model is a quick run on a first part of the images, in random order, that
was tagged without it; thresholds are tuned on the validation images of that part, as a run does. Five random orders,
mean and deviation.
"""

import argparse
import csv
import json
import os
import sys
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.domain.splits import assign_splits  # noqa: E402 - the path is set just above
from app.domain.statuses import Split  # noqa: E402
from app.domain.thresholds import tune  # noqa: E402
from app.storage import hash_file  # noqa: E402
from worker.ml.dataset import Item  # noqa: E402
from worker.ml.train import Places, TrainData, train_quick  # noqa: E402

Cells = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]

SHARED = Path(os.environ.get("LOUPE_SHARED", ROOT.parent / "shared"))
COLLECTIONS = ("coco4", "fsa_color490")
ROUNDS = 5
# What a lead would tag by hand before the first training.
FIRST_PART = 0.3
# As many as a window of 1440 x 900 shows at the usual size: nine columns, four rows.
PAGE = 36


@dataclass(frozen=True)
class Collection:
    """Images and their labels: `truth` is int8 [n, L], 1 where a label applies."""

    name: str
    items: list[Item]
    labels: list[str]
    truth: Cells


@dataclass(frozen=True)
class Effort:
    """What one way took: actions an image, mean and standard deviation over the rounds."""

    collection: str
    way: str
    actions: float
    deviation: float


def read(name: str) -> Collection:
    """Read a collection and its table."""
    folder = SHARED / "data" / name
    with (folder / "labels.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = [(row["file"], {part for part in row["label"].split("|") if part}) for row in csv.DictReader(file)]
    labels = sorted(set().union(*(present for _name, present in rows)))
    items = [Item(hash_file(folder / "images" / file), folder / "images" / file, file) for file, _present in rows]
    return Collection(
        name, items, labels, np.array([[each in present for each in labels] for _name, present in rows], dtype=np.int8)
    )


def at_the_desk(truth: Cells, chosen: Cells) -> int:
    """Count the keys that turn what is chosen already into the truth, image by image."""
    given, actions = chosen.copy(), 0
    for row, wanted in enumerate(truth):
        wrong = given[row] != wanted
        if not wanted.any():
            actions += 1  # N, or Enter where nothing was chosen
        else:
            actions += int(wrong.sum()) + 1
        given[row] = wanted
    return _checked(actions, given, truth)


def in_the_grid(truth: Cells, usual: Cells, order: npt.NDArray[np.intp]) -> int:
    """Count the clicks and confirmed pages, label by label; `usual` is what untouched images are taken as.

    `order` is int [n, L], the rows of the images as each label's pages show them.
    """
    given, actions = np.full_like(truth, -1), 0
    for label in range(truth.shape[1]):
        for start in range(0, len(truth), PAGE):
            rows = order[start : start + PAGE, label]
            page = usual[rows, label].copy()
            exceptions = page != truth[rows, label]
            page[exceptions] = 1 - page[exceptions]
            given[rows, label] = page
            actions += int(exceptions.sum()) + 1
    return _checked(actions, given, truth)


def _checked(actions: int, given: Cells, truth: Cells) -> int:
    if not np.array_equal(given, truth):
        raise AssertionError("this way does not end in the labels of the table")
    return actions


def learned(collection: Collection, first: Flags, places: Places, seed: int) -> tuple[npt.NDArray[np.float64], Cells]:
    """Train on the first part; give probabilities, float64 [n, L], and what is predicted at tuned thresholds."""
    known = np.where(first[:, None], collection.truth, -1).astype(np.int8)
    splits: list[Split | None] = [None] * len(known)
    for row, split in zip(np.flatnonzero(first), assign_splits(collection.truth[first], seed=seed), strict=True):
        splits[row] = split
    data = TrainData(collection.items, collection.labels, known, splits)
    probabilities = train_quick(data, places).probabilities.astype(np.float64)
    held = data.rows(Split.VALIDATION)
    limits = np.array([each.threshold for each in tune(known[held], probabilities[held])])
    return probabilities, (probabilities >= limits).astype(np.int8)


def one_round(collection: Collection, scratch: Path, seed: int) -> dict[str, float]:
    """Count the actions an image of every way, for one random order of the images."""
    truth, n = collection.truth, len(collection.truth)
    first = np.zeros(n, dtype=np.bool_)
    first[np.random.default_rng(seed).permutation(n)[: round(FIRST_PART * n)]] = True
    places = Places(scratch / f"{collection.name}-{seed}", scratch / "weights", scratch / "embeddings", "cpu")
    probabilities, predicted = learned(collection, first, places, seed)
    rest = ~first
    likely = np.argsort(-probabilities[rest], axis=0, kind="stable")
    by_hand = at_the_desk(truth[first], np.zeros_like(truth[first]))
    pages = in_the_grid(truth[first], np.zeros_like(truth[first]), _as_they_come(truth[first]))
    absent = np.zeros_like(truth)
    total = {
        "Desk, no suggestions": at_the_desk(truth, absent),
        "Desk, suggestions preselected": by_hand + at_the_desk(truth[rest], predicted[rest]),
        "Grid, one label at a time, no model": in_the_grid(truth, absent, _as_they_come(truth)),
        "Desk first, then the grid with the model": by_hand + in_the_grid(truth[rest], predicted[rest], likely),
        "Grid first, then the grid with the model": pages + in_the_grid(truth[rest], predicted[rest], likely),
    }
    return {way: actions / n for way, actions in total.items()}


def _as_they_come(truth: Cells) -> npt.NDArray[np.intp]:
    return np.tile(np.arange(len(truth))[:, None], (1, truth.shape[1]))


def measure(collection: Collection, scratch: Path) -> list[Effort]:
    """Count over all rounds."""
    rounds = [one_round(collection, scratch, seed) for seed in range(ROUNDS)]
    return [
        Effort(collection.name, way, float(np.mean(each)), float(np.std(each, ddof=1)))
        for way in rounds[0]
        for each in [[one[way] for one in rounds]]
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table for each collection; with --json, one JSON list after them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    there = [name for name in COLLECTIONS if (SHARED / "data" / name / "labels.csv").is_file()]
    if not there:
        print(f"There are no photographs to measure with below {SHARED / 'data'}.")
        return 1
    # fastai warns of its own use of older interfaces.
    warnings.simplefilter("ignore")
    lines: list[Effort] = []
    with tempfile.TemporaryDirectory() as scratch:
        for name in there:
            collection = read(name)
            counts = collection.truth.sum(axis=1)
            print(f"{name}: {len(counts)} images, {counts.mean():.2f} labels an image, {(counts == 0).sum()} with none")
            found = measure(collection, Path(scratch))
            for line in found:
                spread = f" ± {line.deviation:.2f}" if line.deviation else ""
                print(f"  {line.way:<44}{line.actions:.2f}{spread} actions an image")
            lines += found
    if options.json:
        print(json.dumps([asdict(line) for line in lines]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
