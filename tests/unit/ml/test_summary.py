"""Layers, shapes and parameters of networks, against fastai's own summary and torch's own counts."""

import re
from pathlib import Path
from typing import Any

import timm
import torch
from fastai.data.core import DataLoaders
from fastai.learner import Learner
from fastai.vision.learner import vision_learner
from torch import nn

from tests.unit.ml.pictures import dataset
from worker.ml.finetune import train_finetune
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.summary import Trained, summarise
from worker.ml.train import Places, train_quick
from worker.ml.whole import summary_of


def test_shapes_and_parameters_of_a_small_network() -> None:
    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 6 * 6, 2))
    told = summarise(
        network, torch.zeros(1, 3, 8, 8), lambda path, _layer: Trained("always" if path == "3" else "never")
    )
    assert [(layer.kind, layer.shape, layer.parameters) for layer in told.layers] == [
        ("Conv2d", (1, 8, 6, 6), 3 * 8 * 9 + 8),
        ("ReLU", (1, 8, 6, 6), 0),
        ("Flatten", (1, 288), 0),
        ("Linear", (1, 2), 288 * 2 + 2),
    ]
    assert told.parameters == sum(each.numel() for each in network.parameters())
    assert told.trained == 288 * 2 + 2


def test_parameters_outside_any_single_layer_are_counted() -> None:
    network: Any = timm.create_model("vit_tiny_patch16_224", pretrained=False, num_classes=0, img_size=32)
    told = summarise(network, torch.zeros(1, 3, 32, 32), lambda _path, _layer: Trained.NEVER)
    assert told.parameters == sum(each.numel() for each in network.parameters())
    assert told.trained == 0


def test_the_network_is_left_as_it_was() -> None:
    network = nn.Sequential(nn.BatchNorm2d(3))
    network.train()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    summarise(network, torch.ones(1, 3, 4, 4), lambda _path, _layer: Trained.ALWAYS)
    assert network.training
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert not network[0]._forward_hooks


def test_a_quick_run_trains_its_head_alone(tmp_path: Path, weights: Path) -> None:
    data = dataset(tmp_path / "pictures", 12)
    result = train_quick(data, Places(tmp_path / "run", weights, tmp_path / "embeddings", "cpu"))
    told = summary_of(result.checkpoint)
    body: Any = timm.create_model("tf_efficientnet_lite0", pretrained=False, num_classes=0)
    assert told["trainable"] == body.num_features * 3 + 3
    assert told["parameters"] == sum(each.numel() for each in body.parameters()) + told["trainable"]
    assert told["layers"][-1]["shape"] == [1, 3]
    assert told["input"] == [1, 1, 3, 224, 224]


def test_a_fine_tuned_network_is_listed_as_fastai_lists_it(tmp_path: Path, weights: Path) -> None:
    data = dataset(tmp_path / "pictures", 12)
    config = FinetuneConfig(epochs_frozen=1, epochs_unfrozen=1, batch_size=4, size=32, base_lr=1e-3)
    result = train_finetune(data, Places(tmp_path / "run", weights, tmp_path / "embeddings", "cpu"), config)
    told = summary_of(result.checkpoint)
    learner = fastai_learner(tmp_path)
    learner.freeze()
    frozen = sum(each.numel() for each in learner.model.parameters() if each.requires_grad)
    all_of_it = sum(each.numel() for each in learner.model.parameters())
    # The last layer has a bias here, which fastai's has not.
    assert told["parameters"] == told["trainable"] == all_of_it + 3
    assert sum(each["parameters"] for each in told["layers"] if each["trained"] == "always") == frozen + 3
    # fastai's summary passes by the batch norms that bring their activation along.
    total = re.search(r"Total params: ([\d,]+)", str(learner.summary()))
    assert total
    passed_by = sum(each["parameters"] for each in told["layers"] if each["kind"] == "BatchNormAct2d")
    assert int(total[1].replace(",", "")) == told["parameters"] - passed_by - 3


def fastai_learner(folder: Path) -> Learner:
    batch = [(torch.zeros(3, 32, 32), torch.zeros(3)) for _ in range(4)]
    loaders = DataLoaders.from_dsets(batch, batch, bs=2, num_workers=0, path=folder)
    return vision_learner(
        loaders, "tf_efficientnet_lite0", n_out=3, pretrained=False, loss_func=nn.BCEWithLogitsLoss(), path=folder
    )
