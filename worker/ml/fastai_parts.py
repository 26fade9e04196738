"""What a file for fastai holds beside its network; written into it as it stands here, so that Loupe is not needed.

Nothing here may use anything of Loupe but `worker.ml.portable`, which is written into the file too.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from fasttransform import Transform
from PIL import Image
from torch import nn

from worker.ml.portable import Whole, read_views


class ReadViews(Transform):
    """Read an image as the model saw its training images: uint8 [views, 3, size, size]."""

    # What may be handed to `learn.predict`.
    input_types = (str, Path, Image.Image)

    def __init__(self, transform: Mapping[str, Any], views: Sequence[str]) -> None:
        super().__init__()
        self.wanted, self.views = dict(transform), list(views)

    def encodes(self, source: Any) -> torch.Tensor:
        """Read one image."""
        return read_views(source, self.wanted, self.views)


class NoTargets(Transform):
    """Stand for the answers, of which the file holds none."""

    def __init__(self, labels: Sequence[str], *, exclusive: bool) -> None:
        super().__init__()
        self.nothing: Any = labels[0] if exclusive else [0.0] * len(labels)

    def encodes(self, _source: Any) -> Any:
        """Return the first label, or none of them."""
        return self.nothing


class Logits(nn.Module):
    """The same as `Whole` without its last step, as losses of fastai take it: pixels become logits [n, labels]."""

    def __init__(self, whole: Whole) -> None:
        super().__init__()
        self.whole = whole

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return logits; of several views the logits of their mean probability, where there is no head after them."""
        whole, views = self.whole, pixels.shape[1]
        seen = whole.see(pixels)
        if whole.head is not None:
            logits: torch.Tensor = whole.head(seen.unflatten(0, (-1, views)).mean(dim=1))
            return logits
        if views == 1:
            return seen
        mean = whole.decide(seen).unflatten(0, (-1, views)).mean(dim=1)
        return mean.log() if whole.exclusive else mean.logit()
