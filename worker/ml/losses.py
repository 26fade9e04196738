"""Losses that fastai minimises; a cell of which nobody knows the answer weighs nothing in any of them."""

import torch
from torch import nn
from torch.nn import functional


class MaskedLoss(nn.Module):
    """Measure mean binary cross-entropy over known cells; an unknown one (-1) weighs nothing."""

    def forward(self, logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        """Return the loss, a scalar, of logits [b, L] against truth [b, L] of 1, 0 and -1; 0 where nothing is known."""
        plain, given = logits.as_subclass(torch.Tensor).float(), truth.as_subclass(torch.Tensor)
        known = (given >= 0).float()
        losses = functional.binary_cross_entropy_with_logits(plain, given.clamp(min=0), reduction="none")
        return (losses * known).sum() / known.sum().clamp(min=1)
