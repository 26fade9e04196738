import csv
import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.domain.metrics import evaluate
from app.domain.splits import assign_splits
from app.domain.statuses import Recipe, Split
from tests.unit.ml.pictures import LABELS, dataset, draw
from worker.ml.cache import EmbeddingCache
from worker.ml.callbacks import Cancelled, EpochRow, Progress, Stage
from worker.ml.checkpoint import CheckpointUnusableError, read_manifest
from worker.ml.dataset import ImageUnreadableError, Item
from worker.ml.predict import predict
from worker.ml.train import NothingToTrainError, Places, QuickConfig, TrainData, TrainResult, train_quick


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("quick")


@pytest.fixture(scope="module")
def data(folder: Path) -> TrainData:
    """Sixty tagged pictures, a few answers unknown, and six that no one tagged."""
    tagged = dataset(folder / "tagged", 60)
    more, _truth = draw(folder / "more", 6, seed=1)
    truth = np.vstack([tagged.cells, np.full((6, 3), -1, dtype=np.int8)])
    truth[3, 1] = -1
    return TrainData([*tagged.items, *more], LABELS, truth, [*tagged.splits, *[None] * 6])


@pytest.fixture(scope="module")
def places(folder: Path, weights: Path) -> Places:
    return Places(folder / "runs" / "1", weights, folder / "embeddings", "cpu")


@pytest.fixture(scope="module")
def result(data: TrainData, places: Places) -> TrainResult:
    return train_quick(data, places)


def test_shapes_are_learned(data: TrainData, result: TrainResult) -> None:
    for split in (Split.TRAIN, Split.VALIDATION):
        rows = data.rows(split)
        measured = evaluate(data.cells[rows], result.probabilities[rows])
        assert np.mean([label.average_precision for label in measured.labels]) > 0.9


def test_every_image_is_predicted_and_training_images_out_of_fold(data: TrainData, result: TrainResult) -> None:
    assert result.probabilities.shape == (66, 3)
    assert result.probabilities.dtype == np.float32
    assert (result.out_of_fold == data.rows(Split.TRAIN)).all()
    assert result.constant_labels == []
    assert result.notes == []


def test_the_table_has_one_row_with_the_figures_of_validation(data: TrainData, result: TrainResult) -> None:
    (row,) = result.epochs
    held = data.rows(Split.VALIDATION)
    assert row.stage is Stage.HEAD
    assert row.metrics["macro_f1"] == pytest.approx(evaluate(data.cells[held], result.probabilities[held]).macro.f1)
    assert row.train_loss is not None
    assert row.valid_loss is not None
    assert row.metrics["accuracy_multi"] is not None


def test_the_checkpoint_predicts_as_right_after_training(
    data: TrainData, places: Places, result: TrainResult, tmp_path: Path
) -> None:
    manifest = read_manifest(result.checkpoint)
    assert manifest.recipe is Recipe.QUICK
    assert manifest.labels == LABELS
    assert manifest.config == QuickConfig().to_dict()
    for cache in (places.embeddings, tmp_path):
        again = predict(
            result.checkpoint, data.items, EmbeddingCache(cache), weights_directory=places.weights, device="cpu"
        )
        rest = ~result.out_of_fold
        assert np.abs(again[rest] - result.probabilities[rest]).max() < 1e-4
    nothing = predict(result.checkpoint, [], EmbeddingCache(tmp_path), weights_directory=places.weights)
    assert nothing.shape == (0, 3)


def test_a_second_run_is_the_same_and_starts_from_the_kept_embeddings(
    data: TrainData, places: Places, result: TrainResult, tmp_path: Path
) -> None:
    seen: list[Progress] = []
    rows: list[EpochRow] = []
    again = train_quick(data, replace(places, checkpoint=tmp_path / "2"), None, seen.append, rows.append)
    assert (again.probabilities == result.probabilities).all()
    assert [report for report in seen if report.stage is Stage.EMBEDDING] == [Progress(Stage.EMBEDDING, 66, 66)]
    assert [report.done for report in seen if report.stage is Stage.HEAD] == [5, 11]
    assert rows == again.epochs


def test_a_checkpoint_of_other_weights_is_refused(
    data: TrainData, places: Places, result: TrainResult, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in result.checkpoint.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    digest = read_manifest(copy).backbone_digest
    manifest = copy / "manifest.json"
    manifest.write_text(manifest.read_text().replace(digest, "0" * 64))
    with pytest.raises(CheckpointUnusableError, match="other pretrained weights"):
        predict(copy, data.items, EmbeddingCache(places.embeddings), weights_directory=places.weights)


def test_nothing_tagged_is_refused(data: TrainData, places: Places, tmp_path: Path) -> None:
    untagged = replace(data, truth=np.full((66, 3), -1))
    unsplit = replace(data, splits=[None] * 66)
    for empty in (untagged, unsplit, TrainData([], LABELS, np.zeros((0, 3)), [])):
        with pytest.raises(NothingToTrainError, match="nothing to train on"):
            train_quick(empty, replace(places, checkpoint=tmp_path / "no"))
    assert list(tmp_path.iterdir()) == []


def test_a_label_never_present_and_a_single_image_are_no_failure(
    data: TrainData, places: Places, tmp_path: Path
) -> None:
    never = data.cells.copy()
    never[:, 2] = np.where(never[:, 2] == 1, 0, never[:, 2])
    result = train_quick(replace(data, truth=never), replace(places, checkpoint=tmp_path / "never"))
    assert result.constant_labels == ["stripes"]
    assert len(set(result.probabilities[~result.out_of_fold, 2].tolist())) == 1
    one = TrainData(data.items[:1], LABELS, data.cells[:1], [Split.TRAIN])
    single = train_quick(one, replace(places, checkpoint=tmp_path / "one"))
    assert single.out_of_fold.tolist() == [False]
    assert single.epochs[0].metrics["macro_f1"] is None


def test_stopping_leaves_no_checkpoint(data: TrainData, places: Places, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        train_quick(data, replace(places, checkpoint=tmp_path / "no"), should_cancel=lambda: True)
    assert list(tmp_path.iterdir()) == []


def test_a_deleted_file_is_named(data: TrainData, places: Places, tmp_path: Path) -> None:
    lost = Item(hashlib.sha256(b"lost").hexdigest(), tmp_path / "x", "lost.jpg")
    with pytest.raises(ImageUnreadableError, match=r"lost\.jpg"):
        train_quick(replace(data, items=[*data.items[:-1], lost]), replace(places, checkpoint=tmp_path / "no"))
    assert list(tmp_path.iterdir()) == []


def test_uneven_data_is_refused(data: TrainData) -> None:
    with pytest.raises(ValueError, match="same length"):
        replace(data, splits=data.splits[:-1]).check()
    with pytest.raises(ValueError, match="same length"):
        replace(data, groups=["a"]).check()


@pytest.mark.slow
def test_real_photographs_reach_the_promised_precision(shared_data: Path, weights: Path, tmp_path: Path) -> None:
    folder = shared_data / "fsa_color490"
    labels = ("human", "animal", "human-structure", "landscape")
    items, truth = [], []
    with (folder / "labels.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            path = folder / "images" / row["file"]
            items.append(Item(hashlib.sha256(path.read_bytes()).hexdigest(), path, row["file"]))
            truth.append([int(label in row["label"].split("|")) for label in labels])
    data = TrainData(items, labels, truth, assign_splits(truth))
    result = train_quick(data, Places(tmp_path / "run", weights, tmp_path / "cache", "cpu"))
    held = data.rows(Split.VALIDATION)
    measured = evaluate(data.cells[held], result.probabilities[held])
    assert np.mean([label.average_precision for label in measured.labels]) >= 0.80
