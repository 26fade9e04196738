"""Build the network that a fine-tuning trains: a body and a new head."""

from pathlib import Path

from fastai.data.core import DataLoaders
from fastai.learner import Learner
from fastai.vision.learner import vision_learner
from torch import nn

from worker.ml.backbones import Backbone


def make_learner(loaders: DataLoaders, backbone: Backbone, labels: int, loss: nn.Module, path: Path) -> Learner:
    """Build fastai's `vision_learner` on a backbone with a new head for the labels, its body frozen."""
    return vision_learner(
        loaders,
        backbone.name,
        n_out=labels,
        loss_func=loss,
        path=path,
        pretrained_cfg_overlay=dict(backbone.overlay),
    )
