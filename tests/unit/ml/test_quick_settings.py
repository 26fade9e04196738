"""Each setting of the quick recipe does what it says, and a checkpoint predicts with it as the run did."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import load_file

from app.domain.metrics import evaluate
from app.domain.quick_fields import QUICK_FIELDS
from app.domain.recipe_fields import defaults
from app.domain.statuses import Labelling, Split
from tests.unit.ml.pictures import dataset
from worker.ml import contest, train
from worker.ml.activation import open_looker
from worker.ml.backbones import Backbone, BackboneUnavailableError, keep_weights
from worker.ml.cache import EmbeddingCache
from worker.ml.checkpoint import read_manifest
from worker.ml.head import HeadFit
from worker.ml.predict import predict
from worker.ml.train import Places, QuickConfig, TrainData, TrainResult, train_quick

# The network sees these drawings well enough at a fraction of its size.
SMALL = 64


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("settings")


@pytest.fixture(scope="module")
def other(places: Places) -> str:
    """Keep a second network, one that has seen nothing yet, and name it."""
    torch.manual_seed(0)
    keep_weights("resnet10t", timm.create_model("resnet10t", pretrained=False).state_dict(), places.weights)
    return "resnet10t"


@pytest.fixture(scope="module")
def data(folder: Path) -> TrainData:
    return dataset(folder / "images", 40)


@pytest.fixture(scope="module")
def places(folder: Path) -> Places:
    # Weights of its own: another network is kept beside the one that is always there.
    return Places(folder / "none", folder / "weights", folder / "embeddings", "cpu")


def run(data: TrainData, places: Places, to: Path, **given: Any) -> TrainResult:
    return train_quick(data, replace(places, checkpoint=to), QuickConfig(**({"size": SMALL} | given)))


def said_again(data: TrainData, places: Places, result: TrainResult) -> np.ndarray:
    cache = EmbeddingCache(places.embeddings)
    return predict(result.checkpoint, data.items, cache, weights_directory=places.weights, device="cpu")


def test_the_settings_of_the_form_are_those_of_the_engine() -> None:
    given: dict[str, Any] = defaults(QUICK_FIELDS)
    assert QuickConfig(**given).to_dict() == {**given, "seed": 42}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"flips": True},
        {"head": "hidden", "hidden_units": 32},
        {"class_weights": "balanced", "strength": 3.0, "folds": 3},
    ],
)
def test_a_run_learns_and_its_checkpoint_says_the_same(
    data: TrainData, places: Places, tmp_path: Path, given: dict[str, Any]
) -> None:
    result = run(data, places, tmp_path / "run", **given)
    held = data.rows(Split.VALIDATION)
    assert evaluate(data.cells[held], result.probabilities[held]).mean_average_precision > 0.8
    again = said_again(data, places, result)
    assert np.abs(again[held] - result.probabilities[held]).max() < 1e-4
    manifest = read_manifest(result.checkpoint)
    assert manifest.transform.size == SMALL
    assert len(manifest.views) == (4 if given.get("flips") else 2)


def test_mirrored_views_of_an_image_and_of_its_mirror_image_are_the_same(
    data: TrainData, places: Places, tmp_path: Path
) -> None:
    result = run(data, places, tmp_path / "run", flips=True)
    seen = open_looker(result.checkpoint, places.weights, "cpu").look(data.items[0], 0)
    assert len(seen.views) == 4
    whole, centre, mirrored, _centre = (view.cells for view in seen.views)
    # The map of a mirrored view is turned back, so that both speak of the same places.
    assert whole.shape == mirrored.shape == centre.shape
    assert (
        np.corrcoef(whole.ravel(), mirrored.ravel())[0, 1] > np.corrcoef(whole.ravel(), mirrored[:, ::-1].ravel())[0, 1]
    )


def test_a_hidden_head_can_be_asked_where_it_looks(data: TrainData, places: Places, tmp_path: Path) -> None:
    result = run(data, places, tmp_path / "run", head="hidden", hidden_units=16)
    seen = open_looker(result.checkpoint, places.weights, "cpu").look(data.items[0], 1)
    said = said_again(data, places, result)[0, 1]
    # The map is made in full precision, the prediction as fast as the processor can.
    assert 1 / (1 + np.exp(-seen.logit)) == pytest.approx(said, abs=0.05)


@pytest.mark.parametrize("head", ["linear", "hidden"])
def test_labels_that_exclude_each_other_share_one_whole(
    data: TrainData, places: Places, tmp_path: Path, head: str
) -> None:
    kinds = np.eye(3, dtype=np.int8)[data.cells[:, :2].sum(axis=1)]
    alone = replace(data, truth=kinds, labelling=Labelling.EXCLUSIVE)
    result = run(alone, places, tmp_path / "run", head=head)
    assert np.allclose(result.probabilities.sum(axis=1), 1, atol=1e-3)
    held = ~result.out_of_fold
    assert np.abs(said_again(alone, places, result)[held] - result.probabilities[held]).max() < 1e-4
    assert read_manifest(result.checkpoint).details["labelling"] == "exclusive"


def test_of_several_networks_the_one_with_the_lowest_loss_out_of_fold_is_kept(
    data: TrainData, places: Places, tmp_path: Path, other: str
) -> None:
    first = {"backbone": other, "more_backbones": ["tf_efficientnet_lite0", other]}
    result = run(data, places, tmp_path / "run", **first)
    assert [line["backbone"] for line in result.compared] == [other, "tf_efficientnet_lite0"]
    best = min(result.compared, key=lambda line: float(str(line["loss"])))
    assert [line["backbone"] for line in result.compared if line["kept"]] == [best["backbone"]]
    manifest = read_manifest(result.checkpoint)
    assert manifest.backbone == best["backbone"]
    assert list(manifest.details["backbones"]) == list(result.compared)  # type: ignore[call-overload]
    alone = run(data, places, tmp_path / "alone", backbone=best["backbone"])
    assert (alone.probabilities == result.probabilities).all()
    assert alone.compared == []


def test_networks_are_compared_without_a_look_at_validation(
    data: TrainData, places: Places, tmp_path: Path, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def counting(*args: Any, **kwargs: Any) -> tuple[Backbone, HeadFit, list[dict[str, object]]]:
        seen.append(len(args[1].cells))
        return contest.compete(*args, **kwargs)

    monkeypatch.setattr(train, "compete", counting)
    run(data, places, tmp_path / "run", more_backbones=[other])
    assert seen == [int(data.rows(Split.TRAIN).sum())]


def test_a_network_that_cannot_be_had_is_told_before_any_work(data: TrainData, places: Places, tmp_path: Path) -> None:
    fresh = replace(places, embeddings=tmp_path / "embeddings")
    with pytest.raises(BackboneUnavailableError, match="resnett"):
        run(data, fresh, tmp_path / "run", more_backbones=["resnett"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("head", ["linear", "hidden"])
def test_nothing_of_validation_reaches_what_is_learned(
    data: TrainData, places: Places, tmp_path: Path, head: str
) -> None:
    """Turn every validation answer round: the head and what it says of training images stay as they were."""
    held = data.rows(Split.VALIDATION)
    turned = data.cells.copy()
    turned[held] = 1 - turned[held]
    results = [
        run(each, places, tmp_path / name, head=head)
        for name, each in (("one", data), ("two", replace(data, truth=turned)))
    ]
    first, second = (load_file(result.checkpoint / "weights.safetensors") for result in results)
    assert all((first[name] == second[name]).all() for name in first)
    assert (results[0].probabilities == results[1].probabilities).all()


def test_a_copy_of_a_validation_image_is_not_learned_and_the_lead_is_told(
    data: TrainData, places: Places, tmp_path: Path
) -> None:
    held, learned = (int(np.flatnonzero(data.rows(split))[0]) for split in (Split.VALIDATION, Split.TRAIN))
    items = list(data.items)
    items[learned] = items[held]
    result = run(replace(data, items=items), places, tmp_path / "run")
    assert not result.out_of_fold[learned]
    assert result.notes == ["1 training images are copies of images that are set aside, and were not learned from."]


def test_a_group_on_both_sides_of_the_split_is_told(data: TrainData, places: Places, tmp_path: Path) -> None:
    held, learned = (int(np.flatnonzero(data.rows(split))[0]) for split in (Split.VALIDATION, Split.TRAIN))
    groups = list(range(len(data.items)))
    groups[learned] = groups[held]
    result = run(replace(data, groups=groups), places, tmp_path / "run")
    assert len(result.notes) == 1
    assert "1 training images belong to a group" in result.notes[0]


def test_the_same_settings_give_the_same_run_twice(data: TrainData, places: Places, tmp_path: Path) -> None:
    first, second = (run(data, places, tmp_path / str(time), head="hidden", hidden_units=16) for time in range(2))
    assert (first.probabilities == second.probabilities).all()
    assert (first.checkpoint / "weights.safetensors").read_bytes() == (
        second.checkpoint / "weights.safetensors"
    ).read_bytes()
