"""Each setting of a fine-tuning does what it says; a small network from nothing, so that a training takes a second."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.domain.finetune_fields import FINETUNE_FIELDS
from app.domain.recipe_fields import defaults
from app.domain.statuses import Split
from tests.unit.ml.pictures import LABELS, dataset
from worker.ml import finetune, learner, rates
from worker.ml.backbones import autocast
from worker.ml.callbacks import EpochRow, Progress, Stage
from worker.ml.checkpoint import read_manifest
from worker.ml.continuing import ParentUnsuitableError
from worker.ml.epoch_metrics import METRICS
from worker.ml.finetune import train_finetune
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.train import Places, TrainData, TrainResult

CONFIG = FinetuneConfig(
    backbone="tiny_vgg", pretrained=False, size=28, batch_size=8, epochs_frozen=1, epochs_unfrozen=2, base_lr=3e-3
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainData:
    """Forty pictures; some answers unknown."""
    drawn = dataset(tmp_path_factory.mktemp("pictures"), 40)
    truth = drawn.cells
    truth[::5, 1] = -1
    return replace(drawn, truth=truth)


@pytest.fixture(scope="module")
def plain(data: TrainData, tmp_path_factory: pytest.TempPathFactory) -> TrainResult:
    return train(data, tmp_path_factory.mktemp("plain"))


def train(data: TrainData, folder: Path, **changed: Any) -> TrainResult:
    parent = changed.pop("parent", None)
    number = len(list(folder.iterdir()))
    places = Places(folder / f"run{number}", folder, folder, "cpu", parent=parent)
    return train_finetune(data, places, replace(CONFIG, **changed))


def test_the_defaults_of_the_form_are_those_of_the_engine() -> None:
    told = FinetuneConfig().to_dict()
    assert told.pop("seed") == 42
    assert told == defaults(FINETUNE_FIELDS)
    assert list(told) == [field.name for field in FINETUNE_FIELDS]


@pytest.mark.parametrize(
    "changed",
    [
        {"loss": "weighted_bce"},
        {"loss": "focal", "focal_gamma": 1.0},
        {"loss": "asymmetric"},
        {"label_smoothing": 0.1},
        {"mixup": 0.4},
        {"augment": "fastai"},
        {"augment": "custom", "flip_vertical": True, "warp": 0.4},
        {"presize": 40, "resize": "crop"},
        {"min_scale": 0.4, "resize": "pad"},
        {"momentum": 0.8},
        {"weight_decay": 0.5},
        {"pct_start": 0.7},
        {"div": 3.0},
        {"body_share": 0.01},
        {"seed": 7},
    ],
    ids=str,
)
def test_a_setting_changes_the_result(
    data: TrainData, plain: TrainResult, tmp_path: Path, changed: dict[str, Any]
) -> None:
    result = train(data, tmp_path, **changed)
    assert not np.array_equal(plain.probabilities, result.probabilities)
    assert np.isfinite(result.probabilities).all()


def test_the_same_settings_give_the_same_twice(data: TrainData, tmp_path: Path) -> None:
    every: dict[str, Any] = {"loss": "focal", "mixup": 0.4, "augment": "fastai", "presize": 40, "min_scale": 0.5}
    one, two = train(data, tmp_path, **every), train(data, tmp_path, **every)
    assert (one.probabilities == two.probabilities).all()
    assert [row.metrics for row in one.epochs] == [row.metrics for row in two.epochs]


def test_every_epoch_has_every_figure(plain: TrainResult) -> None:
    assert [row.stage for row in plain.epochs] == [Stage.UNFROZEN] * 3
    for row in plain.epochs:
        assert set(row.metrics) == set(METRICS[:-1])
        assert row.train_loss is not None
        assert row.valid_loss is not None


@pytest.mark.parametrize("best_by", ["macro_f1", "valid_loss", "mean_average_precision", "f_beta"])
def test_the_best_epoch_is_the_one_asked_for(data: TrainData, tmp_path: Path, best_by: str) -> None:
    result = train(data, tmp_path, epochs_unfrozen=5, best_by=best_by)
    kept = int(str(read_manifest(result.checkpoint).details["best_epoch"]))

    def score(row: EpochRow) -> float:
        return -(row.valid_loss or 0) if best_by == "valid_loss" else row.metrics[best_by] or 0

    assert score(result.epochs[kept - 1]) == max(score(row) for row in result.epochs)


def test_it_stops_early_when_it_gets_no_better(data: TrainData, tmp_path: Path) -> None:
    # At this rate the loss on images not learned from soon rises.
    rash = {"base_lr": 0.03, "epochs_unfrozen": 24, "best_by": "valid_loss", "patience": 2}
    result = train(data, tmp_path, early_stopping=True, **rash)
    losses = [row.valid_loss or 0 for row in result.epochs]
    assert len(losses) < 25
    assert losses.index(min(losses)) == len(losses) - 3
    assert read_manifest(result.checkpoint).details["best_epoch"] == len(losses) - 2


@pytest.mark.parametrize("lost_in", [1, 2])
def test_a_training_that_stopped_early_and_lost_its_worker_ends_the_same(
    data: TrainData, tmp_path: Path, lost_in: int
) -> None:
    first = train(data, tmp_path)
    rash = {"base_lr": 0.5, "epochs_frozen": 12, "best_by": "valid_loss", "patience": 1, "early_stopping": True}
    config = replace(CONFIG, **rash, unfrozen_lr=1e-4, mixup=0.3)  # type: ignore[arg-type]
    places = Places(tmp_path / "straight", tmp_path, tmp_path, "cpu", tmp_path / "kept", first.checkpoint)
    straight = train_finetune(data, places, config)
    frozen = [row for row in straight.epochs if row.stage is Stage.FROZEN]
    assert len(frozen) < 12
    again = replace(places, checkpoint=tmp_path / "again", unfinished=tmp_path / "unfinished")

    def lose(told: Progress) -> None:
        if told.epoch == 12 + lost_in:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_finetune(data, again, config, lose)
    result = train_finetune(data, again, config)
    assert [row.epoch for row in result.epochs] == [row.epoch for row in straight.epochs]
    assert np.abs(result.probabilities - straight.probabilities).max() < 1e-5


def test_full_precision_is_another_number_format(
    data: TrainData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def noted(device: str) -> Any:
        asked.append(device)
        return autocast(device)

    monkeypatch.setattr("worker.ml.learner.autocast", noted)
    train(data, tmp_path, precision="full", epochs_unfrozen=0)
    assert asked == []
    train(data, tmp_path, epochs_unfrozen=0)
    assert asked


def test_a_rate_is_looked_for_again_after_unfreezing(
    data: TrainData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "RATE_BATCHES", 25)
    # Going on from a model, there is something worth freezing.
    first = train(data, tmp_path)
    asked = {"base_lr": None, "rate_pick": "steep", "epochs_unfrozen": 1, "find_again": True}
    result = train(data, tmp_path, parent=first.checkpoint, **asked)
    details: Any = read_manifest(result.checkpoint).details
    assert set(details["rate_searches"]) == {"frozen", "unfrozen"}
    for stage in ("frozen", "unfrozen"):
        assert details["rates"][stage] == details["rate_searches"][stage]["suggestions"]["steep"]
    assert details["base_lr"] == details["rates"]["frozen"]
    assert [row.stage for row in result.epochs] == [Stage.FROZEN, Stage.UNFROZEN]


def test_a_training_goes_on_from_an_earlier_one(data: TrainData, tmp_path: Path) -> None:
    first = train(data, tmp_path, epochs_unfrozen=4)
    # With a rate of next to nothing, what comes out is what went in: the labels are matched by name.
    turned = replace(data, labels=LABELS[::-1], truth=data.cells[:, ::-1])
    still = {"base_lr": 1e-6, "epochs_frozen": 1, "epochs_unfrozen": 0, "augment": "none", "weight_decay": 0.0}
    again = train(turned, tmp_path, parent=first.checkpoint, **still)
    assert np.abs(again.probabilities[:, ::-1] - first.probabilities).max() < 0.02
    assert [row.stage for row in again.epochs] == [Stage.FROZEN]
    more = replace(data, labels=(*LABELS, "new"), truth=np.hstack([data.cells, data.cells[:, :1]]))
    wider = train(more, tmp_path, parent=first.checkpoint, **still)
    assert np.abs(wider.probabilities[:, :3] - first.probabilities).max() < 0.02
    assert wider.probabilities.shape == (40, 4)


def test_going_on_from_a_model_that_does_not_fit_is_refused(data: TrainData, tmp_path: Path) -> None:
    first = train(data, tmp_path, epochs_unfrozen=0)
    with pytest.raises(ParentUnsuitableError, match="tiny_vgg"):
        train(data, tmp_path, parent=first.checkpoint, backbone="resnet18")


def test_a_copy_of_a_validation_image_is_not_learned(data: TrainData, tmp_path: Path) -> None:
    held = data.splits.index(Split.VALIDATION)
    learned = data.splits.index(Split.TRAIN)
    items = list(data.items)
    items[learned] = items[held]
    result = train(replace(data, items=items), tmp_path, epochs_unfrozen=0)
    assert len(result.notes) == 1


def test_memory_is_halved_for_every_loss(data: TrainData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build: Any = learner.build_learner

    def short(*args: object, batch_size: int, **options: object) -> object:
        if batch_size > 4:
            raise MemoryError
        return build(*args, batch_size=batch_size, **options)

    monkeypatch.setattr(finetune, "build_learner", short)
    for loss in ("focal", "asymmetric"):
        result = train(data, tmp_path, loss=loss, mixup=0.2, epochs_unfrozen=0)
        assert result.notes == ["Memory ran out, so batches of 4 images were used."]
