"""Losses that fastai minimises; a cell of which nobody knows the answer weighs nothing in any of them."""

from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from app.domain.statuses import Labelling

LossName = Literal["bce", "weighted_bce", "focal", "asymmetric"]

# Focusing on what is still wrong: T.-Y. Lin et al., Focal loss for dense object detection, ICCV 2017, section 3.2.
FOCAL_GAMMA = 2.0
# T. Ridnik et al., Asymmetric loss for multi-label classification, ICCV 2021: how little easy absent cells count, and
# the probability up to which an absent cell counts for nothing at all. Present cells count in full.
_ABSENT_GAMMA = 4.0
_ABSENT_MARGIN = 0.05
# A label on one image in fifty weighs this much already; more lets single images pull all of the network about.
_MOST_WEIGHT = 50.0


class _Loss(nn.Module):
    """What the losses have in common: unknown cells, smoothing, and the mean as fastai's MixUp wants it."""

    # MixUp then mixes two losses instead of two answers: half present and half unknown would mean nothing.
    y_int = True

    def __init__(self, name: LossName, gamma: float, smoothing: float, weights: torch.Tensor | None) -> None:
        super().__init__()
        self.name, self.gamma, self.smoothing, self.weights = name, gamma, smoothing, weights
        self.reduction = "mean"

    def forward(self, logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        """Return the mean loss over what is known, or with `reduction` "none" one share of it per image, float [b].

        Args:
            logits: float [b, L].
            truth: float [b, L], 1 present, 0 absent, -1 unknown.

        """
        plain, given = logits.as_subclass(torch.Tensor).float(), truth.as_subclass(torch.Tensor)
        total, weight = self.each(plain, given)
        if self.reduction == "none":
            # The mean of these over the images is the mean over what is known.
            return total * len(total) / weight.clamp(min=1)
        return total.sum() / weight.clamp(min=1)

    def each(self, logits: torch.Tensor, truth: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the loss of each image, summed over what is known of it [b], and how much is known in all."""
        raise NotImplementedError


class MaskedLoss(_Loss):
    """Measure labels that overlap: each cell by itself, and the mean over the known ones."""

    def __init__(
        self,
        name: LossName = "bce",
        *,
        gamma: float = FOCAL_GAMMA,
        smoothing: float = 0.0,
        weights: torch.Tensor | None = None,
    ) -> None:
        super().__init__(name, gamma, smoothing, weights)

    def each(self, logits: torch.Tensor, truth: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the loss of each image, summed over its known cells [b], and how many cells are known."""
        known = (truth >= 0).float()
        # Smoothing takes half of its share from either side, as cross-entropy over two outcomes does.
        target = truth.clamp(min=0) * (1 - self.smoothing) + self.smoothing / 2
        present, absent = self._sides(logits)
        return ((target * present + (1 - target) * absent) * known).sum(dim=1), known.sum()

    def _sides(self, logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return what each cell costs where the label is present, and where it is absent."""
        present, absent = functional.softplus(-logits), functional.softplus(logits)
        if self.name == "weighted_bce" and self.weights is not None:
            return present * self.weights.to(logits.device), absent
        probability = logits.sigmoid()
        if self.name == "focal":
            return present * (1 - probability) ** self.gamma, absent * probability**self.gamma
        if self.name == "asymmetric":
            shifted = (probability - _ABSENT_MARGIN).clamp(min=0)
            return present, -torch.log1p(-shifted) * shifted**_ABSENT_GAMMA
        return present, absent


class ExclusiveLoss(_Loss):
    """Measure labels of which each image shows exactly one: cross-entropy over the images whose label is known."""

    def __init__(
        self,
        name: LossName = "bce",
        *,
        gamma: float = FOCAL_GAMMA,
        smoothing: float = 0.0,
        weights: torch.Tensor | None = None,
    ) -> None:
        super().__init__(name, gamma, smoothing, weights)

    def each(self, logits: torch.Tensor, truth: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the loss of each image [b], 0 where its label is not known, and the weight of those that count."""
        present = (truth == 1).float()
        used = (present.sum(dim=1) == 1).float()
        only = present.argmax(dim=1)
        if self.name == "weighted_bce" and self.weights is not None:
            weights = self.weights.to(logits.device)
            losses = functional.cross_entropy(logits, only, weights, reduction="none", label_smoothing=self.smoothing)
            return losses * used, (weights[only] * used).sum()
        losses = functional.cross_entropy(logits, only, reduction="none", label_smoothing=self.smoothing)
        if self.name == "focal":
            right = logits.softmax(dim=1).gather(1, only[:, None]).squeeze(1)
            losses = losses * (1 - right) ** self.gamma
        return losses * used, used.sum()


def make_loss(
    name: LossName,
    labelling: Labelling,
    cells: npt.NDArray[np.int8],
    *,
    gamma: float = FOCAL_GAMMA,
    smoothing: float = 0.0,
) -> nn.Module:
    """Return the loss of that name, its weights reckoned from the training images' cells, int8 [n, L].

    Asymmetric loss tells many absent labels from few present ones; labels that exclude each other have no such thing,
    and get plain cross-entropy.
    """
    weights = torch.from_numpy(rarity(cells, labelling)) if name == "weighted_bce" else None
    made = ExclusiveLoss if labelling is Labelling.EXCLUSIVE else MaskedLoss
    return made(name, gamma=gamma, smoothing=smoothing, weights=weights)


def rarity(cells: npt.NDArray[np.int8], labelling: Labelling) -> npt.NDArray[np.float32]:
    """Return how much the presence of each label weighs, float32 [L].

    Overlapping labels: absent cells for each present one. Labels that exclude each other: as scikit-learn's "balanced".
    At most 50, and 1 where a label was never seen.
    """
    shown = (cells == 1).sum(axis=0)
    if labelling is Labelling.EXCLUSIVE:
        shown = ((cells == 1) & ((cells == 1).sum(axis=1) == 1)[:, None]).sum(axis=0)
        weights = shown.sum() / (max(1, int((shown > 0).sum())) * np.maximum(shown, 1))
    else:
        weights = (cells == 0).sum(axis=0) / np.maximum(shown, 1)
    return np.where(shown == 0, 1.0, np.clip(weights, 1 / _MOST_WEIGHT, _MOST_WEIGHT)).astype(np.float32)
