"""Rebuild a fine-tuned network from plain torch, so that predicting needs no fastai."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from app.domain.statuses import Labelling
from worker.ml.backbones import Transform, prepare
from worker.ml.bodies import TinyVgg, body_of, gives_maps, tiny_head
from worker.ml.callbacks import Monitor, Progress, Stage
from worker.ml.dataset import Item, run_over

Probabilities = npt.NDArray[np.float32]


class ConcatPool(nn.Module):
    """Join the maximum and the mean of each map; as fastai's `AdaptiveConcatPool2d`."""

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Return features [b, 2c, 1, 1] of maps [b, c, h, w]."""
        return torch.cat([maps.amax((2, 3), keepdim=True), maps.mean((2, 3), keepdim=True)], dim=1)


def rebuild(name: str, weights: Mapping[str, torch.Tensor], device: str) -> nn.Module:
    """Build the network that a learner of `architectures` holds and load its weights, strictly.

    Its last layer has a bias, which fastai's heads have not: see `with_bias`.
    """
    body = body_of(name)
    if isinstance(body, TinyVgg):
        network = nn.Sequential(body, tiny_head(len(weights["1.2.bias"])))
        network.load_state_dict(weights)
        return prepare(network, device)
    maps = gives_maps(body)
    # Numbers of layers as fastai's head has them: norm, dropout, linear, activation, norm, dropout, linear.
    pool: list[nn.Module] = [ConcatPool(), nn.Flatten()] if maps else []
    first = 2 if maps else 0
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
        nn.Linear(hidden, labels),
    )
    network = nn.Sequential(body, head)
    network.load_state_dict(weights)
    return prepare(network, device)


def with_bias(weights: Mapping[str, torch.Tensor], priors: Mapping[int, float]) -> dict[str, torch.Tensor]:
    """Give the last layer a bias where it has none, and the labels in `priors` one logit for every image.

    A network learns nothing of a label of which it saw one side only, or none: its output would be noise.
    """
    changed = dict(weights)
    last = max((key for key in weights if key.startswith("1.") and key.endswith(".weight")), key=_layer)
    named = last.replace(".weight", ".bias")
    matrix = weights[last].clone()
    bias = weights[named].clone() if named in weights else torch.zeros(len(matrix))
    for label, logit in priors.items():
        matrix[label] = 0
        bias[label] = logit
    changed[last] = matrix
    changed[named] = bias
    return changed


def probabilities_of(logits: torch.Tensor, labelling: Labelling) -> torch.Tensor:
    """Turn logits [b, L] into probabilities: each label by itself, or all of them sharing one."""
    return logits.float().softmax(dim=1) if labelling is Labelling.EXCLUSIVE else logits.float().sigmoid()


def predict_images(
    network: nn.Module,
    items: Sequence[Item],
    transform: Transform,
    views: Sequence[str],
    device: str,
    monitor: Monitor,
    labelling: Labelling = Labelling.OVERLAPPING,
) -> Probabilities:
    """Return probabilities, float32 [n, L]: the mean over the views.

    Raises:
        ImageUnreadableError: when a file is missing or damaged.
        Cancelled: when asked to stop.

    """
    monitor.check(force=True)
    predicted: list[Probabilities] = []
    done = 0
    for batch in run_over(items, transform, views, device, lambda images: probabilities_of(network(images), labelling)):
        predicted.append(batch)
        done += len(batch)
        monitor.report(Progress(Stage.PREDICTING, done, len(items)))
    return np.concatenate(predicted)


def _layer(key: str) -> int:
    """Return the number of the head's layer that a weight belongs to."""
    return int(key.split(".")[1])
