"""Say what a head shall learn: which cells count, how much each weighs, and which labels show one side only."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.domain.statuses import Labelling

Cells = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]
Matrix = npt.NDArray[np.float32]

# The logit of a label that excludes the others and was never seen: 1e-13 in a softmax, and far from any overflow.
NEVER = -30.0


@dataclass(frozen=True, slots=True)
class Targets:
    """Hold what is to be learned of some images; where labels exclude each other, a row is all known or not at all."""

    # float32 [n, L]: 1 where present, else 0, and how much a cell weighs, 0 where it is unknown.
    present: Matrix
    weight: Matrix
    # bool [L], and the logits float32 [L] that labels have without any feature.
    constant: Flags
    prior: Matrix


def targets_of(cells: Cells, labelling: Labelling, *, balanced: bool = False) -> Targets:
    """Return what a head shall learn from cells, int8 [n, L], 1 present, 0 absent, -1 unknown.

    Balanced weights let the images that show a label weigh as much as those that do not, or, where labels exclude each
    other, each label as much as any other one (as scikit-learn's `class_weight="balanced"`).
    """
    if labelling is Labelling.EXCLUSIVE:
        return _exclusive(cells, balanced=balanced)
    constant, present, known = one_sided(cells), (cells == 1).astype(np.float32), (cells >= 0).astype(np.float32)
    prior = prior_logits(cells)
    if balanced:
        shown, count = present.sum(axis=0), known.sum(axis=0)
        sides = [count / (2 * np.maximum(side, 1)) for side in (count - shown, shown)]
        known = (known * np.where(cells == 1, sides[1], sides[0])).astype(np.float32)
        prior = np.where(constant, prior, 0).astype(np.float32)
    return Targets(present, known, constant, prior)


def _exclusive(cells: Cells, *, balanced: bool) -> Targets:
    """Count the images of which exactly one label is known to be present; the others say nothing that can be used."""
    used = answered(cells, Labelling.EXCLUSIVE)
    present = np.where(used[:, None], cells == 1, 0).astype(np.float32)
    shown = present.sum(axis=0)
    constant = np.asarray(shown == 0, dtype=np.bool_)
    weight = np.repeat(used[:, None].astype(np.float32), cells.shape[1], axis=1)
    seen = np.log(np.maximum(shown, 1) / max(1.0, float(shown.sum())))
    if balanced:
        each = shown.sum() / (max(1, int((shown > 0).sum())) * np.maximum(shown, 1))
        weight = (weight * (present @ each)[:, None]).astype(np.float32)
        seen = np.zeros_like(shown)
    return Targets(present, weight, constant, np.where(constant, NEVER, seen).astype(np.float32))


def without(cells: Cells, held: Flags) -> Cells:
    """Return cells in which nothing is known of the held rows."""
    blank = cells.copy()
    blank[held] = -1
    return blank


def answered(cells: Cells, labelling: Labelling) -> Flags:
    """Return which images say anything that a head can learn, bool [n]."""
    if labelling is Labelling.EXCLUSIVE:
        return np.asarray((cells == 1).sum(axis=1) == 1, dtype=np.bool_)
    return np.asarray((cells >= 0).any(axis=1), dtype=np.bool_)


def one_sided(cells: Cells) -> Flags:
    """Return the labels of which known cells show one side only, or nothing, bool [L]."""
    return np.asarray(~((cells == 1).any(axis=0) & (cells == 0).any(axis=0)), dtype=np.bool_)


def prior_logits(cells: Cells) -> Matrix:
    """Return the logit of each label's share among known cells, float32 [L].

    Half a present and one absent pseudo-count: a label that nobody ever answered is not suggested.
    """
    share = ((cells == 1).sum(axis=0) + 0.5) / ((cells >= 0).sum(axis=0) + 1.5)
    return np.asarray(np.log(share / (1 - share)), dtype=np.float32)


def losses(targets: Targets, predicted: Matrix, labels: Flags, labelling: Labelling) -> npt.NDArray[np.float64]:
    """Return the mean cross-entropy of probabilities, float32 [n, K * L], for each of K heads, float64 [K].

    Over known cells of the labels; where labels exclude each other, over the images whose one label is known. NaN
    where nothing is.
    """
    width = targets.present.shape[1]
    sided = np.clip(predicted.reshape(len(predicted), -1, width), 1e-7, 1 - 1e-7).astype(np.float64)
    present = targets.present[:, None, :] == 1
    if labelling is Labelling.EXCLUSIVE:
        weight = np.where(present, targets.weight[:, None, :], 0)
        each = -np.log(sided)
    else:
        weight = targets.weight[:, None, :] * labels
        each = -np.log(np.where(present, sided, 1 - sided))
    total = float(weight.sum())
    found: npt.NDArray[np.float64] = (weight * each).sum(axis=(0, 2)) / (total or np.nan)
    return found
