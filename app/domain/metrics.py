"""Measure predictions for overlapping labels against the ground truth, on known cells only.

A figure that is 0/0 is undefined: NaN here, None in JSON, never 0 by itself. Averages count it as 0, as scikit-learn
does with `zero_division=0`. With nothing unknown every figure equals scikit-learn's; where cells are unknown:

* micro pools the counts of all known cells;
* macro and weighted (by support) run over the labels that have a known cell at all;
* samples, and the share of images that are wholly right, run over the images that have a known cell, and judge each on
  its known cells;
* Hamming loss and accuracy run over all known cells.

An average over nothing at all is undefined.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isnan

import numpy as np
import numpy.typing as npt

from app.domain.intervals import Interval, f1_interval, wilson
from app.domain.matrices import (
    Cells,
    Floats,
    checked_predictions,
    checked_probabilities,
    checked_thresholds,
    checked_truth,
    predict,
)
from app.domain.ranking import average_precision, roc_auc

UNDEFINED = float("nan")


@dataclass(frozen=True, slots=True)
class LabelMetrics:
    """Hold one label's figures over the rows where it is known; shares lie between 0 and 1, NaN where undefined."""

    support: int
    n_known: int
    tp: int
    fp: int
    fn: int
    tn: int
    precision: float
    recall: float
    f1: float
    average_precision: float
    roc_auc: float
    # None where no single threshold made the predictions, as with cross-fitted ones.
    threshold: float | None
    precision_interval: Interval
    recall_interval: Interval
    f1_interval: Interval

    def to_dict(self) -> dict[str, object]:
        """Return the figures for JSON, None where undefined."""
        return json_safe(asdict(self))


@dataclass(frozen=True, slots=True)
class Average:
    """Hold one kind of average over labels or images, with all positives as support."""

    precision: float
    recall: float
    f1: float
    support: int

    def to_dict(self) -> dict[str, object]:
        """Return the figures for JSON, None where undefined."""
        return json_safe(asdict(self))


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Hold every figure of one evaluation; labels are in column order."""

    n_rows: int
    n_known: int
    labels: tuple[LabelMetrics, ...]
    micro: Average
    macro: Average
    weighted: Average
    samples: Average
    subset_accuracy: float
    hamming_loss: float
    # The share of known cells that are right: fastai's metric of that name, and 1 - Hamming loss.
    accuracy_multi: float
    # The mean over labels with a known cell; a label with no positive image counts as 0, as in scikit-learn.
    mean_average_precision: float

    def to_dict(self) -> dict[str, object]:
        """Return the figures for JSON, None where undefined."""
        return json_safe(asdict(self))


def evaluate(truth: npt.ArrayLike, probabilities: npt.ArrayLike, thresholds: npt.ArrayLike = 0.5) -> Evaluation:
    """Measure probabilities against the truth, predicted where a probability reaches its label's threshold.

    Args:
        truth: int8 [n, L], 1 present, 0 absent, -1 unknown.
        probabilities: float [n, L], 0 to 1.
        thresholds: float [L], or one for all labels.

    Raises:
        ValueError: when shapes disagree or values are out of range.

    """
    cells = checked_truth(truth)
    given = checked_probabilities(probabilities, cells.shape)
    limits = checked_thresholds(thresholds, cells.shape[1])
    return _evaluation(cells, predict(given, limits), given, limits)


def evaluate_predictions(
    truth: npt.ArrayLike, predictions: npt.ArrayLike, probabilities: npt.ArrayLike | None = None
) -> Evaluation:
    """Measure given 0/1 predictions, for instance cross-fitted ones, against the truth.

    Average precision and ROC-AUC are undefined unless the probabilities are given too.

    Args:
        truth: int8 [n, L], 1 present, 0 absent, -1 unknown.
        predictions: int [n, L], 1 predicted, 0 not.
        probabilities: float [n, L], 0 to 1.

    Raises:
        ValueError: when shapes disagree or values are out of range.

    """
    cells = checked_truth(truth)
    given = None if probabilities is None else checked_probabilities(probabilities, cells.shape)
    return _evaluation(cells, checked_predictions(predictions, cells.shape), given, None)


def counts(truth: Cells, predictions: Cells, axis: int | None = 0) -> npt.NDArray[np.int64]:
    """Return true positives, false positives, false negatives and true negatives over known cells, int [4, ...].

    Args:
        truth: int8 [n, L], 1, 0 or -1.
        predictions: int8 [n, L], 1 or 0.
        axis: 0 counts per label, 1 per image, None over all cells.

    """
    yes = predictions == 1
    kinds = ((truth == 1) & yes, (truth == 0) & yes, (truth == 1) & ~yes, (truth == 0) & ~yes)
    return np.array([np.sum(kind, axis=axis, dtype=np.int64) for kind in kinds])


def precision_recall_f1(tp: npt.ArrayLike, fp: npt.ArrayLike, fn: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Return precision, recall and F1 of counts of any one shape; NaN where 0/0.

    F1 is 2 tp / (2 tp + fp + fn), so that it is 0 where only one of precision and recall is undefined.
    """
    hits, added, missed = (np.asarray(given, dtype=np.float64) for given in (tp, fp, fn))
    return (
        _ratio(hits, hits + added),
        _ratio(hits, hits + missed),
        _ratio(2 * hits, 2 * hits + added + missed),
    )


def json_safe(fields: Mapping[str, object]) -> dict[str, object]:
    """Return the fields as JSON knows them: NaN and undefined intervals as None, tuples and row indices as lists."""
    return {name: _json_value(value) for name, value in fields.items()}


def mean_or_undefined(values: npt.ArrayLike) -> float:
    """Return the mean with undefined values counted as 0; undefined itself for no values."""
    given = np.asarray(values, dtype=np.float64)
    return float(np.nan_to_num(given, nan=0.0).mean()) if given.size else UNDEFINED


def _evaluation(
    truth: Cells, predictions: Cells, probabilities: Floats | None, thresholds: Floats | None
) -> Evaluation:
    """Put all figures together."""
    known = truth >= 0
    per_label = counts(truth, predictions)
    labels = tuple(
        _label(
            per_label[:, column],
            UNDEFINED if probabilities is None else average_precision(truth[:, column], probabilities[:, column]),
            UNDEFINED if probabilities is None else roc_auc(truth[:, column], probabilities[:, column]),
            None if thresholds is None else float(thresholds[column]),
        )
        for column in range(truth.shape[1])
    )
    counted = [label for label in labels if label.n_known]
    right = (truth == predictions) | ~known
    judged = known.any(axis=1)
    n_known = int(known.sum())
    wrong = int((~right).sum())
    ranked = [label.average_precision for label in counted]
    return Evaluation(
        n_rows=truth.shape[0],
        n_known=n_known,
        labels=labels,
        micro=_micro(per_label.sum(axis=1)),
        macro=_over_labels(counted, np.ones(len(counted))),
        weighted=_over_labels(counted, np.array([label.support for label in counted], dtype=np.float64)),
        samples=_over_images(truth[judged], predictions[judged]),
        subset_accuracy=mean_or_undefined(right[judged].all(axis=1)),
        hamming_loss=wrong / n_known if n_known else UNDEFINED,
        accuracy_multi=(n_known - wrong) / n_known if n_known else UNDEFINED,
        mean_average_precision=UNDEFINED if probabilities is None else mean_or_undefined(ranked),
    )


def _label(table: npt.NDArray[np.int64], ranked: float, auc: float, threshold: float | None) -> LabelMetrics:
    """Return the figures of one label from its four counts."""
    tp, fp, fn, tn = (int(count) for count in table)
    precision, recall, f1 = (float(figure) for figure in precision_recall_f1(tp, fp, fn))
    return LabelMetrics(
        support=tp + fn,
        n_known=tp + fp + fn + tn,
        tp=tp,
        fp=fp,
        fn=fn,
        tn=tn,
        precision=precision,
        recall=recall,
        f1=f1,
        average_precision=ranked,
        roc_auc=auc,
        threshold=threshold,
        precision_interval=wilson(tp, tp + fp),
        recall_interval=wilson(tp, tp + fn),
        f1_interval=f1_interval(tp, fp, fn),
    )


def _micro(table: npt.NDArray[np.int64]) -> Average:
    """Return the figures of the pooled counts."""
    tp, fp, fn, _tn = table
    figures = precision_recall_f1(tp, fp, fn)
    if not table.sum():
        return Average(UNDEFINED, UNDEFINED, UNDEFINED, 0)
    precision, recall, f1 = (float(np.nan_to_num(figure, nan=0.0)) for figure in figures)
    return Average(precision, recall, f1, int(tp + fn))


def _over_labels(labels: Sequence[LabelMetrics], weights: Floats) -> Average:
    """Return the weighted mean of the labels' figures; equal weights where all weights are 0."""
    support = sum(label.support for label in labels)
    if not labels:
        return Average(UNDEFINED, UNDEFINED, UNDEFINED, support)
    figures = np.nan_to_num([[label.precision, label.recall, label.f1] for label in labels], nan=0.0)
    means = np.average(figures, axis=0, weights=weights if weights.sum() else None)
    return Average(float(means[0]), float(means[1]), float(means[2]), support)


def _over_images(truth: Cells, predictions: Cells) -> Average:
    """Return the mean of the figures that each image has over its own labels."""
    tp, fp, fn, _tn = counts(truth, predictions, axis=1)
    precision, recall, f1 = (mean_or_undefined(figure) for figure in precision_recall_f1(tp, fp, fn))
    return Average(precision, recall, f1, int((truth == 1).sum()))


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Return part / whole, NaN where the whole is 0."""
    shares: Floats = np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
    return shares


def _json_value(value: object) -> object:
    """Return one value as JSON knows it."""
    match value:
        case Interval():
            return value.to_list()
        case float():
            return None if isnan(value) else value
        case dict():
            return json_safe(value)
        case list() | tuple():
            return [_json_value(item) for item in value]
        case np.ndarray():
            return value.tolist()
        case _:
            return value
