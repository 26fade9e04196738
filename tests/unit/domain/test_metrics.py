import json
import math
import warnings
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    classification_report,
    fbeta_score,
    hamming_loss,
    multilabel_confusion_matrix,
)

from app.domain.intervals import wilson
from app.domain.matrices import predict
from app.domain.metrics import Average, Evaluation, evaluate, evaluate_predictions, evaluate_tally, rank
from app.domain.scores import Scoring
from app.domain.tallies import Tally, tally
from tests.unit.domain.strategies import Matrix, cases, noisy, reproducible

AVERAGES = ("micro", "macro", "weighted", "samples")


def shares(average: Average) -> tuple[float, float, float]:
    return average.precision, average.recall, average.f1


def average_of(evaluation: Evaluation, name: str) -> Average:
    average = getattr(evaluation, name)
    assert isinstance(average, Average)
    return average


def zero_if_undefined(value: float) -> float:
    return 0.0 if math.isnan(value) else value


@reproducible
@given(cases(unknown=False))
def test_every_figure_equals_scikit_learns_where_nothing_is_unknown(case: tuple[Matrix, Matrix, Matrix]) -> None:
    truth, probabilities, thresholds = case
    predicted = (probabilities >= thresholds).astype(int)
    report = classification_report(truth, predicted, output_dict=True, zero_division=0)

    ours = evaluate(truth, probabilities, thresholds)

    for column, label in enumerate(ours.labels):
        theirs = report[str(column)]
        assert [zero_if_undefined(value) for value in (label.precision, label.recall, label.f1)] == pytest.approx(
            [theirs["precision"], theirs["recall"], theirs["f1-score"]], abs=1e-9
        )
        assert label.support == theirs["support"]
    for name in AVERAGES:
        theirs = report[f"{name} avg"]
        average = average_of(ours, name)
        expected = (theirs["precision"], theirs["recall"], theirs["f1-score"])
        assert shares(average) == pytest.approx(expected, abs=1e-9), name
        assert average.support == theirs["support"]
    tables = [[[label.tn, label.fp], [label.fn, label.tp]] for label in ours.labels]
    assert tables == multilabel_confusion_matrix(truth, predicted).tolist()
    assert ours.subset_accuracy == pytest.approx(accuracy_score(truth, predicted), abs=1e-9)
    assert ours.hamming_loss == pytest.approx(hamming_loss(truth, predicted), abs=1e-9)
    assert ours.accuracy_multi == pytest.approx((truth == predicted).mean(), abs=1e-9)


@reproducible
@given(cases(unknown=False), st.sampled_from([0.5, 1.0, 2.0, 3.7]), st.booleans())
def test_f_beta_and_what_0_over_0_counts_as_are_scikit_learns(
    case: tuple[Matrix, Matrix, Matrix], beta: float, undefined_as_one: bool
) -> None:
    truth, probabilities, thresholds = case
    predicted = (probabilities >= thresholds).astype(int)
    division = {"zero_division": int(undefined_as_one)}
    report = classification_report(truth, predicted, output_dict=True, **division)

    ours = evaluate(truth, probabilities, thresholds, Scoring(beta, undefined_as_one))

    expected = fbeta_score(truth, predicted, beta=beta, average=None, **division)
    assert [zero_if_undefined(label.f_beta) for label in ours.labels] == pytest.approx(expected, abs=1e-9)
    for column, label in enumerate(ours.labels):
        theirs = report[str(column)]
        assert [zero_if_undefined(value) for value in (label.precision, label.recall, label.f1)] == pytest.approx(
            [theirs["precision"], theirs["recall"], theirs["f1-score"]], abs=1e-9
        )
    for name in AVERAGES:
        theirs, average = report[f"{name} avg"], average_of(ours, name)
        assert shares(average) == pytest.approx(
            (theirs["precision"], theirs["recall"], theirs["f1-score"]), abs=1e-9
        ), name
        expected = fbeta_score(truth, predicted, beta=beta, average=name, **division)
        assert average.f_beta == pytest.approx(expected, abs=1e-9), name


@pytest.mark.parametrize("beta", [0.0, -1.0, math.nan, math.inf])
def test_a_beta_that_weighs_nothing_is_refused(beta: float) -> None:
    with pytest.raises(ValueError, match="beta"):
        Scoring(beta)


def test_of_a_label_nobody_answered_for_nothing_is_said_whatever_0_over_0_counts_as() -> None:
    ours = evaluate(np.array([[1, -1]]), np.array([[0.9, 0.9]]), scoring=Scoring(undefined_as_one=True))

    assert math.isnan(ours.labels[1].precision)
    assert ours.macro.precision == 1.0


@reproducible
@given(cases(unknown=True))
def test_counts_kept_as_json_give_the_same_figures(case: tuple[Matrix, Matrix, Matrix]) -> None:
    truth, probabilities, thresholds = case
    counted = tally(truth, predict(probabilities, thresholds))
    kept = Tally.from_dict(json.loads(json.dumps(counted.to_dict())))

    ours = evaluate_tally(kept, rank(truth, probabilities), thresholds)

    assert ours.to_dict() == evaluate(truth, probabilities, thresholds).to_dict()
    assert int(kept.by_image[:, 3].sum()) == int((truth >= 0).any(axis=1).sum())


@reproducible
@given(cases(unknown=False))
def test_average_precision_equals_scikit_learns_where_nothing_is_unknown(case: tuple[Matrix, Matrix, Matrix]) -> None:
    truth, probabilities, thresholds = case
    with warnings.catch_warnings():
        # It warns of labels without a positive image, and gives 0 for them.
        warnings.simplefilter("ignore", UserWarning)
        expected = average_precision_score(truth, probabilities, average=None)
        expected_mean = average_precision_score(truth, probabilities, average="macro")

    ours = evaluate(truth, probabilities, thresholds)

    assert [zero_if_undefined(label.average_precision) for label in ours.labels] == pytest.approx(expected, abs=1e-9)
    assert ours.mean_average_precision == pytest.approx(expected_mean, abs=1e-9)


def f1_of(pairs: Iterable[tuple[int, int]]) -> tuple[float, float, float]:
    """Count (truth, prediction) pairs one by one, 0/0 = 0."""
    known = [pair for pair in pairs if pair[0] >= 0]
    tp = known.count((1, 1))
    fp = known.count((0, 1))
    fn = known.count((1, 0))
    return (
        tp / (tp + fp) if tp + fp else 0.0,
        tp / (tp + fn) if tp + fn else 0.0,
        2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0,
    )


def mean(rows: list[tuple[float, ...]], weights: list[int] | None = None) -> tuple[float, ...]:
    if not rows:
        return (math.nan,) * 3
    return tuple(np.average(rows, axis=0, weights=weights if weights and sum(weights) else None))


@reproducible
@given(cases(unknown=True))
def test_with_unknown_cells_every_average_is_the_documented_one(case: tuple[Matrix, Matrix, Matrix]) -> None:
    truth, probabilities, thresholds = case
    predicted = (probabilities >= thresholds).astype(int)
    cells = [list(zip(t, p, strict=True)) for t, p in zip(truth.tolist(), predicted.tolist(), strict=True)]
    by_label = [column for column in zip(*cells, strict=True) if any(t >= 0 for t, _ in column)]
    by_image = [row for row in cells if any(t >= 0 for t, _ in row)]
    supports = [sum(t == 1 for t, _ in column) for column in by_label]
    known = [(t, p) for row in cells for t, p in row if t >= 0]

    ours = evaluate(truth, probabilities, thresholds)

    def same(average: Average, expected: tuple[float, ...]) -> bool:
        return shares(average) == pytest.approx(expected, abs=1e-9, nan_ok=True)

    assert same(ours.micro, f1_of(known) if known else mean([]))
    assert same(ours.macro, mean([f1_of(column) for column in by_label]))
    assert same(ours.weighted, mean([f1_of(column) for column in by_label], supports))
    assert same(ours.samples, mean([f1_of(row) for row in by_image]))
    assert {average_of(ours, name).support for name in AVERAGES} == {sum(supports)}
    assert ours.n_known == len(known)
    if known:
        whole = [all(t in {-1, p} for t, p in row) for row in by_image]
        assert ours.subset_accuracy == pytest.approx(np.mean(whole), abs=1e-12)
        assert ours.hamming_loss == pytest.approx(np.mean([t != p for t, p in known]), abs=1e-12)
        assert ours.accuracy_multi + ours.hamming_loss == pytest.approx(1, abs=1e-12)


@reproducible
@given(cases(unknown=True))
def test_a_label_is_judged_as_if_its_unknown_rows_were_not_there(case: tuple[Matrix, Matrix, Matrix]) -> None:
    truth, probabilities, thresholds = case
    ours = evaluate(truth, probabilities, thresholds)

    for column, label in enumerate(ours.labels):
        rows = truth[:, column] >= 0
        alone = evaluate(truth[rows][:, [column]], probabilities[rows][:, [column]], thresholds[[column]])
        assert label.to_dict() == alone.labels[0].to_dict()


def test_an_example_counted_by_hand() -> None:
    truth = np.array([[1, 0], [1, -1], [0, 1], [0, 0]])
    probabilities = np.array([[0.9, 0.8], [0.2, 0.9], [0.6, 0.7], [0.1, 0.1]])

    result = evaluate(truth, probabilities, [0.5, 0.5])

    first, second = result.labels
    assert (first.tp, first.fp, first.fn, first.tn) == (1, 1, 1, 1)
    assert (first.precision, first.recall, first.f1) == (0.5, 0.5, 0.5)
    # Ranked 1 0 1 0: half of the recall at precision 1, half at 2/3.
    assert first.average_precision == pytest.approx(5 / 6)
    assert first.roc_auc == 0.75
    assert first.precision_interval == wilson(1, 2)
    assert (second.support, second.n_known) == (1, 3)
    assert (second.precision, second.recall) == (0.5, 1.0)
    assert second.average_precision == 0.5
    assert result.micro.precision == 2 / 4
    assert result.micro.recall == 2 / 3
    assert result.macro.f1 == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert result.weighted.f1 == pytest.approx((2 * 1 / 2 + 1 * 2 / 3) / 3)
    # Image by image: 2/3 (one of two added is wrong), 0, 2/3, and 0 for the one with nothing true or predicted.
    assert result.samples.f1 == pytest.approx((2 / 3 + 0 + 2 / 3 + 0) / 4)
    assert result.subset_accuracy == 1 / 4
    assert result.hamming_loss == pytest.approx(3 / 7)
    assert result.mean_average_precision == pytest.approx((5 / 6 + 1 / 2) / 2)


def test_an_undefined_figure_is_none_in_json_and_0_in_averages() -> None:
    result = evaluate([[0, 1], [0, 0]], [[0.1, 0.9], [0.2, 0.1]])

    told = json.loads(json.dumps(result.to_dict(), allow_nan=False))

    assert told["labels"][0]["precision"] is None
    assert told["labels"][0]["f1"] is None
    assert told["labels"][0]["average_precision"] is None
    assert told["labels"][0]["precision_interval"] is None
    assert told["labels"][1]["f1"] == 1
    assert len(told["labels"][1]["recall_interval"]) == 2
    assert told["macro"]["f1"] == 0.5
    assert told["mean_average_precision"] == 0.5


def test_f1_is_0_where_something_was_missed_and_nothing_predicted() -> None:
    label = evaluate([[1], [0]], [[0.1], [0.1]]).labels[0]

    assert math.isnan(label.precision)
    assert label.f1 == 0


@pytest.mark.parametrize("truth", [np.full((3, 2), -1), np.zeros((0, 2)), np.zeros((3, 0))])
def test_where_nothing_is_known_every_average_is_undefined(truth: Matrix) -> None:
    told = evaluate(truth, np.full(truth.shape, 0.5)).to_dict()

    assert told["micro"] == {"precision": None, "recall": None, "f1": None, "f_beta": None, "support": 0}
    assert told["macro"] == told["weighted"] == told["samples"] == told["micro"]
    for name in ("subset_accuracy", "hamming_loss", "accuracy_multi", "mean_average_precision"):
        assert told[name] is None
    assert told["n_known"] == 0


def test_a_label_no_one_answered_is_left_out_of_the_macro_average() -> None:
    result = evaluate([[1, -1], [0, -1]], [[0.9, 0.9], [0.1, 0.9]])

    assert result.macro.f1 == 1
    assert result.mean_average_precision == 1


def test_given_predictions_are_measured_like_those_of_thresholds() -> None:
    truth, probabilities = noisy(60, 3, seed=5, unknown=0.2)
    expected = evaluate(truth, probabilities, 0.4).to_dict()

    told = evaluate_predictions(truth, probabilities >= 0.4, probabilities).to_dict()

    for label in (*expected["labels"], *told["labels"]):  # type: ignore[misc]
        label.pop("threshold")
    assert told == expected


def test_predictions_without_probabilities_have_no_ranking() -> None:
    result = evaluate_predictions([[1], [0]], [[1], [0]])

    assert result.labels[0].f1 == 1
    assert math.isnan(result.labels[0].average_precision)
    assert math.isnan(result.mean_average_precision)
    assert result.labels[0].threshold is None


def test_shapes_that_disagree_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        evaluate([[1, 0]], [[0.5]])
