"""Make a Learner of a trained model, and write it as fastai's own export does."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from fastai.data.core import Datasets
from fastai.data.transforms import Categorize, EncodedMultiCategorize
from fastai.learner import Learner
from fastai.losses import BCEWithLogitsLossFlat, CrossEntropyLossFlat
from PIL import Image
from torch import nn

from worker.ml.checkpoint import Manifest
from worker.ml.standing_alone import Alone

# A folder of whoever loads it, not one of ours.
_HERE = Path()


def make_learner(
    alone: Alone, whole: nn.Module, manifest: Manifest, thresholds: Sequence[float], *, exclusive: bool
) -> Learner:
    """Make a Learner whose `predict` takes a path or a Pillow image and gives labels, their flags and probabilities.

    Args:
        alone: what is written into the file.
        whole: the model, made of `alone`.
        manifest: names of labels, and how images are read.
        thresholds: a label is given from above its threshold on; without use where labels exclude each other.
        exclusive: whether exactly one label applies to an image.

    """
    labels = list(manifest.labels)
    reader = alone.parts.ReadViews(manifest.transform.to_dict(), manifest.views)
    blank = alone.parts.NoTargets(labels, exclusive=exclusive)
    decoder = Categorize(vocab=labels, sort=False) if exclusive else EncodedMultiCategorize(labels)
    # fastai wants an image to try its loaders on.
    picture = Image.new("RGB", (8, 8))
    datasets = Datasets([picture], [[reader], [blank, decoder]], splits=[[0], [0]], n_inp=1)
    loss = CrossEntropyLossFlat() if exclusive else BCEWithLogitsLossFlat(thresh=torch.tensor(thresholds))
    loaders = datasets.dataloaders(bs=1, num_workers=0, path=_HERE, device=torch.device("cpu"))
    # Whoever has it in fastai may go on training it there.
    whole.requires_grad_()
    return Learner(loaders, alone.parts.Logits(whole), loss_func=loss, path=_HERE)


def save(learner: Learner, path: Path, pickle_module: Any) -> None:
    """Write a Learner as `load_learner` reads it."""
    learner.export(path.resolve(), pickle_module=pickle_module)
