"""Labels of which every image shows exactly one: a small network learns ten shapes from nothing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss

from app.domain.statuses import Labelling, Split
from tests.unit.ml.glyphs import SHAPES, SIDE, glyphs
from worker.ml.cache import EmbeddingCache
from worker.ml.checkpoint import read_manifest
from worker.ml.finetune import train_finetune
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.predict import predict
from worker.ml.train import Places, TrainData, TrainResult

CONFIG = FinetuneConfig(
    backbone="tiny_vgg",
    pretrained=False,
    size=SIDE,
    batch_size=32,
    augment="none",
    epochs_frozen=0,
    epochs_unfrozen=8,
    base_lr=3e-3,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainData:
    """Six hundred pictures; of one nothing is known, and of one only what it shows."""
    drawn = glyphs(tmp_path_factory.mktemp("glyphs"), 600)
    truth = drawn.cells
    truth[0] = -1
    truth[1] = np.where(truth[1] == 1, 1, -1)
    return replace(drawn, truth=truth)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    folder = tmp_path_factory.mktemp("exclusive")
    return Places(folder / "1", folder / "weights", folder / "embeddings", "cpu")


@pytest.fixture(scope="module")
def result(data: TrainData, places: Places) -> TrainResult:
    return train_finetune(data, places, CONFIG)


def test_a_small_network_learns_ten_shapes_from_nothing(data: TrainData, result: TrainResult) -> None:
    held = data.rows(Split.VALIDATION)
    only = np.arange(len(data.items)) % len(SHAPES)
    right = accuracy_score(only[held], result.probabilities[held].argmax(axis=1))
    assert right >= 0.9
    best = result.epochs[-1 + int(str(read_manifest(result.checkpoint).details["best_epoch"]))]
    assert best.metrics["accuracy"] == pytest.approx(right, abs=0.01)
    given = result.probabilities[held].astype(float)
    loss = log_loss(only[held], given / given.sum(axis=1, keepdims=True), labels=range(len(SHAPES)))
    assert best.valid_loss == pytest.approx(loss, abs=0.03)


def test_the_labels_of_an_image_share_one_probability(data: TrainData, places: Places, result: TrainResult) -> None:
    assert np.allclose(result.probabilities.sum(axis=1), 1, atol=1e-4)
    manifest = read_manifest(result.checkpoint)
    assert manifest.details["labelling"] == Labelling.EXCLUSIVE.value
    again = predict(
        result.checkpoint, data.items[:20], EmbeddingCache(places.embeddings), weights_directory=places.weights
    )
    assert np.abs(again - result.probabilities[:20]).max() < 1e-4


def test_a_label_never_seen_is_never_predicted(data: TrainData, places: Places, tmp_path: Path) -> None:
    labels = (*data.labels, "hexagon")
    truth = np.hstack([data.cells, np.zeros((len(data.items), 1), dtype=np.int8)])
    rows = slice(0, 120)
    some = TrainData(data.items[rows], labels, truth[rows], data.splits[rows], labelling=Labelling.EXCLUSIVE)
    short = replace(CONFIG, epochs_unfrozen=1, loss="focal", label_smoothing=0.1, mixup=0.4)
    made = train_finetune(some, replace(places, checkpoint=tmp_path / "2"), short)
    assert made.constant_labels == ["hexagon"]
    assert made.probabilities[:, -1].max() < 1e-6
    assert np.allclose(made.probabilities.sum(axis=1), 1, atol=1e-4)
