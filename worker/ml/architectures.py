"""Build the network that a fine-tuning trains, a body and a new head, into fastai's learner."""

from pathlib import Path
from typing import Any

import torchvision.models
from fastai.data.core import DataLoaders
from fastai.learner import Learner
from fastai.vision.learner import default_split, vision_learner
from safetensors.torch import load_file
from torch import nn

from app.domain.architectures import TINY_VGG
from worker.ml.backbones import ELSEWHERE, Backbone
from worker.ml.bodies import TinyVgg, check_head, check_size, options_of, tiny_head
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.origins import NOWHERE

# fastai lets the momentum fall by so much where the rate is highest.
_LESS_MOMENTUM = 0.1


def make_learner(
    loaders: DataLoaders, backbone: Backbone, labels: int, loss: nn.Module, config: FinetuneConfig, path: Path
) -> Learner:
    """Build fastai's learner on a backbone with a new head for the labels, its body frozen where that is pretrained.

    Raises:
        SizeTooSmallError: when the network cannot look at images of the size asked for.
        NetworkUnsuitableError: when no head of ours reads what it gives.

    """
    low = max(0.0, config.momentum - _LESS_MOMENTUM)
    options: dict[str, Any] = {
        "loss_func": loss,
        "path": path,
        "wd": config.weight_decay,
        "moms": (config.momentum, low, config.momentum),
    }
    has_weights = backbone.weights != NOWHERE
    if backbone.name == TINY_VGG:
        model = nn.Sequential(TinyVgg(), tiny_head(labels))
        learner = Learner(loaders, model, splitter=default_split, **options)
    elif backbone.name in ELSEWHERE:
        # What is not timm's: fastai takes the function that builds it, and would fetch its weights by itself.
        build = getattr(torchvision.models, backbone.name)
        learner = vision_learner(loaders, build, n_out=labels, normalize=False, pretrained=False, **options)
        if has_weights:
            learner.model[0][0].load_state_dict(load_file(backbone.weights))
    else:
        overlay = {"pretrained_cfg_overlay": dict(backbone.overlay)} if has_weights else {}
        learner = vision_learner(
            loaders,
            backbone.name,
            n_out=labels,
            normalize=False,
            pretrained=has_weights,
            **options,
            **overlay,
            **options_of(backbone.name),
        )
    check_size(learner.model[0], backbone.name, config.size)
    check_head(learner.model, backbone.name, config.size)
    if has_weights:
        learner.freeze()
    return learner
