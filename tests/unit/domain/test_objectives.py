"""What thresholds are tuned for: no other threshold serves the objective better."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, fbeta_score

from app.domain.objectives import F1, Objective, ObjectiveKind
from app.domain.thresholds import Outcome, TunedThreshold, cross_fitted, tune
from tests.unit.domain.strategies import Matrix, cases, noisy, reproducible

COST, PREVALENCE = ObjectiveKind.COST, ObjectiveKind.PREVALENCE
some_cases = cases(unknown=True, max_rows=20, max_labels=3)


def column(*values: float) -> Matrix:
    return np.array(values).reshape(-1, 1)


def tune_one(truth: Matrix, probabilities: Matrix, objective: Objective) -> tuple[float, Outcome]:
    (tuned,) = tune(truth, probabilities, objective)
    return tuned.threshold, tuned.outcome


def known(case: tuple[Matrix, Matrix, Matrix], tuned: TunedThreshold) -> tuple[Matrix, Matrix]:
    rows = case[0][:, tuned.label] >= 0
    return case[0][rows, tuned.label], case[1][rows, tuned.label]


def every_threshold(probabilities: Matrix) -> Matrix:
    """Return a threshold for each different set of predictions that thresholds from 0 to 1 can make."""
    return np.unique([*probabilities, 1.0])


def cost(truth: Matrix, predicted: Matrix, miss: float) -> float:
    _tn, fp, fn, _tp = confusion_matrix(truth, predicted, labels=[0, 1]).ravel()
    return miss * fn + fp


@reproducible
@given(some_cases, st.sampled_from([0.05, 0.5, 1.0, 3.0, 50.0]))
def test_no_other_threshold_costs_less(case: tuple[Matrix, Matrix, Matrix], miss: float) -> None:
    for tuned in tune(case[0], case[1], Objective(COST, miss)):
        if tuned.outcome.keeps_default:
            continue
        truth, said = known(case, tuned)
        best = min(cost(truth, said >= limit, miss) for limit in every_threshold(said))
        assert cost(truth, said >= tuned.threshold, miss) == pytest.approx(best, abs=1e-9)


@reproducible
@given(some_cases, st.sampled_from([0.0, 0.1, 1 / 3, 0.5, 0.9, 1.0]))
def test_no_other_threshold_comes_nearer_to_the_share(case: tuple[Matrix, Matrix, Matrix], share: float) -> None:
    for tuned in tune(case[0], case[1], Objective(PREVALENCE, share)):
        truth, said = known(case, tuned)
        if not truth.size:
            assert tuned.outcome is Outcome.NOTHING_KNOWN
            continue
        best = min(abs(np.mean(said >= limit) - share) for limit in every_threshold(said))
        assert abs(np.mean(said >= tuned.threshold) - share) == pytest.approx(best, abs=1e-9)
        assert tuned.outcome is Outcome.TUNED


@reproducible
@given(some_cases, st.sampled_from([0.5, 1.0, 2.0]), st.sampled_from([0.3, 1.0, 4.0]))
def test_labels_may_have_objectives_of_their_own(case: tuple[Matrix, Matrix, Matrix], beta: float, miss: float) -> None:
    own = [Objective(value=beta) if place % 2 else Objective(COST, miss) for place in range(case[0].shape[1])]
    together = [tuned.threshold for tuned in tune(case[0], case[1], own)]
    apart = [tune(case[0], case[1], objective)[place].threshold for place, objective in enumerate(own)]
    assert together == apart
    predicted = cross_fitted(case[0], case[1], own)
    for place, objective in enumerate(own):
        assert (predicted[:, place] == cross_fitted(case[0], case[1], objective)[:, place]).all()


def test_a_miss_that_costs_little_is_left_a_miss() -> None:
    # Finding the image costs two false alarms: worth it for a miss that costs three, not for one that costs one.
    truth, said = column(0, 0, 1), column(0.9, 0.8, 0.7)
    assert tune_one(truth, said, Objective(COST, 3.0)) == (0.35, Outcome.TUNED)
    assert tune_one(truth, said, Objective(COST, 1.0))[0] == pytest.approx(0.95)


def test_where_the_highest_probability_is_1_something_is_always_predicted() -> None:
    # Nowhere would cost a tenth of a false alarm; both images, the least that is possible, cost one.
    assert tune_one(column(0, 1), column(1.0, 0.4), Objective(COST, 0.1))[0] == pytest.approx(0.2)
    just_below = float(np.nextafter(1, 0))
    assert tune_one(column(0, 1), column(just_below, 0.4), Objective(COST, 0.1))[0] == 1.0


@pytest.mark.parametrize("truth", [[0, 0, 0, 0], [1, 1, 1, 1], [1, 0, 0, 1]])
def test_a_share_needs_no_images_of_both_kinds(truth: list[int]) -> None:
    assert tune_one(column(*truth), column(0.9, 0.7, 0.3, 0.1), Objective(PREVALENCE, 0.5)) == (0.5, Outcome.TUNED)


def test_ties_go_to_the_threshold_nearest_one_half_and_then_to_the_higher() -> None:
    # One or two of four predicted are equally far from three eighths: 0.75 and 0.25 are equally near 0.5.
    said = column(1.0, 0.5, 0.0, 0.0)
    assert tune_one(column(1, 0, 0, 0), said, Objective(PREVALENCE, 0.375))[0] == 0.75


def test_a_cost_ratio_of_one_is_the_fewest_errors() -> None:
    truth, said = noisy(200, 1, seed=5)
    (tuned,) = tune(truth, said, Objective(COST, 1.0))
    errors = [(truth[:, 0] != (said[:, 0] >= limit)).sum() for limit in every_threshold(said[:, 0])]
    assert tuned.optimistic.fp + tuned.optimistic.fn == min(errors)


def test_f_beta_prefers_recall_the_higher_beta_is() -> None:
    truth, said = noisy(300, 1, seed=2, shift=0.15)
    limits = [tune(truth, said, Objective(value=beta))[0].threshold for beta in (0.5, 1, 2)]
    assert limits == sorted(limits, reverse=True)
    for beta, limit in zip((0.5, 1, 2), limits, strict=True):
        reached = fbeta_score(truth[:, 0], said[:, 0] >= limit, beta=beta)
        assert reached == pytest.approx(max(fbeta_score(truth[:, 0], said[:, 0] >= x, beta=beta) for x in said[:, 0]))


@pytest.mark.parametrize(
    ("kind", "value"), [(COST, 0.0), (COST, -1.0), (COST, np.inf), (PREVALENCE, -0.1), (PREVALENCE, 1.1)]
)
def test_costs_and_shares_that_mean_nothing_are_refused(kind: ObjectiveKind, value: float) -> None:
    with pytest.raises(ValueError, match=r"must be greater|at most 1"):
        Objective(kind, value)


def test_as_many_objectives_as_labels_are_needed() -> None:
    with pytest.raises(ValueError, match="2 labels but 1 objectives"):
        tune([[1, 0]], [[0.5, 0.5]], [F1])
