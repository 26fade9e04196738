from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.domain.statuses import Split
from tests.unit.ml.pictures import dataset
from worker.ml.callbacks import Cancelled, Monitor
from worker.ml.finetune import TooFewImagesError
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.peaks import Peak
from worker.ml.quick_trials import estimate_quick
from worker.ml.train import Places, QuickConfig, TrainData
from worker.ml.trial_sums import PartKind
from worker.ml.trials import estimate_finetune, find_rate

CONFIG = FinetuneConfig(size=32, batch_size=4, epochs_frozen=2, epochs_unfrozen=1)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainData:
    return dataset(tmp_path_factory.mktemp("pictures"), 24)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory, weights: Path) -> Places:
    folder = tmp_path_factory.mktemp("trials")
    return Places(folder / "runs" / "trial", weights, folder / "embeddings", "cpu")


def nothing_left(places: Places) -> bool:
    return list(places.checkpoint.parent.iterdir()) == []


def test_a_search_shows_its_curve_and_four_suggestions(data: TrainData, places: Places) -> None:
    found = find_rate(data, places, CONFIG, Monitor())
    rates, losses, suggestions = found["rates"], found["losses"], found["suggestions"]
    assert isinstance(rates, tuple)
    assert isinstance(losses, tuple)
    assert isinstance(suggestions, dict)
    assert len(rates) == len(losses) > 10
    assert list(rates) == sorted(rates)
    assert set(suggestions) == {"valley", "slide", "steep", "minimum"}
    assert all(0 < rate < 10 for rate in suggestions.values())
    assert found["stage"] == "frozen"
    # The same seed finds the same.
    assert find_rate(data, places, CONFIG, Monitor())["suggestions"] == suggestions
    assert nothing_left(places)


def test_an_estimate_has_every_part_of_the_training(data: TrainData, places: Places) -> None:
    said: list[str] = []
    found = estimate_finetune(data, places, CONFIG, Monitor(), said.append)
    assert said == ["reading", "frozen", "unfrozen", "predicting"]
    assert [part.kind for part in found.parts] == [
        PartKind.READING,
        PartKind.BUILDING,
        PartKind.SEARCH,
        PartKind.FROZEN,
        PartKind.UNFROZEN,
        PartKind.PREDICTING,
    ]
    assert all(part.seconds > 0 for part in found.parts)
    assert found.seconds == pytest.approx(sum(part.seconds for part in found.parts))
    assert found.sizes.train == data.rows(Split.TRAIN).sum()
    assert found.sizes.everything == 24
    assert 0 < found.head_parameters < found.parameters
    assert found.memory > 100e6
    assert found.weights.state in {"installed", "kept"}
    assert found.batch_size == 4
    assert nothing_left(places)


def test_weights_are_not_fetched_to_time_a_training(data: TrainData, places: Places) -> None:
    config = replace(CONFIG, backbone="resnet18", epochs_unfrozen=0, base_lr=1e-3)
    found = estimate_finetune(data, places, config, Monitor(), lambda _stage: None)
    assert found.weights.state == "fetched"
    assert found.weights.megabytes == pytest.approx(44.8)
    # timm's own count of ResNet 18 without its last layer, and fastai's head on it.
    assert found.parameters - found.head_parameters == pytest.approx(11_176_512, rel=0.01)


def test_few_images_are_timed_too(data: TrainData, places: Places) -> None:
    few = replace(data, splits=[Split.TRAIN] * 3 + [None] * 21)
    found = estimate_finetune(few, places, replace(CONFIG, epochs_unfrozen=0), Monitor(), lambda _stage: None)
    assert found.batch_size == 3
    assert all(part.seconds > 0 for part in found.parts)
    with pytest.raises(TooFewImagesError):
        find_rate(replace(data, splits=[Split.TRAIN] + [None] * 23), places, CONFIG, Monitor())


def test_a_trial_can_be_stopped(data: TrainData, places: Places) -> None:
    stopping = Monitor(should_cancel=lambda: True)
    stopping.INTERVAL = 0
    with pytest.raises(Cancelled):
        find_rate(data, places, CONFIG, stopping)
    assert nothing_left(places)


def test_the_quick_recipe_counts_what_the_cache_lacks(data: TrainData, places: Places) -> None:
    config = QuickConfig()
    first = estimate_quick(data, places, config, Monitor(), lambda _stage: None)
    assert [part.kind for part in first.parts] == [PartKind.EMBEDDING, PartKind.HEAD]
    assert first.parts[0].count == 24
    assert first.head_parameters == 1281 * 3
    # What was looked at is kept: the second time there is nothing left to look at.
    second = estimate_quick(data, places, config, Monitor(), lambda _stage: None)
    assert second.parts[0].count == 0
    assert second.parts[0].seconds == 0
    assert second.parts[1].seconds > 0


def test_the_peak_sees_what_was_let_go_again() -> None:
    with Peak() as peak:
        before = peak.memory
        held = np.ones(20_000_000)
        deadline = peak._over.wait(0.1)
        del held
    assert not deadline
    assert peak.memory - before > 100e6
