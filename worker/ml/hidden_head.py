"""Fit heads with one hidden layer on frozen features, those of all folds side by side.

A network learns until it begins to learn by heart. How many epochs that takes is read off rows that it has not seen;
for the predictions of a fold, off the other folds alone, so that no row has a say in what predicts it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from app.domain.statuses import Labelling
from worker.ml.axes import Matrix
from worker.ml.targets import Cells, Flags, Targets, losses, targets_of, without

Rows = npt.NDArray[np.intp]

# The longest axes carry what can be learned from some thousand images: on 490 photographs 256 of 343 axes gave the same
# mean average precision as all, in less time.
_WIDTH = 256
# Rows seen in one step, how far one step goes, and after how many epochs without a gain nothing more is hoped for.
_BATCH, _PACE, _PATIENCE = 256, 2e-3, 8
_MOST_EPOCHS = 60
# Where nothing can be held out there is nothing to read the end off; most fits end at about this epoch.
_BLIND_EPOCHS = 15


@dataclass(frozen=True, slots=True)
class Layers:
    """Hold a head's two layers in the axes: float32 [r, h], [h], [h, L] and [L]."""

    first: Matrix
    first_bias: Matrix
    second: Matrix
    second_bias: Matrix


@dataclass(frozen=True, slots=True)
class HiddenFit:
    """Hold a head, the predictions of the rows out of fold, float32 [n, L], and how many epochs the head learned."""

    layers: Layers
    out_of_fold: Matrix
    epochs: int


def fit_hidden(
    rows: Matrix,
    cells: Cells,
    folds: Rows,
    *,
    units: int,
    strength: float,
    labelling: Labelling,
    balanced: bool,
    seed: int,
    step: Callable[[], None],
) -> HiddenFit:
    """Fit a head on rows in their principal axes, float32 [n, r], and predict each row by one that has not seen it.

    Where there is one fold only, nothing is held out: `out_of_fold` is then what the head says of its own rows.
    """
    inputs = np.ascontiguousarray(rows[:, -_WIDTH:]) * np.float32(np.sqrt(min(rows.shape[1], _WIDTH)))
    decay = 1 / strength
    held = [folds == fold for fold in range(int(folds.max()) + 1)] if folds.max() > 0 else []
    epochs, out_of_fold = _BLIND_EPOCHS, np.zeros(cells.shape, dtype=np.float32)
    if held:
        wanted = [targets_of(without(cells, out), labelling, balanced=balanced) for out in held]
        nets = _Nets(wanted, inputs.shape[1], units, labelling, seed)
        said = _watch_folds(nets, inputs, wanted, held, decay, seed, step)
        truth = targets_of(cells, labelling, balanced=balanced)
        curves = np.array([[_loss(truth, epoch, out, labelling) for epoch in said] for out in held])
        epochs = 1 + int(np.nanmean(curves, axis=0).argmin()) if np.isfinite(curves).any() else _BLIND_EPOCHS
        for fold, out in enumerate(held):
            others = np.delete(curves, fold, axis=0)
            end = int(np.nanmean(others, axis=0).argmin()) if np.isfinite(others).any() else len(said) - 1
            out_of_fold[out] = said[end][out]
    full = targets_of(cells, labelling, balanced=balanced)
    net = _Nets([full], inputs.shape[1], units, labelling, seed)
    learn = _Learning(net, inputs, [full], decay, seed)
    for _epoch in range(epochs):
        learn.epoch()
        step()
    if not held:
        out_of_fold = net.say(torch.from_numpy(inputs))[0]
    return HiddenFit(net.layers(rows.shape[1]), out_of_fold, epochs)


def _loss(truth: Targets, said: Matrix, held: Flags, labelling: Labelling) -> float:
    part = Targets(truth.present[held], truth.weight[held], truth.constant, truth.prior)
    return float(losses(part, said[held], np.ones(said.shape[1], dtype=np.bool_), labelling)[0])


class _Nets(nn.Module):
    """Hold one network per fold, all of one shape and with the same first weights."""

    def __init__(self, wanted: list[Targets], width: int, units: int, labelling: Labelling, seed: int) -> None:
        super().__init__()
        chance = torch.Generator().manual_seed(seed)
        count, labels = len(wanted), len(wanted[0].prior)
        first = torch.randn(width, units, generator=chance) * (2 / max(1, width)) ** 0.5
        self.labelling = labelling
        self.first = nn.Parameter(first.repeat(count, 1, 1))
        self.first_bias = nn.Parameter(torch.zeros(count, 1, units))
        # Without a say at first: what a label of which nothing is known keeps for ever.
        self.second = nn.Parameter(torch.zeros(count, units, labels))
        priors = torch.from_numpy(np.stack([each.prior for each in wanted]))
        self.second_bias = nn.Parameter(priors[:, None, :].clone())

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return logits [k, b, L] of rows [b, r]."""
        seen = functional.relu(inputs @ self.first + self.first_bias)
        logits: torch.Tensor = seen @ self.second + self.second_bias
        return logits

    def say(self, inputs: torch.Tensor) -> Matrix:
        """Return probabilities, float32 [k, n, L]."""
        with torch.no_grad():
            logits = self(inputs)
            said = logits.softmax(-1) if self.labelling is Labelling.EXCLUSIVE else logits.sigmoid()
        found: Matrix = said.numpy()
        return found

    def layers(self, axes: int) -> Layers:
        """Return the first network's layers for rows of all axes, of which it used the longest."""
        width = self.first.shape[1]
        first = np.zeros((axes, self.first.shape[2]), dtype=np.float32)
        first[axes - width :] = self.first[0].detach().numpy() * np.sqrt(width)
        second = self.second[0].detach().numpy().copy()
        return Layers(
            first, self.first_bias[0, 0].detach().numpy().copy(), second, self.second_bias[0, 0].detach().numpy().copy()
        )


class _Learning:
    """Let networks learn rows, an epoch at a time, each what is known to it alone."""

    def __init__(self, nets: _Nets, inputs: Matrix, wanted: list[Targets], decay: float, seed: int) -> None:
        self.nets, self.inputs = nets, torch.from_numpy(inputs)
        self.present = torch.from_numpy(np.stack([each.present for each in wanted]))
        self.weight = torch.from_numpy(np.stack([each.weight for each in wanted]))
        self.chance = torch.Generator().manual_seed(seed)
        plain, decayed = [nets.first_bias, nets.second_bias], [nets.first, nets.second]
        self.optimiser = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": decay}, {"params": plain, "weight_decay": 0.0}], lr=_PACE
        )

    def epoch(self) -> None:
        """Go once through all rows, in an order of chance."""
        for part in torch.randperm(len(self.inputs), generator=self.chance).split(_BATCH):
            self.optimiser.zero_grad()
            self._loss(part).backward()
            self.optimiser.step()

    def _loss(self, part: torch.Tensor) -> torch.Tensor:
        logits, present, weight = self.nets(self.inputs[part]), self.present[:, part], self.weight[:, part]
        if self.nets.labelling is Labelling.EXCLUSIVE:
            each = -(logits.log_softmax(-1) * present * weight).sum((1, 2))
            return (each / weight[..., 0].sum(1).clamp(min=1)).sum()
        each = functional.binary_cross_entropy_with_logits(logits, present, weight, reduction="none").sum((1, 2))
        return (each / (weight > 0).sum((1, 2)).clamp(min=1)).sum()


def _watch_folds(
    nets: _Nets,
    inputs: Matrix,
    wanted: list[Targets],
    held: list[Flags],
    decay: float,
    seed: int,
    step: Callable[[], None],
) -> list[Matrix]:
    """Let the networks of all folds learn until none gains any more; what they say of their rows after each epoch."""
    learning, everything = _Learning(nets, inputs, wanted, decay, seed), torch.from_numpy(inputs)
    said: list[Matrix] = []
    best, best_epoch = float("inf"), 0
    for epoch in range(_MOST_EPOCHS):
        learning.epoch()
        step()
        told, merged = nets.say(everything), np.empty(learning.present.shape[1:], dtype=np.float32)
        for fold, out in enumerate(held):
            merged[out] = told[fold][out]
        said.append(merged)
        loss = float(losses(_known(wanted), merged, np.ones(merged.shape[1], dtype=np.bool_), nets.labelling)[0])
        if loss < best:
            best, best_epoch = loss, epoch
        elif epoch - best_epoch >= _PATIENCE:
            break
    return said


def _known(wanted: list[Targets]) -> Targets:
    """Return what is known of all rows: of each, what the networks know that have learned it."""
    present, weight = (
        np.stack(part).max(axis=0) for part in zip(*((each.present, each.weight) for each in wanted), strict=True)
    )
    return Targets(present, weight, wanted[0].constant, wanted[0].prior)
