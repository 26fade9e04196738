from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from app.domain.statuses import Recipe, Split
from tests.unit.ml.pictures import LABELS, dataset
from worker.ml import finetune
from worker.ml.cache import EmbeddingCache
from worker.ml.callbacks import Cancelled, EpochRow, Progress, Stage
from worker.ml.checkpoint import read_manifest
from worker.ml.dataset import ImageUnreadableError
from worker.ml.finetune import OutOfMemoryError, TooFewImagesError, train_finetune
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.learner import build_learner
from worker.ml.predict import predict
from worker.ml.train import NothingToTrainError, Places, TrainData, TrainResult

CONFIG = FinetuneConfig(epochs_frozen=1, epochs_unfrozen=1, batch_size=8, size=64, base_lr=5e-3)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainData:
    """Twenty pictures; one answer unknown; the third label never present."""
    drawn = dataset(tmp_path_factory.mktemp("pictures"), 20)
    truth = drawn.cells
    truth[:, 2] = 0
    truth[1, 0] = -1
    return replace(drawn, truth=truth, splits=[*drawn.splits[:-1], None])


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory, weights: Path) -> Places:
    folder = tmp_path_factory.mktemp("finetune")
    return Places(folder / "runs" / "1", weights, folder / "embeddings", "cpu")


@pytest.fixture(scope="module")
def seen() -> list[Progress | EpochRow]:
    return []


@pytest.fixture(scope="module")
def result(data: TrainData, places: Places, seen: list[Progress | EpochRow]) -> TrainResult:
    return train_finetune(data, places, CONFIG, seen.append, seen.append)


def test_every_image_is_predicted_and_none_out_of_fold(result: TrainResult) -> None:
    assert result.probabilities.shape == (20, 3)
    assert result.probabilities.dtype == np.float32
    assert not result.out_of_fold.any()
    assert [row.epoch for row in result.epochs] == [1, 2]
    assert [row.stage for row in result.epochs] == [Stage.FROZEN, Stage.UNFROZEN]


def test_a_label_never_present_gets_one_probability(result: TrainResult) -> None:
    assert result.constant_labels == [LABELS[2]]
    assert len(set(result.probabilities[:, 2].tolist())) == 1
    assert result.probabilities[0, 2] < 0.1


def test_the_checkpoint_predicts_as_right_after_training(
    data: TrainData, places: Places, result: TrainResult, tmp_path: Path
) -> None:
    manifest = read_manifest(result.checkpoint)
    assert manifest.recipe is Recipe.FINETUNE
    assert manifest.config == CONFIG.to_dict()
    assert manifest.transform.size == 64
    assert manifest.details["best_epoch"] in {1, 2}
    again = predict(result.checkpoint, data.items, EmbeddingCache(tmp_path), weights_directory=places.weights)
    assert np.abs(again - result.probabilities).max() < 1e-4
    assert sorted(path.name for path in result.checkpoint.parent.iterdir()) == ["1"]


def test_stages_are_reported_in_order(result: TrainResult, seen: list[Progress | EpochRow]) -> None:
    assert result.epochs == [row for row in seen if isinstance(row, EpochRow)]
    stages = list(dict.fromkeys(report.stage for report in seen))
    assert stages == [Stage.READING, Stage.FROZEN, Stage.UNFROZEN, Stage.PREDICTING]
    batches = [report for report in seen if isinstance(report, Progress) and report.epoch]
    assert [(report.epoch, report.epochs) for report in batches] == [(1, 2), (2, 2)]


def test_the_same_seed_gives_the_same_result_even_after_memory_ran_out(
    data: TrainData, places: Places, result: TrainResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build: Any = build_learner
    sizes: list[int] = []

    def short_of_memory(*args: object, batch_size: int, **options: object) -> object:
        sizes.append(batch_size)
        if batch_size > 8:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")
        return build(*args, batch_size=batch_size, **options)

    monkeypatch.setattr(finetune, "build_learner", short_of_memory)
    again = train_finetune(data, replace(places, checkpoint=tmp_path / "2"), replace(CONFIG, batch_size=16))
    assert sizes[-1] < sizes[0]
    assert again.notes == [f"Memory ran out, so batches of {sizes[-1]} images were used."]
    if sizes[-1] == CONFIG.batch_size:
        assert (again.probabilities == result.probabilities).all()
    same = train_finetune(data, replace(places, checkpoint=tmp_path / "3"), CONFIG)
    assert (same.probabilities == result.probabilities).all()


def test_memory_that_runs_out_within_a_batch_leaves_nothing_behind_for_the_next_attempt(
    data: TrainData, places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build: Any = build_learner

    def short_of_memory(_network: object, given: tuple[torch.Tensor]) -> None:
        if len(given[0]) > 8:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")

    def hooked(*args: object, **options: object) -> object:
        learner = build(*args, **options)
        learner.model.register_forward_pre_hook(short_of_memory)
        return learner

    monkeypatch.setattr(finetune, "build_learner", hooked)
    again = train_finetune(data, replace(places, checkpoint=tmp_path / "2"), replace(CONFIG, batch_size=16))
    assert "Memory ran out" in again.notes[0]
    assert not torch.is_autocast_enabled("cpu")
    size = read_manifest(again.checkpoint).details["batch_size"]
    straight = replace(CONFIG, batch_size=int(str(size)))
    same = train_finetune(data, replace(places, checkpoint=tmp_path / "3"), straight)
    assert (same.probabilities == again.probabilities).all()


def test_when_not_even_two_images_fit_into_memory_it_is_said(
    data: TrainData, places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_args: object, **_options: object) -> None:
        raise MemoryError

    monkeypatch.setattr(finetune, "build_learner", never)
    with pytest.raises(OutOfMemoryError, match="not enough memory"):
        train_finetune(data, replace(places, checkpoint=tmp_path / "no"), CONFIG)
    assert list(tmp_path.iterdir()) == []


def test_other_failures_are_not_taken_for_a_lack_of_memory(
    data: TrainData, places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_options: object) -> None:
        raise RuntimeError("shapes disagree")

    monkeypatch.setattr(finetune, "build_learner", broken)
    with pytest.raises(RuntimeError, match="shapes disagree"):
        train_finetune(data, replace(places, checkpoint=tmp_path / "no"), CONFIG)


def test_stopping_leaves_nothing_behind(data: TrainData, places: Places, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        train_finetune(data, replace(places, checkpoint=tmp_path / "no"), CONFIG, should_cancel=lambda: True)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_named(data: TrainData, places: Places, tmp_path: Path) -> None:
    torn = tmp_path / "torn.jpg"
    torn.write_bytes(b"")
    row = data.splits.index(Split.VALIDATION)
    items = [item._replace(path=torn) if place == row else item for place, item in enumerate(data.items)]
    with pytest.raises(ImageUnreadableError) as caught:
        train_finetune(replace(data, items=items), replace(places, checkpoint=tmp_path / "no"), CONFIG)
    assert caught.value.item == items[row]
    assert list(tmp_path.iterdir()) == [torn]


def test_too_little_to_train_on_is_refused(data: TrainData, places: Places, tmp_path: Path) -> None:
    nowhere = replace(places, checkpoint=tmp_path / "no")
    with pytest.raises(NothingToTrainError):
        train_finetune(replace(data, truth=np.full((20, 3), -1)), nowhere, CONFIG)
    alone = TrainData(data.items[:1], LABELS, data.cells[:1], [Split.TRAIN])
    with pytest.raises(TooFewImagesError, match="at least two"):
        train_finetune(alone, nowhere, CONFIG)
    assert list(tmp_path.iterdir()) == []
