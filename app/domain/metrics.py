"""Measure predictions for overlapping labels against the ground truth, on known cells only.

A figure that is 0/0 is undefined: NaN here, None in JSON, never 0 by itself. Averages count it as 0, as scikit-learn
does with `zero_division=0`. `Scoring` may ask for `zero_division=1` instead: then such a figure is 1, by itself and in
averages. With nothing unknown every figure equals scikit-learn's; where cells are unknown:

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

from app.domain.intervals import Interval, f_beta_interval, wilson
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
from app.domain.scores import PLAIN, Scoring, f_beta, precision_recall_f1
from app.domain.tallies import Counts, Tally, tally

UNDEFINED = float("nan")


# How well the probabilities of one label rank its images: average precision and ROC-AUC.
Ranked = tuple[float, float]


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
    # F-beta for the beta asked for; F1 where that is 1.
    f_beta: float
    average_precision: float
    roc_auc: float
    # None where no single threshold made the predictions, as with cross-fitted ones.
    threshold: float | None
    precision_interval: Interval
    recall_interval: Interval
    f1_interval: Interval
    f_beta_interval: Interval

    def to_dict(self) -> dict[str, object]:
        """Return the figures for JSON, None where undefined."""
        return json_safe(asdict(self))


@dataclass(frozen=True, slots=True)
class Average:
    """Hold one kind of average over labels or images, with all positives as support."""

    precision: float
    recall: float
    f1: float
    f_beta: float
    support: int

    def to_dict(self) -> dict[str, object]:
        """Return the figures for JSON, None where undefined."""
        return json_safe(asdict(self))


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Hold every figure of one evaluation; labels are in column order."""

    beta: float
    undefined_as_one: bool
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


def evaluate(
    truth: npt.ArrayLike, probabilities: npt.ArrayLike, thresholds: npt.ArrayLike = 0.5, scoring: Scoring = PLAIN
) -> Evaluation:
    """Measure probabilities against the truth, predicted where a probability reaches its label's threshold.

    Args:
        truth: int8 [n, L], 1 present, 0 absent, -1 unknown.
        probabilities: float [n, L], 0 to 1.
        thresholds: float [L], or one for all labels.
        scoring: beta, and what an undefined figure counts as.

    Raises:
        ValueError: when shapes disagree or values are out of range.

    """
    cells = checked_truth(truth)
    given = checked_probabilities(probabilities, cells.shape)
    limits = checked_thresholds(thresholds, cells.shape[1])
    return evaluate_tally(tally(cells, predict(given, limits)), rank(cells, given), limits, scoring)


def evaluate_predictions(
    truth: npt.ArrayLike,
    predictions: npt.ArrayLike,
    probabilities: npt.ArrayLike | None = None,
    scoring: Scoring = PLAIN,
) -> Evaluation:
    """Measure given 0/1 predictions, for instance cross-fitted ones, against the truth.

    Average precision and ROC-AUC are undefined unless the probabilities are given too.

    Args:
        truth: int8 [n, L], 1 present, 0 absent, -1 unknown.
        predictions: int [n, L], 1 predicted, 0 not.
        probabilities: float [n, L], 0 to 1.
        scoring: beta, and what an undefined figure counts as.

    Raises:
        ValueError: when shapes disagree or values are out of range.

    """
    cells = checked_truth(truth)
    given = None if probabilities is None else checked_probabilities(probabilities, cells.shape)
    counted = tally(cells, checked_predictions(predictions, cells.shape))
    return evaluate_tally(counted, None if given is None else rank(cells, given), None, scoring)


def rank(truth: Cells, probabilities: Floats) -> list[Ranked]:
    """Return average precision and ROC-AUC of every label, NaN where undefined."""
    columns = list(zip(truth.T, probabilities.T, strict=True))
    return [(average_precision(cells, given), roc_auc(cells, given)) for cells, given in columns]


def evaluate_tally(
    counted: Tally, ranked: Sequence[Ranked] | None, thresholds: Floats | None, scoring: Scoring = PLAIN
) -> Evaluation:
    """Give every figure of counts that were made before; `ranked` and `thresholds` are one a label, or unknown."""
    n_labels = counted.by_label.shape[1]
    given = [(UNDEFINED, UNDEFINED)] * n_labels if ranked is None else ranked
    labels = tuple(
        _label(
            counted.by_label[:, column],
            given[column],
            None if thresholds is None else float(thresholds[column]),
            scoring,
        )
        for column in range(n_labels)
    )
    known = [label for label in labels if label.n_known]
    n_known = int(counted.by_label.sum())
    wrong = int(counted.by_label[1:3].sum())
    # An image is wholly right that has neither a false positive nor a false negative.
    whole = counted.by_image[counted.by_image[:, 1:3].sum(axis=1) == 0]
    n_judged = int(counted.by_image[:, 3].sum())
    return Evaluation(
        beta=scoring.beta,
        undefined_as_one=scoring.undefined_as_one,
        n_rows=counted.n_rows,
        n_known=n_known,
        labels=labels,
        micro=_micro(counted.by_label.sum(axis=1), scoring),
        macro=_over_labels(known, np.ones(len(known))),
        weighted=_over_labels(known, np.array([label.support for label in known], dtype=np.float64)),
        samples=_over_images(counted, scoring),
        subset_accuracy=int(whole[:, 3].sum()) / n_judged if n_judged else UNDEFINED,
        hamming_loss=wrong / n_known if n_known else UNDEFINED,
        accuracy_multi=(n_known - wrong) / n_known if n_known else UNDEFINED,
        mean_average_precision=UNDEFINED
        if ranked is None
        else mean_or_undefined([label.average_precision for label in known]),
    )


def json_safe(fields: Mapping[str, object]) -> dict[str, object]:
    """Return the fields as JSON knows them: NaN and undefined intervals as None, tuples and row indices as lists."""
    return {name: _json_value(value) for name, value in fields.items()}


def mean_or_undefined(values: npt.ArrayLike) -> float:
    """Return the mean with undefined values counted as 0; undefined itself for no values."""
    given = np.asarray(values, dtype=np.float64)
    return float(np.nan_to_num(given, nan=0.0).mean()) if given.size else UNDEFINED


def _label(table: Counts, ranked: Ranked, threshold: float | None, scoring: Scoring) -> LabelMetrics:
    """Return the figures of one label from its four counts."""
    tp, fp, fn, tn = (int(count) for count in table)
    figures = np.array([*precision_recall_f1(tp, fp, fn), f_beta(tp, fp, fn, scoring.beta)])
    # Of a label that nobody answered for nothing is said, whatever 0/0 counts as.
    precision, recall, f1, f_chosen = (float(each) for each in (scoring.settle(figures) if table.sum() else figures))
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
        f_beta=f_chosen,
        average_precision=ranked[0],
        roc_auc=ranked[1],
        threshold=threshold,
        precision_interval=wilson(tp, tp + fp),
        recall_interval=wilson(tp, tp + fn),
        f1_interval=f_beta_interval(tp, fp, fn, 1.0),
        f_beta_interval=f_beta_interval(tp, fp, fn, scoring.beta),
    )


def _average(figures: Sequence[float] | Floats, support: int) -> Average:
    precision, recall, f1, f_chosen = (float(figure) for figure in figures)
    return Average(precision, recall, f1, f_chosen, support)


def _micro(table: Counts, scoring: Scoring) -> Average:
    """Return the figures of the pooled counts."""
    tp, fp, fn, _tn = table
    if not table.sum():
        return _average([UNDEFINED] * 4, 0)
    figures = scoring.settle(np.array([*precision_recall_f1(tp, fp, fn), f_beta(tp, fp, fn, scoring.beta)]))
    return _average(np.nan_to_num(figures, nan=0.0), int(tp + fn))


def _over_labels(labels: Sequence[LabelMetrics], weights: Floats) -> Average:
    """Return the weighted mean of the labels' figures; equal weights where all weights are 0."""
    support = sum(label.support for label in labels)
    if not labels:
        return _average([UNDEFINED] * 4, support)
    figures = np.nan_to_num([[label.precision, label.recall, label.f1, label.f_beta] for label in labels], nan=0.0)
    return _average(np.average(figures, axis=0, weights=weights if weights.sum() else None), support)


def _over_images(counted: Tally, scoring: Scoring) -> Average:
    """Return the mean of the figures that each image has over its own labels."""
    tp, fp, fn, n_images = counted.by_image.T
    support = int((n_images * (tp + fn)).sum())
    if not n_images.size:
        return _average([UNDEFINED] * 4, support)
    figures = np.array([*precision_recall_f1(tp, fp, fn), f_beta(tp, fp, fn, scoring.beta)])
    return _average(np.average(np.nan_to_num(scoring.settle(figures), nan=0.0), axis=1, weights=n_images), support)


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
