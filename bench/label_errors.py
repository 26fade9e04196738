"""Measure how well Loupe finds wrong answers, beside cleanlab called by hand and beside fastai's ranking of images.

    python bench/label_errors.py [--images DIR --csv FILE] [--share 0.05] [--seeds 5] [--json]

Of a collection whose answers count as right, a share of all cells is flipped at random. One quick run later the
suspects are ranked, and it is counted how many of the first are planted. Then somebody checks the first of them, two
for each one planted, puts right what was planted, and trains again. No server is needed; features are computed once.
"""

import argparse
import csv
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from cleanlab.multilabel_classification.rank import get_label_quality_scores_per_class
from PIL import Image
from sklearn.metrics import average_precision_score

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.domain.label_errors import combined, neighbour_shares  # noqa: E402 - the path is set just above
from app.domain.losses import cell_losses, image_losses  # noqa: E402
from app.domain.metrics import evaluate, evaluate_predictions  # noqa: E402
from app.domain.near_duplicates import near_duplicate_groups  # noqa: E402
from app.domain.splits import assign_splits  # noqa: E402
from app.domain.statuses import Split  # noqa: E402
from app.domain.thresholds import F1, cross_fitted  # noqa: E402
from worker.imaging import perceptual_hash  # noqa: E402
from worker.jobs.inspection import LOOKED_FOR, VOTERS  # noqa: E402
from worker.ml.backbones import load_backbone  # noqa: E402
from worker.ml.dataset import Item  # noqa: E402
from worker.ml.embeddings import EmbeddingCache, embed  # noqa: E402
from worker.ml.label_errors import estimated_errors, label_quality  # noqa: E402
from worker.ml.neighbours import Nearest, directions, nearest  # noqa: E402
from worker.ml.train import Places, TrainData, train_quick  # noqa: E402

Cells = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]

SHARED = Path(os.environ.get("LOUPE_SHARED", ROOT.parent / "shared"))
COLLECTIONS = ("fsa_color490", "coco4")
# The split is dealt anew in every round, as the flipped answers are what Loupe would see.
SPLIT_SEED = 42
SHARES = {Split.TRAIN: 0.7, Split.VALIDATION: 0.3}
_UNSIGNED = (1 << 64) - 1


@dataclass(frozen=True)
class Collection:
    """Hold images, the answers that count as right, and what follows from the images alone."""

    name: str
    data: TrainData
    near: Nearest
    places: Places


def load(name: str, images: Path, table: Path, scratch: Path) -> Collection:
    """Read a collection and look at its images once."""
    with table.open(newline="", encoding="utf-8-sig") as file:
        rows = [(row["file"], [part for part in row["label"].split("|") if part]) for row in csv.DictReader(file)]
    labels = sorted({label for _file, present in rows for label in present})
    truth = np.array([[label in present for label in labels] for _file, present in rows], dtype=np.int8)
    paths = [images / file for file, _present in rows]
    items = [Item(hashlib.sha256(path.read_bytes()).hexdigest(), path, path.name) for path in paths]
    groups = groups_of(paths)
    places = Places(scratch / "run", scratch / "weights", scratch / "embeddings", "cpu")
    features = embed(items, load_backbone("tf_efficientnet_lite0", places.weights), EmbeddingCache(places.embeddings))
    near = nearest(directions(features), LOOKED_FOR).outside(groups, VOTERS)
    return Collection(name, TrainData(items, labels, truth, [None] * len(items), groups), near, places)


def groups_of(paths: Sequence[Path]) -> list[str]:
    """Put near-duplicates into one group, as an import does."""
    hashes = []
    for path in paths:
        with Image.open(path) as picture:
            hashes.append(perceptual_hash(picture) & _UNSIGNED)
    groups = [f"image {number}" for number in range(len(paths))]
    for members in near_duplicate_groups(hashes):
        for member in members:
            groups[member] = f"near {members[0]}"
    return groups


def run(collection: Collection, answers: Cells, splits: Sequence[Split | None], scratch: Path) -> Floats:
    """Train quickly on some answers; probabilities, float64 [n, L], by models that have not seen the image."""
    data = replace(collection.data, truth=answers, splits=splits)
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        places = replace(collection.places, checkpoint=Path(folder) / "checkpoint")
        return train_quick(data, places).probabilities.astype(np.float64)


def rankings(collection: Collection, answers: Cells, said: Floats) -> dict[str, Floats]:
    """Rank every cell in three ways, float64 [n, L], the highest first."""
    shares = neighbour_shares(answers, collection.near.rows, collection.near.similarities)
    lists = [np.flatnonzero(row).tolist() for row in answers]
    by_hand = get_label_quality_scores_per_class(lists, said)
    # fastai shows images by their mean loss; of one image's answers, the one with the largest loss is looked at first.
    images = image_losses(answers, said)[:, None] + 1e-6 * cell_losses(answers, said)
    return {
        "Loupe's suspects": -label_quality(answers, combined(said, shares)),
        "cleanlab by hand": -by_hand,
        "image-mean loss": images,
    }


def found(planted: npt.NDArray[np.bool_], score: Floats) -> dict[str, float]:
    """Count planted flips among the first of a ranking."""
    wanted = int(planted.sum())
    order = np.argsort(-score.ravel(), kind="stable")
    hits = planted.ravel()[order]
    return {
        "precision": float(hits[:wanted].mean()),
        "recall": float(hits[:wanted].sum() / wanted),
        "recall_2n": float(hits[: 2 * wanted].sum() / wanted),
        "average_precision": float(average_precision_score(planted.ravel(), score.ravel())),
    }


def measure(clean: Cells, answers: Cells, said: Floats, held: npt.NDArray[np.bool_]) -> dict[str, float]:
    """Measure a run on clean validation answers.

    Macro-F1 at 0.5 and at thresholds tuned on the answers the run was given, and the mean average precision, for which
    no threshold counts.
    """
    tuned = cross_fitted(answers[held], said[held], F1, SPLIT_SEED)
    at_half = evaluate(clean[held], said[held])
    return {
        "f1_at_half": at_half.macro.f1,
        "f1_tuned": evaluate_predictions(clean[held], tuned).macro.f1,
        "map": float(np.nanmean([label.average_precision for label in at_half.labels])),
    }


def one_round(collection: Collection, share: float, seed: int, scratch: Path) -> dict[str, dict[str, float]]:
    """Plant errors, look for them, put right what a reviewer finds, and train again."""
    clean = collection.data.cells
    count = round(share * clean.size)
    chosen = np.random.default_rng(seed).choice(clean.size, count, replace=False)
    planted = np.isin(np.arange(clean.size), chosen).reshape(clean.shape)
    answers = np.where(planted, 1 - clean, clean).astype(np.int8)
    splits = assign_splits(answers, None, collection.data.groups, SHARES, SPLIT_SEED)
    held = np.array([split is Split.VALIDATION for split in splits])
    said = run(collection, answers, splits, scratch)
    ranked = rankings(collection, answers, said)
    looked_at = np.zeros(clean.size, dtype=np.bool_)
    looked_at[np.argsort(-ranked["Loupe's suspects"].ravel(), kind="stable")[: 2 * count]] = True
    reviewed = np.where(looked_at.reshape(clean.shape), clean, answers).astype(np.int8)
    shares = neighbour_shares(answers, collection.near.rows, collection.near.similarities)
    estimated = sum(each or 0 for each in estimated_errors(answers, combined(said, shares)))
    before = measure(clean, answers, said, held)
    after = measure(clean, reviewed, run(collection, reviewed, splits, scratch), held)
    undone = measure(clean, clean, run(collection, clean, splits, scratch), held)
    return {
        **{name: found(planted, score) for name, score in ranked.items()},
        "before": before,
        "after": after,
        "all undone": undone,
        # On the same images, so that what is easy or hard about them cancels out.
        "after - before": {figure: after[figure] - before[figure] for figure in before},
        "undone - before": {figure: undone[figure] - before[figure] for figure in before},
        "estimate": {"planted": float(count), "estimated": float(estimated)},
    }


def report(name: str, rounds: Sequence[Mapping[str, Mapping[str, float]]]) -> dict[str, dict[str, list[float]]]:
    """Print means and standard deviations over the rounds; give them as [mean, sd]."""
    table = {
        row: {
            figure: [float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0]
            for figure in rounds[0][row]
            for values in [[each[row][figure] for each in rounds]]
        }
        for row in rounds[0]
    }
    print(f"\n{name}: mean ± standard deviation over {len(rounds)} rounds", flush=True)
    for row, figures in table.items():
        cells = "   ".join(
            f"{figure} {mean:.1f} ± {sd:.1f}" if row == "estimate" else f"{figure} {mean:.3f} ± {sd:.3f}"
            for figure, (mean, sd) in figures.items()
        )
        print(f"  {row:<18}{cells}")
    return table


def main() -> None:
    """Measure the collections named, or the two of the shared data."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, help="folder of images; needs --csv")
    parser.add_argument("--csv", type=Path, help="table with the columns file and label")
    parser.add_argument("--share", type=float, default=0.05, help="share of all answers to flip")
    parser.add_argument("--seeds", type=int, default=5, help="how many rounds")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON at the end")
    given = parser.parse_args()
    if given.images:
        wanted = [(given.images.name, given.images, given.csv)]
    else:
        folders = [SHARED / "data" / name for name in COLLECTIONS]
        wanted = [(folder.name, folder / "images", folder / "labels.csv") for folder in folders if folder.is_dir()]
    figures = {}
    with tempfile.TemporaryDirectory(prefix="loupe-label-errors-") as folder:
        scratch = Path(folder)
        for name, images, table in wanted:
            collection = load(name, images, table, scratch)
            rounds = [one_round(collection, given.share, seed, scratch) for seed in range(given.seeds)]
            figures[name] = report(name, rounds)
    if given.json:
        print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
