from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from tests.unit.ml.pictures import Tiny, draw
from worker.ml.backbones import Transform
from worker.ml.callbacks import Cancelled, Monitor, Progress
from worker.ml.network import ConcatPool, predict_images, with_bias

HALVES = (0.5, 0.5, 0.5)
TRANSFORM = Transform(16, "bicubic", 0.875, HALVES, HALVES)


def test_both_kinds_of_pooling_are_joined_maximum_first() -> None:
    maps = torch.tensor([[[[1.0, 2.0], [3.0, 6.0]]]])
    assert ConcatPool()(maps).flatten().tolist() == [6.0, 3.0]


def test_a_label_without_two_sides_gets_its_share_as_bias() -> None:
    weights = {"0.body.weight": torch.ones(2), "1.4.weight": torch.ones(5, 4), "1.8.weight": torch.ones(3, 5)}
    changed = with_bias(weights, {1: -2.5})
    assert changed["1.8.weight"][1].tolist() == [0.0] * 5
    assert changed["1.8.weight"][[0, 2]].eq(1).all()
    assert changed["1.8.bias"].tolist() == [0.0, -2.5, 0.0]
    assert weights["1.8.weight"].eq(1).all()
    assert "1.4.bias" not in changed


def test_views_are_averaged_after_the_sigmoid_and_progress_is_told(tmp_path: Path) -> None:
    items, _truth = draw(tmp_path, 9)
    network = nn.Sequential(Tiny())
    seen: list[Progress] = []
    both = predict_images(network, items, TRANSFORM, ("whole", "centre"), "cpu", Monitor(seen.append))
    each = [predict_images(network, items, TRANSFORM, (view,), "cpu", Monitor()) for view in ("whole", "centre")]
    assert np.allclose(both, np.mean(each, axis=0), atol=1e-6)
    assert seen[-1].done == seen[-1].total == 9
    with pytest.raises(Cancelled):
        predict_images(network, items, TRANSFORM, ("whole",), "cpu", Monitor(should_cancel=lambda: True))
