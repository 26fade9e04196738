"""A fine-tuning whose worker is lost, and what another worker makes of it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from app.domain.statuses import Split
from tests.unit.ml.pictures import dataset
from worker.ml import rates, resuming
from worker.ml.callbacks import Enough, EpochRow, Progress, Stage
from worker.ml.files import DiskFullError
from worker.ml.finetune import train_finetune
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.train import Places, TrainData, TrainResult

CONFIG = FinetuneConfig(epochs_frozen=2, epochs_unfrozen=2, batch_size=8, size=64, base_lr=5e-3)


class Lost(BaseException):
    """What nobody catches: as far as the training is concerned the worker is gone."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainData:
    return dataset(tmp_path_factory.mktemp("pictures"), 20)


@pytest.fixture(scope="module")
def place_of(tmp_path_factory: pytest.TempPathFactory, weights: Path) -> Callable[[str], Places]:
    folder = tmp_path_factory.mktemp("resuming")

    def make(name: str) -> Places:
        return Places(folder / "runs" / name, weights, folder / "embeddings", "cpu", folder / "unfinished" / name)

    return make


@pytest.fixture(scope="module")
def straight(data: TrainData, place_of: Callable[[str], Places]) -> TrainResult:
    return train_finetune(data, place_of("straight"), CONFIG)


def lose(data: TrainData, places: Places, stage: Stage, epoch: int, config: FinetuneConfig = CONFIG) -> None:
    """Train until a stage and an epoch are reached, and no further."""

    def stop(told: Progress) -> None:
        if told.stage is stage and told.epoch == epoch:
            raise Lost

    with pytest.raises(Lost):
        train_finetune(data, places, config, stop)


def figures(result: TrainResult) -> list[EpochRow]:
    return [replace(row, seconds=0) for row in result.epochs]


def assert_same(again: TrainResult, straight: TrainResult) -> None:
    for mine, other in zip(again.epochs, straight.epochs, strict=True):
        assert (mine.epoch, mine.stage, mine.predicted) == (other.epoch, other.stage, other.predicted)
        assert mine.train_loss == pytest.approx(other.train_loss, abs=1e-5)
        assert mine.valid_loss == pytest.approx(other.valid_loss, abs=1e-5)
    assert np.abs(again.probabilities - straight.probabilities).max() < 1e-4


@pytest.mark.parametrize(
    ("stage", "epoch", "kept"),
    [
        (Stage.READING, 0, 0),
        (Stage.FROZEN, 1, 0),
        (Stage.FROZEN, 2, 1),
        # Between the stages: two epochs are done, the network is not yet unfrozen in what was kept.
        (Stage.UNFROZEN, 3, 2),
        (Stage.UNFROZEN, 4, 3),
        (Stage.PREDICTING, 0, 4),
    ],
)
def test_going_on_gives_what_an_uninterrupted_training_gives(
    data: TrainData, place_of: Callable[[str], Places], straight: TrainResult, stage: Stage, epoch: int, kept: int
) -> None:
    places = place_of(f"{stage}-{epoch}")
    lose(data, places, stage, epoch)
    seen: list[Progress] = []
    again = train_finetune(data, places, CONFIG, seen.append)
    assert_same(again, straight)
    trained = {told.epoch for told in seen if told.epoch}
    assert trained == set(range(kept + 1, 5))
    assert any("went on from there" in note for note in again.notes) == bool(kept)


def test_a_rate_that_was_found_is_not_looked_for_again(
    data: TrainData, place_of: Callable[[str], Places], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "RATE_BATCHES", 12)
    config = replace(CONFIG, base_lr=None, epochs_frozen=1, epochs_unfrozen=1)
    straight = train_finetune(data, place_of("rate"), config)
    places = place_of("rate-lost")
    lose(data, places, Stage.UNFROZEN, 2, config)
    seen: list[Progress] = []
    assert_same(train_finetune(data, places, config, seen.append), straight)
    assert Stage.FINDING_RATE not in {told.stage for told in seen}


def test_a_state_is_used_for_the_very_same_training_only(data: TrainData, place_of: Callable[[str], Places]) -> None:
    def identity(data: TrainData, config: FinetuneConfig = CONFIG) -> str:
        return resuming.identity_of(data, config.to_dict(), "digest", "cpu")

    mine = identity(data)
    assert identity(replace(data)) == mine
    changed = data.cells.copy()
    row = int(np.flatnonzero(data.rows(Split.TRAIN))[0])
    changed[row, 0] = 1 - max(int(changed[row, 0]), 0)
    assert identity(replace(data, truth=changed)) != mine
    assert identity(data, replace(CONFIG, seed=7)) != mine
    # An image that is only predicted may come along.
    more = replace(
        data,
        items=[*data.items, data.items[0]],
        truth=np.vstack([data.cells, np.full((1, data.cells.shape[1]), -1)]),
        splits=[*data.splits, None],
        groups=None,
    )
    assert identity(more) == mine
    places = place_of("other")
    lose(data, places, Stage.UNFROZEN, 3)
    assert places.unfinished is not None
    assert resuming.read(places.unfinished, "another") is None
    assert resuming.read(None, mine) is None


@pytest.mark.parametrize("damage", [b"", b"no state of ours", None])
def test_a_state_that_cannot_be_read_begins_the_training_anew(
    data: TrainData, place_of: Callable[[str], Places], straight: TrainResult, damage: bytes | None
) -> None:
    places = place_of(f"damaged-{damage!r}".replace(" ", "-"))
    lose(data, places, Stage.UNFROZEN, 3)
    assert places.unfinished is not None
    file = places.unfinished / resuming.FILE
    file.write_bytes(file.read_bytes()[:-5000] if damage is None else damage)
    assert_same(train_finetune(data, places, CONFIG), straight)


def test_no_room_for_the_state_does_not_end_the_training(
    data: TrainData, place_of: Callable[[str], Places], straight: TrainResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise DiskFullError

    monkeypatch.setattr(resuming, "write_state", full)
    result = train_finetune(data, place_of("full"), CONFIG)
    assert_same(result, straight)
    assert any("too little room" in note for note in result.notes)


def test_whoever_is_content_gets_the_best_epoch_so_far(data: TrainData, place_of: Callable[[str], Places]) -> None:
    def content(told: Progress) -> None:
        if told.epoch == 3:
            raise Enough

    result = train_finetune(data, place_of("content"), CONFIG, content)
    assert [row.epoch for row in result.epochs] == [1, 2]
    assert any("stopped by hand after 2 of 4 epochs" in note for note in result.notes)
    assert result.checkpoint.is_dir()


def test_whoever_is_content_at_once_gets_one_whole_epoch(data: TrainData, place_of: Callable[[str], Places]) -> None:
    def content(told: Progress) -> None:
        if told.epoch:
            raise Enough

    assert len(train_finetune(data, place_of("at-once"), CONFIG, content).epochs) == 1


def test_the_state_holds_tensors_and_plain_values_only(data: TrainData, place_of: Callable[[str], Places]) -> None:
    places = place_of("plain")
    lose(data, places, Stage.UNFROZEN, 4)
    assert places.unfinished is not None
    assert [path.name for path in places.unfinished.iterdir()] == [resuming.FILE]
    raw = torch.load(places.unfinished / resuming.FILE, weights_only=True)
    assert raw["format"] == resuming.FORMAT
