"""Rebuild a fine-tuned network from plain torch, so that predicting needs no fastai."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import timm
import torch
from torch import nn

from worker.ml.backbones import Transform, autocast, prepare
from worker.ml.callbacks import Monitor, Progress, Stage
from worker.ml.dataset import Item, batch_size_for, batches, to_input

Probabilities = npt.NDArray[np.float32]


class Body(nn.Module):
    """Turn images into feature maps, or into features where the network pools by itself; as fastai's `TimmBody`."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.model: Any = timm.create_model(name, pretrained=False, num_classes=0)
        self.maps = self.model.default_cfg.get("pool_size") is not None

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return maps [b, c, h, w] or features [b, d]."""
        seen: torch.Tensor = self.model.forward_features(images) if self.maps else self.model(images)
        return seen


class ConcatPool(nn.Module):
    """Join the maximum and the mean of each map; as fastai's `AdaptiveConcatPool2d`."""

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Return features [b, 2c, 1, 1] of maps [b, c, h, w]."""
        return torch.cat([maps.amax((2, 3), keepdim=True), maps.mean((2, 3), keepdim=True)], dim=1)


def rebuild(name: str, weights: Mapping[str, torch.Tensor], device: str) -> nn.Module:
    """Build the network that fastai's `vision_learner` makes of a timm name and load its weights, strictly."""
    body = Body(name)
    # Numbers of layers as fastai's head has them: norm, dropout, linear, activation, norm, dropout, linear.
    pool: list[nn.Module] = [ConcatPool(), nn.Flatten()] if body.maps else []
    first = 2 if body.maps else 0
    hidden, features = weights[f"1.{first + 2}.weight"].shape
    labels = weights[f"1.{first + 6}.weight"].shape[0]
    head = nn.Sequential(
        *pool,
        nn.BatchNorm1d(features),
        nn.Dropout(),
        nn.Linear(features, hidden, bias=False),
        nn.ReLU(),
        nn.BatchNorm1d(hidden),
        nn.Dropout(),
        nn.Linear(hidden, labels, bias=False),
    )
    network = nn.Sequential(body, head)
    network.load_state_dict(weights)
    return prepare(network, device)


def predict_images(
    network: nn.Module,
    items: Sequence[Item],
    transform: Transform,
    views: Sequence[str],
    device: str,
    monitor: Monitor,
) -> Probabilities:
    """Return probabilities, float32 [n, L]: the mean over the views.

    Raises:
        ImageUnreadableError: when a file is missing or damaged.
        Cancelled: when asked to stop.

    """
    monitor.check(force=True)
    predicted: list[Probabilities] = []
    done = 0
    for pixels in batches(items, transform, views, batch_size_for(device)):
        with torch.inference_mode(), autocast(device):
            seen = [network(to_input(view, transform, device)).float().sigmoid() for view in pixels]
        predicted.append(torch.stack(seen).mean(dim=0).cpu().numpy())
        done += len(predicted[-1])
        monitor.report(Progress(Stage.PREDICTING, done, len(items)))
    return np.concatenate(predicted)
