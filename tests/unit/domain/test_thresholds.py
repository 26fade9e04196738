import json
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import fbeta_score, precision_recall_curve

from app.domain.matrices import predict
from app.domain.metrics import evaluate, evaluate_predictions
from app.domain.thresholds import (
    F1,
    FOLDS,
    Objective,
    ObjectiveKind,
    Outcome,
    _cross_fit_label,
    _deal,
    cross_fitted,
    tune,
)
from tests.unit.domain.strategies import Matrix, cases, noisy, reproducible

RECALL_FIRST = ObjectiveKind.RECALL_AT_PRECISION
PRECISION_FIRST = ObjectiveKind.PRECISION_AT_RECALL
objectives = st.one_of(
    st.builds(Objective, st.just(ObjectiveKind.F_BETA), st.sampled_from([0.5, 1.0, 2.0])),
    st.builds(Objective, st.sampled_from([RECALL_FIRST, PRECISION_FIRST]), st.sampled_from([0.1, 0.5, 0.8, 1.0])),
)
some_cases = cases(unknown=True, max_rows=20, max_labels=3)


def column(*values: float) -> Matrix:
    return np.array(values).reshape(-1, 1)


def tune_one(truth: Matrix, probabilities: Matrix, objective: Objective = F1) -> tuple[float, Outcome]:
    (tuned,) = tune(truth, probabilities, objective)
    return tuned.threshold, tuned.outcome


def achievable(truth: Matrix, probabilities: Matrix) -> tuple[Matrix, Matrix]:
    """Return precision and recall at every threshold that predicts anything, by scikit-learn."""
    precision, recall, _limits = precision_recall_curve(truth, probabilities)
    return precision[:-1], recall[:-1]


def test_the_threshold_lies_midway_between_the_two_sides_it_separates() -> None:
    assert tune_one(column(1, 1, 0, 0), column(0.9, 0.7, 0.3, 0.1)) == (0.5, Outcome.TUNED)
    assert tune_one(column(1, 1, 0, 0), column(0.25, 0.2, 0.1, 0.0))[0] == pytest.approx(0.15)


def test_predicting_everywhere_is_possible() -> None:
    # The positive image has the lowest probability: F1 is best, 2/3, when both are predicted.
    assert tune_one(column(1, 0), column(0.4, 0.6)) == (0.2, Outcome.TUNED)


def test_among_equally_good_thresholds_the_one_nearest_to_one_half_wins() -> None:
    # Cut after the first (precision 1, recall 1/2) or after the fourth (1/2, 1): F1 is 2/3 both times.
    truth = column(1, 0, 0, 1, 0)
    assert tune_one(truth, column(0.95, 0.93, 0.9, 0.3, 0.2))[0] == pytest.approx(0.25)
    assert tune_one(truth, column(0.7, 0.5, 0.2, 0.1, 0.0))[0] == pytest.approx(0.6)


def test_of_two_equally_near_thresholds_the_higher_wins() -> None:
    # Midpoints 0.75 and 0.25 both give F1 2/3.
    assert tune_one(column(1, 0, 0, 1, 0), column(1.0, 0.5, 0.45, 0.375, 0.125))[0] == 0.75


@reproducible
@given(some_cases, st.sampled_from([0.5, 1.0, 2.0]))
def test_no_other_threshold_reaches_a_higher_f_beta(case: tuple[Matrix, Matrix, Matrix], beta: float) -> None:
    truth, probabilities, _ = case
    for tuned in tune(truth, probabilities, Objective(value=beta)):
        rows = truth[:, tuned.label] >= 0
        known, given_ = truth[rows, tuned.label], probabilities[rows, tuned.label]
        if tuned.outcome is not Outcome.TUNED:
            continue
        reached = fbeta_score(known, given_ >= tuned.threshold, beta=beta)
        best = max(fbeta_score(known, given_ >= limit, beta=beta) for limit in np.unique(given_))
        assert reached == pytest.approx(best, abs=1e-9)


@reproducible
@given(some_cases, st.sampled_from([0.1, 0.5, 0.75, 1.0]))
def test_a_floor_is_kept_and_the_other_figure_is_the_highest_possible(
    case: tuple[Matrix, Matrix, Matrix], floor: float
) -> None:
    truth, probabilities, _ = case
    for kind in (RECALL_FIRST, PRECISION_FIRST):
        for tuned in tune(truth, probabilities, Objective(kind, floor)):
            if tuned.outcome.keeps_default:
                continue
            rows = truth[:, tuned.label] >= 0
            precision, recall = achievable(truth[rows, tuned.label], probabilities[rows, tuned.label])
            reached = (tuned.optimistic.precision, tuned.optimistic.recall)
            if kind is PRECISION_FIRST:
                precision, recall, reached = recall, precision, reached[::-1]
            # Named as for the precision floor from here on.
            meets = precision >= floor
            assert (tuned.outcome is Outcome.TUNED) == meets.any()
            if meets.any():
                assert reached[0] >= floor
                assert reached[1] == pytest.approx(recall[meets].max(), abs=1e-9)
            else:
                assert reached[0] == pytest.approx(precision.max(), abs=1e-9)


def test_a_precision_floor_out_of_reach_is_said_and_approached() -> None:
    truth, probabilities = column(0, 1, 0, 1), column(0.9, 0.8, 0.7, 0.2)

    threshold, outcome = tune_one(truth, probabilities, Objective(RECALL_FIRST, 0.9))

    assert outcome is Outcome.FLOOR_NOT_MET
    # Precision is at most 1/2, after two or four images; with four the recall is higher.
    assert threshold == pytest.approx(0.1)


@pytest.mark.parametrize("objective", [Objective(RECALL_FIRST, 0.5), Objective(PRECISION_FIRST, 0.5)])
def test_of_thresholds_that_do_equally_well_above_the_floor_the_one_further_above_it_wins(objective: Objective) -> None:
    # Both images with the label are found at 0.84, 0.5 and 0.1, with ever lower precision.
    threshold, _outcome = tune_one(column(1, 1, 0, 0), column(0.9, 0.88, 0.8, 0.2), objective)

    assert threshold == pytest.approx(0.84)


@pytest.mark.parametrize(
    ("truth", "outcome"),
    [
        ([-1, -1, -1], Outcome.NOTHING_KNOWN),
        ([0, -1, 0], Outcome.NO_POSITIVE),
        ([1, -1, 1], Outcome.NO_NEGATIVE),
    ],
)
def test_a_label_that_cannot_be_tuned_keeps_one_half_and_says_why(truth: list[int], outcome: Outcome) -> None:
    (tuned,) = tune(column(*truth), column(0.2, 0.9, 0.6))

    assert (tuned.threshold, tuned.outcome) == (0.5, outcome)
    assert outcome.keeps_default
    assert tuned.cross_fitted.to_dict() | {"threshold": 0.5} == tuned.optimistic.to_dict()


@pytest.mark.parametrize("objective", [F1, Objective(RECALL_FIRST, 0.5), Objective(PRECISION_FIRST, 0.5)])
@pytest.mark.parametrize("constant", [0.0, 0.3, 0.5, 1.0])
def test_constant_probabilities_leave_predicting_everywhere(objective: Objective, constant: float) -> None:
    (tuned,) = tune(column(1, 0, 1), np.full((3, 1), constant), objective)

    assert tuned.outcome is Outcome.TUNED
    assert tuned.threshold == constant / 2
    assert tuned.optimistic.recall == 1


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (1, 1), (2, 1), (2, 3), (4, 0)])
@pytest.mark.parametrize("value", [-1, 0, 1])
def test_the_smallest_projects_are_no_trouble(shape: tuple[int, int], value: int) -> None:
    truth = np.full(shape, value)
    if truth.size > 1:
        truth.flat[0] = 1 - abs(value)

    tuned = tune(truth, np.full(shape, 0.4))

    assert len(tuned) == shape[1]
    assert cross_fitted(truth, np.full(shape, 0.4)).shape == shape


def test_two_rows_are_judged_at_one_half_by_cross_fitting() -> None:
    # Each fold leaves a single answer to tune on, which can tune nothing.
    assert cross_fitted(column(1, 0), column(0.3, 0.1)).tolist() == [[0], [0]]
    assert cross_fitted(column(1, 0), column(0.6, 0.5)).tolist() == [[1], [1]]


@reproducible
@given(some_cases, objectives, st.integers(0, 5))
def test_thresholds_are_finite_shares_and_the_result_is_repeatable(
    case: tuple[Matrix, Matrix, Matrix], objective: Objective, seed: int
) -> None:
    truth, probabilities, _ = case
    first = [tuned.to_dict() for tuned in tune(truth, probabilities, objective, seed)]

    assert first == [tuned.to_dict() for tuned in tune(truth, probabilities, objective, seed)]
    json.dumps(first, allow_nan=False)
    for number, told in enumerate(first):
        assert told["label"] == number
        assert isinstance(told["threshold"], float)
        assert 0 <= told["threshold"] <= 1


def test_a_threshold_between_neighbouring_numbers_still_separates_them() -> None:
    low = 0.7
    high = float(np.nextafter(low, 1))
    truth, probabilities = column(1, 0), column(high, low)

    (tuned,) = tune(truth, probabilities)

    assert predict(probabilities, tuned.threshold).tolist() == [[1], [0]]


@reproducible
@given(some_cases, objectives, st.integers(0, 3), st.integers(2, 5))
def test_a_row_is_judged_by_a_threshold_its_own_answer_did_not_tune(
    case: tuple[Matrix, Matrix, Matrix], objective: Objective, seed: int, folds: int
) -> None:
    truth, probabilities = case[0][:, 0], case[1][:, 0]
    fold = _deal(truth, folds, np.random.default_rng(seed))
    before = _cross_fit_label(truth, probabilities, fold, objective)

    for held in range(folds):
        rows = fold == held
        turned = np.where(rows, 1 - truth, truth).astype(np.int8)
        after = _cross_fit_label(turned, probabilities, fold, objective)
        assert (after[rows] == before[rows]).all()


@reproducible
@given(some_cases, st.integers(0, 3), st.integers(2, 12))
def test_folds_share_out_positives_and_negatives_evenly(
    case: tuple[Matrix, Matrix, Matrix], seed: int, folds: int
) -> None:
    truth = case[0][:, 0]
    fold = _deal(truth, folds, np.random.default_rng(seed))

    assert ((fold == -1) == (truth == -1)).all()
    for value in (0, 1):
        sizes = np.bincount(fold[truth == value], minlength=folds)
        assert sizes.max() - sizes.min() <= 1
    sizes = np.bincount(fold[truth >= 0], minlength=folds)
    assert sizes.max() - sizes.min() <= 1


def test_cross_fitting_equals_tuning_by_hand_on_the_other_folds() -> None:
    truth, probabilities = noisy(90, 2, seed=4, unknown=0.1)
    predictions = cross_fitted(truth, probabilities, seed=9, folds=3)

    for label in range(2):
        fold = _deal(truth[:, label], 3, np.random.default_rng([9, label]))
        for held in (-1, 0, 1, 2):
            others = (fold != held)[:, None]
            threshold = tune_one(truth[:, [label]][others[:, 0]], probabilities[:, [label]][others[:, 0]])[0]
            rows = fold == held
            assert (predictions[rows, label] == (probabilities[rows, label] >= threshold)).all()


def test_the_shown_figures_are_those_of_the_cross_fitted_predictions() -> None:
    truth, probabilities = noisy(120, 3, seed=1, unknown=0.2)
    tuned = tune(truth, probabilities, seed=2)

    honest = evaluate_predictions(truth, cross_fitted(truth, probabilities, seed=2), probabilities)
    flattering = evaluate(truth, probabilities, [label.threshold for label in tuned])

    assert [label.cross_fitted for label in tuned] == list(honest.labels)
    assert [label.optimistic for label in tuned] == list(flattering.labels)


def test_cross_fitted_figures_are_nearer_to_those_of_new_images() -> None:
    # Labels the model knows little of, few images: tuned on such answers, a threshold flatters itself.
    optimistic, honest, fresh = [], [], []
    for seed in range(40):
        truth, probabilities = noisy(40, 3, seed=seed, shift=0.1, share=0.2)
        new_truth, new_probabilities = noisy(4000, 3, seed=1000 + seed, shift=0.1, share=0.2)
        tuned = tune(truth, probabilities, seed=seed)
        optimistic.append(np.mean([label.optimistic.f1 for label in tuned]))
        honest.append(np.mean([label.cross_fitted.f1 for label in tuned]))
        fresh.append(evaluate(new_truth, new_probabilities, [label.threshold for label in tuned]).macro.f1)

    assert np.mean(optimistic) - np.mean(fresh) > 0.05
    assert abs(np.mean(honest) - np.mean(fresh)) < 0.03


def test_the_threshold_of_one_label_does_not_depend_on_the_others() -> None:
    truth, probabilities = noisy(80, 4, seed=3, unknown=0.1)
    together = tune(truth, probabilities)
    first = tune(truth[:, :1], probabilities[:, :1])

    assert first[0].to_dict() == together[0].to_dict()


def test_some_labels_are_cross_fitted_as_among_all() -> None:
    truth, probabilities = noisy(80, 4, seed=3, unknown=0.1)
    together = cross_fitted(truth, probabilities, seed=5)
    some = cross_fitted(truth[:, [3, 1]], probabilities[:, [3, 1]], seed=5, columns=[3, 1])

    assert (some == together[:, [3, 1]]).all()


@pytest.mark.parametrize(
    ("kind", "value"),
    [*((ObjectiveKind.F_BETA, beta) for beta in (0.0, np.nan, np.inf)), (RECALL_FIRST, 1.01), (PRECISION_FIRST, -0.1)],
)
def test_objectives_that_mean_nothing_are_refused(kind: ObjectiveKind, value: float) -> None:
    with pytest.raises(ValueError, match=r"floor|beta"):
        Objective(kind, value)


def test_cross_fitting_in_one_fold_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 2 folds"):
        cross_fitted([[1]], [[0.5]], folds=1)


def test_ten_thousand_images_with_sixty_labels_take_less_than_two_seconds() -> None:
    truth, probabilities = noisy(10_000, 60, seed=0, unknown=0.1)
    started = time.process_time()

    tune(truth, probabilities, folds=FOLDS)

    assert time.process_time() - started < 2
