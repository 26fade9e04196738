"""Fit a head on frozen features: linear or with one hidden layer, unknown cells left out, training rows out of fold."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from app.domain.splits import assign_folds
from app.domain.statuses import Labelling
from worker.ml.axes import Axes, Matrix, principal_axes, rooted
from worker.ml.callbacks import Monitor, Progress, Stage
from worker.ml.hidden_head import fit_hidden
from worker.ml.leaks import check_fold
from worker.ml.linear_head import predict_rows, probabilities_of, solve_heads
from worker.ml.targets import Cells, Flags, losses, one_sided, prior_logits, targets_of, without

__all__ = [
    "DEFAULT_STRENGTH",
    "FOLDS",
    "STRENGTHS",
    "UNITS",
    "Head",
    "HeadConfig",
    "HeadFit",
    "fit_head",
    "strength_for",
]
__all__ += ["one_sided", "prior_logits"]

Rows = npt.NDArray[np.intp]

FOLDS = 5
# On 490 photographs 64 and 128 units were as good as none, 512 a little better.
UNITS = 512
# Candidate strengths as scikit-learn's C, for features whose mean square length is one: from heavily shrunk to hardly.
STRENGTHS = (1.0, 3.0, 10.0, 30.0, 100.0)
DEFAULT_STRENGTH = 10.0
# The weakest shrinkage whose loss is within this share of the best is taken: nearly as well calibrated, while
# probabilities shrunk towards a rare label's share seldom reach 0.5. On 24 splits of two collections it raised
# macro-F1 at 0.5 by three points and left average precision as it was.
_TOLERANCE = 0.05
# More rows than this do not change which strength wins, and cost time.
_ROWS_TO_CHOOSE = 2_000
# Cells of heads that are fitted side by side: some hundred megabytes with all that is reckoned of them.
_CELLS_AT_ONCE = 20_000_000


@dataclass(frozen=True, slots=True)
class HeadConfig:
    """Say what kind of head is fitted, and how."""

    # "linear" or "hidden", and how many units the hidden layer has.
    kind: str = "linear"
    units: int = UNITS
    # How freely it follows the training images, as scikit-learn's C; None: chosen inside by cross-validation.
    strength: float | None = None
    # Let the images that show a label weigh as much as those that do not.
    balanced: bool = False
    folds: int = FOLDS
    labelling: Labelling = Labelling.OVERLAPPING


@dataclass(frozen=True, slots=True)
class Head:
    """Hold weights on the signed square roots of features, or on a hidden layer above them."""

    # float32 [d, L] and [L]; [h, L] where there is a hidden layer.
    weights: Matrix
    bias: Matrix
    # bool [L]: the training images showed only one side of the label, so its probability is the same for every image.
    constant: Flags
    labelling: Labelling = Labelling.OVERLAPPING
    # float32 [d, h] and [h]: the hidden layer, of which the positive part counts; None in a linear head.
    hidden: tuple[Matrix, Matrix] | None = field(default=None)

    def logits(self, features: Matrix) -> Matrix:
        """Return logits, float32 [n, L], for features, float32 [n, d]."""
        seen = rooted(features)
        if self.hidden is not None:
            seen = np.maximum(seen @ self.hidden[0] + self.hidden[1], 0)
        logits: Matrix = seen @ self.weights + self.bias
        return logits

    def predict(self, features: Matrix) -> Matrix:
        """Return probabilities, float32 [n, L], for features, float32 [n, d]."""
        return probabilities_of(self.logits(features), len(self.bias), self.labelling)


@dataclass(frozen=True, slots=True)
class HeadFit:
    """Hold a fitted head and what is known of how well it fits."""

    head: Head
    # float32 [n, L]: each row predicted by a head that has not seen it, nor anything of its group.
    out_of_fold: Matrix
    # False where there are too few images or groups to hold any out; the rows are then plain predictions.
    is_out_of_fold: bool
    # The chosen strength (scikit-learn's C).
    strength: float
    # Mean cross-entropy per known cell of `out_of_fold`; None where nothing was held out.
    loss: float | None
    # How many epochs a hidden layer learned; None in a linear head.
    epochs: int | None = None


def fit_head(
    features: Matrix,
    truth: npt.ArrayLike,
    groups: Sequence[Hashable] | None = None,
    *,
    seed: int = 42,
    monitor: Monitor | None = None,
    config: HeadConfig | None = None,
) -> HeadFit:
    """Fit a head and predict its training images out of fold.

    A label with no present or no absent cell gets one probability for all images, its share with half a pseudo-count.

    Args:
        features: float32 [n, d].
        truth: int8 [n, L], 1 present, 0 absent, -1 unknown.
        groups: what stays in one fold, per image.
        seed: divides the folds, and is where chance in a hidden layer starts.
        monitor: told how far it is, and asked whether to stop.
        config: what kind of head, and how.

    Raises:
        ValueError: when there are no images or the lengths disagree.
        LeakError: when a fold would learn from what it predicts.
        Cancelled: when asked to stop.

    """
    cells, chosen = np.asarray(truth, dtype=np.int8), config or HeadConfig()
    if not len(cells) or len(features) != len(cells):
        raise ValueError("features and truth must be of the same length, and not empty")
    axes = principal_axes(rooted(features))
    folds = assign_folds(cells, chosen.folds, groups, seed)
    for fold in np.unique(folds):
        check_fold(folds != fold, folds == fold, groups)
    part = _Part(axes, cells, folds, chosen, seed, monitor or Monitor())
    fit = _linear(part) if chosen.kind == "linear" else _hidden(part)
    loss = None
    if fit.is_out_of_fold:
        targets = targets_of(cells, chosen.labelling)
        loss = float(losses(targets, fit.out_of_fold, np.ones(cells.shape[1], dtype=np.bool_), chosen.labelling)[0])
    known = None if loss is None or np.isnan(loss) else loss
    return HeadFit(fit.head, fit.out_of_fold, fit.is_out_of_fold, fit.strength, known, fit.epochs)


@dataclass(frozen=True, slots=True)
class _Part:
    """Hold what a head is fitted on, and how."""

    axes: Axes
    cells: Cells
    folds: Rows
    config: HeadConfig
    seed: int
    monitor: Monitor

    @property
    def holds_out(self) -> bool:
        return bool(self.folds.max() > 0)

    @property
    def held(self) -> list[Flags]:
        """Return the rows of each fold, bool [n] each; nothing where there is one fold only."""
        return [self.folds == fold for fold in range(int(self.folds.max()) + 1)] if self.holds_out else []

    def fit(self, held: Sequence[Flags], strengths: Sequence[float], watch: "_Watch") -> list[tuple[Matrix, Matrix]]:
        """Fit a head for each set of rows that is held out, with each strength: weights [r, K * L], bias [K * L]."""
        labelling, found = self.config.labelling, []
        at_once = max(1, _CELLS_AT_ONCE // max(1, self.cells.size))
        for first in range(0, len(held), at_once):
            some = held[first : first + at_once]
            wanted = [targets_of(without(self.cells, out), labelling, balanced=self.config.balanced) for out in some]
            check = self.monitor.check
            found += solve_heads(self.axes.rows, self.axes.spectrum, wanted, strengths, labelling, check)
            watch.step(len(some))
        return found

    def predict(self, held: Sequence[Flags], heads: Sequence[tuple[Matrix, Matrix]]) -> Matrix:
        """Return probabilities of every row by the head it was held out of, float32 [n, K * L]."""
        predicted = np.empty((len(self.cells), len(heads[0][1])), dtype=np.float32)
        for out, (weights, bias) in zip(held, heads, strict=True):
            rows = Axes(self.axes.rows[out], self.axes.spectrum, self.axes.back, self.axes.mean)
            predicted[out] = predict_rows(rows, weights, bias, self.cells.shape[1], self.config.labelling)
        return predicted


class _Watch:
    """Report steps as they are done."""

    def __init__(self, monitor: Monitor, total: int) -> None:
        self.monitor, self.total, self.done = monitor, total, 0

    def step(self, count: int = 1) -> None:
        self.done += count
        self.monitor.report(Progress(Stage.HEAD, min(self.done, self.total), self.total))


def _linear(part: _Part) -> HeadFit:
    """Fit a linear head; choosing the strength goes through the folds once, predicting them again."""
    held = part.held
    watch = _Watch(part.monitor, (0 if part.config.strength else len(held)) + len(held) + 1)
    strength = part.config.strength or _choose_strength(part, watch)
    nothing = np.zeros(len(part.cells), dtype=np.bool_)
    (weights, bias), *heads = part.fit([nothing, *held], (strength,), watch)
    constant = targets_of(part.cells, part.config.labelling).constant
    head = Head(*part.axes.plain(weights, bias), constant, part.config.labelling)
    if heads:
        predicted = part.predict(held, heads)
    else:
        predicted = predict_rows(part.axes, weights, bias, part.cells.shape[1], part.config.labelling)
    return HeadFit(head, predicted, part.holds_out, strength, None)


def _choose_strength(part: _Part, watch: _Watch) -> float:
    """Return the weakest shrinkage whose out-of-fold loss is close to the best."""
    cells, labelling = part.cells, part.config.labelling
    varied = ((cells == 1).sum(axis=0) > 1) & ((cells == 0).sum(axis=0) > 1)
    rows = np.sort(np.random.default_rng(part.seed).permutation(len(cells))[:_ROWS_TO_CHOOSE])
    axes = Axes(part.axes.rows[rows], part.axes.spectrum, part.axes.back, part.axes.mean)
    some = _Part(axes, cells[rows], part.folds[rows], part.config, part.seed, part.monitor)
    if not varied.any() or not some.holds_out:
        return DEFAULT_STRENGTH
    targets = targets_of(cells[rows], labelling, balanced=part.config.balanced)
    each = losses(targets, some.predict(some.held, some.fit(some.held, STRENGTHS, watch)), varied, labelling)
    if np.isnan(each).any():
        return DEFAULT_STRENGTH
    return max(np.array(STRENGTHS)[each <= each.min() * (1 + _TOLERANCE)].tolist())


def strength_for(axes: Axes, cells: Cells, groups: Sequence[Hashable], config: HeadConfig, seed: int) -> float:
    """Return the strength that cross-validation chooses for rows in given axes, int8 [n, L] known of them."""
    folds = assign_folds(cells, config.folds, groups, seed)
    return _choose_strength(_Part(axes, cells, folds, config, seed, Monitor()), _Watch(Monitor(), 1))


def _hidden(part: _Part) -> HeadFit:
    """Fit a head with one hidden layer."""
    config = part.config
    # Folds learn until they gain nothing more, then the head learns as long: how many epochs, nobody knows before.
    watch = _Watch(part.monitor, 60)
    strength = config.strength or DEFAULT_STRENGTH
    fit = fit_hidden(
        part.axes.rows,
        part.cells,
        part.folds,
        units=config.units,
        strength=strength,
        labelling=config.labelling,
        balanced=config.balanced,
        seed=part.seed,
        step=watch.step,
    )
    layers = fit.layers
    constant = targets_of(part.cells, config.labelling).constant
    hidden = part.axes.plain(layers.first, layers.first_bias)
    head = Head(layers.second, layers.second_bias, constant, config.labelling, hidden)
    return HeadFit(head, fit.out_of_fold, part.holds_out, strength, None, fit.epochs)
