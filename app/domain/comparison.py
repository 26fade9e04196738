"""Compare two models on the same images and the same ground truth."""

from dataclasses import asdict, dataclass
from math import isnan

import numpy as np
import numpy.typing as npt

from app.domain.intervals import RESAMPLES, Interval, bootstrap_weights, percentile_interval
from app.domain.matrices import (
    Cells,
    Floats,
    Rows,
    checked_predictions,
    checked_probabilities,
    checked_thresholds,
    checked_truth,
    predict,
)
from app.domain.metrics import Evaluation, evaluate_predictions, json_safe
from app.domain.ranking import resampled_average_precision
from app.domain.scores import precision_recall_f1


# Arrays have no single truth value, so that what holds them is not compared field by field.
@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Hold what one model says: probabilities float [n, L] and thresholds float [L], or one for all labels.

    Where predictions, int [n, L] of 1 and 0, are given too, for instance cross-fitted ones, they count in place of what
    the thresholds would predict.
    """

    probabilities: npt.ArrayLike
    thresholds: npt.ArrayLike
    predictions: npt.ArrayLike | None = None

    def predicted(self, shape: tuple[int, ...]) -> Cells:
        """Return the predictions that count, int8 of the given shape."""
        if self.predictions is not None:
            return checked_predictions(self.predictions, shape)
        return predict(checked_probabilities(self.probabilities, shape), checked_thresholds(self.thresholds, shape[1]))


@dataclass(frozen=True, slots=True)
class Delta:
    """Hold one figure before and after, the change, and its 95 % interval; NaN where undefined."""

    before: float
    after: float
    change: float
    interval: Interval

    @property
    def is_clear(self) -> bool:
        """Tell whether the interval leaves no doubt about the direction of the change."""
        return not isnan(self.interval.low) and (self.interval.low > 0 or self.interval.high < 0)


@dataclass(frozen=True, slots=True, eq=False)
class LabelComparison:
    """Hold what changed for one label, with the rows behind it, rising.

    Fixed rows were wrong before and are right after, broken rows the reverse; flipped rows are all whose prediction
    changed, those of unknown truth too.
    """

    label: int
    precision: Delta
    recall: Delta
    f1: Delta
    average_precision: Delta
    fixed: Rows
    broken: Rows
    flipped: Rows


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Hold what changed, per label in column order and over all labels."""

    labels: tuple[LabelComparison, ...]
    micro_f1: Delta
    macro_f1: Delta
    mean_average_precision: Delta

    def to_dict(self) -> dict[str, object]:
        """Return the fields for JSON, None where undefined."""
        return json_safe(asdict(self))


@dataclass(frozen=True, slots=True, eq=False)
class _Figures:
    """Hold one model's figures in each of B resamples, float64 [L, B] or [B]."""

    precision: Floats
    recall: Floats
    f1: Floats
    average_precision: Floats
    micro_f1: Floats
    macro_f1: Floats
    mean_average_precision: Floats


def compare(
    truth: npt.ArrayLike,
    before: Scored,
    after: Scored,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    ranked_resamples: int | None = None,
) -> Comparison:
    """Compare two models on the same rows, with paired bootstrap intervals of the changes.

    The images are drawn with replacement, and both models are measured on the same draw: what is easy or hard about an
    image cancels out. A resample in which a figure is undefined for either model does not enter its interval. The
    intervals speak of other images of the same kind; that other training runs would differ too, they do not show.

    Args:
        truth: int8 [n, L], 1 present, 0 absent, -1 unknown.
        before: the model to compare with.
        after: the model in question.
        seed: 0 or greater; draws the resamples.
        resamples: how many; 0 leaves all intervals undefined and is fast.
        ranked_resamples: how many of them also measure average precision, which costs twenty times as much as the
            other figures; None means all.

    Raises:
        ValueError: when shapes disagree or values are out of range.

    Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapter 13; pairing by image after
    Koehn 2004, EMNLP, Statistical Significance Tests for Machine Translation Evaluation.

    """
    cells = checked_truth(truth)
    sides = [
        (checked_probabilities(side.probabilities, cells.shape), side.predicted(cells.shape))
        for side in (before, after)
    ]
    (_before, old), (_after, new) = sides
    weights = bootstrap_weights(cells.shape[0], resamples, seed)
    ranked = resamples if ranked_resamples is None else min(resamples, ranked_resamples)
    drawn = [_figures(cells, given, predicted, weights, ranked) for given, predicted in sides]
    measured = [evaluate_predictions(cells, predicted, given) for given, predicted in sides]
    return Comparison(
        labels=tuple(
            _label(column, measured, drawn, cells[:, column], old[:, column], new[:, column])
            for column in range(cells.shape[1])
        ),
        micro_f1=_delta([run.micro.f1 for run in measured], [run.micro_f1 for run in drawn]),
        macro_f1=_delta([run.macro.f1 for run in measured], [run.macro_f1 for run in drawn]),
        mean_average_precision=_delta(
            [run.mean_average_precision for run in measured], [run.mean_average_precision for run in drawn]
        ),
    )


def _label(
    column: int, measured: list[Evaluation], drawn: list[_Figures], truth: Cells, old: Cells, new: Cells
) -> LabelComparison:
    """Return what changed for one label."""
    figures = [run.labels[column] for run in measured]
    flipped = old != new
    return LabelComparison(
        label=column,
        precision=_delta([run.precision for run in figures], [run.precision[column] for run in drawn]),
        recall=_delta([run.recall for run in figures], [run.recall[column] for run in drawn]),
        f1=_delta([run.f1 for run in figures], [run.f1[column] for run in drawn]),
        average_precision=_delta(
            [run.average_precision for run in figures], [run.average_precision[column] for run in drawn]
        ),
        fixed=np.flatnonzero(flipped & (new == truth)),
        broken=np.flatnonzero(flipped & (old == truth)),
        flipped=np.flatnonzero(flipped),
    )


def _delta(measured: list[float], drawn: list[Floats]) -> Delta:
    """Return the change of one figure, given its values and its resampled values before and after."""
    before, after = measured
    old, new = drawn
    interval = percentile_interval(new - old)
    return Delta(before, after, after - before, interval)


def _figures(
    truth: Cells, probabilities: Floats, predictions: Cells, weights: npt.NDArray[np.float32], ranked: int
) -> _Figures:
    """Return one model's figures in every resample, the ranking ones in the first few; weights are float32 [n, B]."""
    tp, fp, fn = resampled_counts(truth, predictions, weights)
    precision, recall, f1 = precision_recall_f1(tp, fp, fn)
    few = weights[:, :ranked]
    # Sorting the images costs time even where nothing is drawn from them.
    columns = range(truth.shape[1]) if ranked else ()
    rankings = [resampled_average_precision(truth[:, column], probabilities[:, column], few) for column in columns]
    average_precision = np.array(rankings).reshape(truth.shape[1], ranked)
    known = (truth >= 0).any(axis=0)
    pooled = precision_recall_f1(tp.sum(axis=0), fp.sum(axis=0), fn.sum(axis=0))
    return _Figures(
        precision=precision,
        recall=recall,
        f1=f1,
        average_precision=average_precision,
        # As in the average itself, 0/0 counts as 0 unless nothing at all is known.
        micro_f1=np.nan_to_num(pooled[2], nan=0.0 if known.any() else np.nan),
        macro_f1=mean_over_labels(f1[known]),
        mean_average_precision=mean_over_labels(average_precision[known]),
    )


def resampled_counts(
    truth: Cells, predictions: Cells, weights: npt.NDArray[np.float32]
) -> tuple[Floats, Floats, Floats]:
    """Return tp, fp and fn of every label in every resample, float64 [L, B] each.

    Args:
        truth: int8 [n, L], 1, 0 or -1; unknown cells are left out.
        predictions: int8 [n, L], 1 or 0.
        weights: float32 [n, B], how often each row was drawn into each resample.

    """
    yes = predictions == 1
    kinds = ((truth == 1) & yes, (truth == 0) & yes, (truth == 1) & ~yes)
    tp, fp, fn = ((kind.T.astype(np.float32) @ weights).astype(np.float64) for kind in kinds)
    return tp, fp, fn


def mean_over_labels(figures: Floats) -> Floats:
    """Return the mean of float64 [L, B] over labels, undefined ones counted as 0; NaN where there is no label."""
    if not figures.shape[0]:
        return np.full(figures.shape[1], np.nan)
    means: Floats = np.nan_to_num(figures, nan=0.0).mean(axis=0)
    return means
