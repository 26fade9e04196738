"""Tell apart what a new model changed and what new answers changed: both models on both truths."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isnan

import numpy as np
import numpy.typing as npt

from app.domain.comparison import mean_over_labels, resampled_counts
from app.domain.intervals import RESAMPLES, Interval, bootstrap_weights, percentile_interval
from app.domain.matrices import Cells, Floats, checked_predictions, checked_truth
from app.domain.metrics import json_safe
from app.domain.scores import precision_recall_f1

# Of the four figures in the order (old model, old truth), (old, new), (new, old), (new, new): what each effect takes.
_EFFECTS = {"model": (-1, 0, 1, 0), "relabelling": (-1, 1, 0, 0), "both": (1, -1, -1, 1), "total": (-1, 0, 0, 1)}


@dataclass(frozen=True, slots=True)
class Effect:
    """Hold a part of a change, with its 95 % interval; NaN where undefined."""

    change: float
    interval: Interval

    @property
    def is_clear(self) -> bool:
        """Tell whether the interval leaves no doubt about the direction of the effect."""
        return not isnan(self.interval.low) and (self.interval.low > 0 or self.interval.high < 0)


@dataclass(frozen=True, slots=True)
class ChangeSplit:
    """Hold F1 of both models against both truths, and the change taken apart.

    `model` is what changes on the old truth when only the model does, `relabelling` what changes for the old model when
    only the truth does, `both` what comes on top when both do: the new model may have learned from the new answers. The
    three add up to `total`.
    """

    # Of the old model, then of the new one: against the old truth and against the new one.
    old_model: tuple[float, float]
    new_model: tuple[float, float]
    model: Effect
    relabelling: Effect
    both: Effect
    total: Effect

    def to_dict(self) -> dict[str, object]:
        """Return the fields for JSON, None where undefined."""
        return json_safe(asdict(self))


@dataclass(frozen=True, slots=True)
class ChangeSplits:
    """Hold the split of macro-F1, and of every label's F1 in column order."""

    macro: ChangeSplit
    labels: tuple[ChangeSplit, ...]


def split_change(
    truths: tuple[npt.ArrayLike, npt.ArrayLike],
    predictions: tuple[npt.ArrayLike, npt.ArrayLike],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> ChangeSplits:
    """Measure two models against two truths of the same images, with paired bootstrap intervals of the effects.

    The images are drawn with replacement, and all four figures are measured on the same draw. Macro-F1 is, against each
    truth, the mean over the labels that have a known cell in it, with 0 for an F1 of 0/0, as in a report.

    Args:
        truths: the old one and the new one, int8 [n, L], 1 present, 0 absent, -1 unknown.
        predictions: the old model's and the new one's, int [n, L], 1 or 0.
        seed: 0 or greater; draws the resamples.
        resamples: how many; 0 leaves all intervals undefined.

    Raises:
        ValueError: when shapes disagree or values are out of range.

    Source: the paired bootstrap of `app.domain.comparison`; the effects are those of a 2 x 2 factorial table with the
    old model and the old truth as reference (Montgomery 2017, Design and Analysis of Experiments, chapter 5).

    """
    cells = [checked_truth(truth) for truth in truths]
    judged = [checked_predictions(given, cells[0].shape) for given in predictions]
    if cells[1].shape != cells[0].shape:
        raise ValueError("both truths must be of the same shape")
    whole = np.ones((len(cells[0]), 1), dtype=np.float32)
    weights = np.hstack([whole, bootstrap_weights(len(cells[0]), resamples, seed)])
    # The first column is the images as they are.
    drawn = [_f1(truth, given, weights) for given in judged for truth in cells]
    known = [(truth >= 0).any(axis=0) for _model in judged for truth in cells]
    macro = [mean_over_labels(figures[counted]) for figures, counted in zip(drawn, known, strict=True)]
    return ChangeSplits(
        macro=_split(macro),
        labels=tuple(_split([figures[label] for figures in drawn]) for label in range(cells[0].shape[1])),
    )


def _f1(truth: Cells, predictions: Cells, weights: npt.NDArray[np.float32]) -> Floats:
    """Return F1 of every label in every resample, float64 [L, B]."""
    return precision_recall_f1(*resampled_counts(truth, predictions, weights))[2]


def _split(drawn: Sequence[Floats]) -> ChangeSplit:
    """Take one figure's change apart, given its four values as they are and in every resample, float64 [1 + B] each."""
    figures = [float(each[0]) for each in drawn]
    effects = {
        name: _effect(sum(sign * each for sign, each in zip(signs, drawn, strict=True) if sign))
        for name, signs in _EFFECTS.items()
    }
    return ChangeSplit((figures[0], figures[1]), (figures[2], figures[3]), **effects)


def _effect(drawn: Floats | int) -> Effect:
    """Return an effect from its value, float64 [1 + B], the first without resampling."""
    values = np.atleast_1d(np.asarray(drawn, dtype=np.float64))
    return Effect(float(values[0]), percentile_interval(values[1:]))
