import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from worker.ml.callbacks import Cancelled, Monitor, Progress
from worker.ml.head import STRENGTHS, Head, _axes, _fit, _rooted, _sigmoid, fit_head

RNG = np.random.default_rng(3)


def learnable(count: int, dimensions: int, labels: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    features = np.square(rng.standard_normal((count, dimensions))).astype(np.float32)
    return features, (np.sqrt(features[:, :labels]) > 0.8).astype(np.int8)


@pytest.mark.parametrize(("count", "dimensions"), [(60, 200), (300, 40)])
@pytest.mark.parametrize("strength", [STRENGTHS[0], STRENGTHS[-1]])
def test_probabilities_are_those_of_scikit_learn(count: int, dimensions: int, strength: float) -> None:
    features, truth = learnable(count, dimensions)
    truth[::7, 1] = -1
    axes = _axes(_rooted(features))
    weights, bias, constant = _fit(axes, truth, np.ones(count, dtype=np.bool_), (strength,))
    predicted = axes.head(weights, bias, constant).predict(features)
    rooted = np.sqrt(features.astype(np.float64))
    scaled = (rooted - rooted.mean(axis=0)) / np.sqrt(np.square(rooted - rooted.mean(axis=0)).sum(axis=1).mean())
    for label in range(3):
        known = truth[:, label] >= 0
        exact = LogisticRegression(C=strength, tol=1e-8, max_iter=10_000).fit(scaled[known], truth[known, label])
        apart = np.abs(exact.predict_proba(scaled)[:, 1] - predicted[:, label])
        # The solver stops once a step moves the fitted rows by a hundredth of a logit; rows that it did not see, and
        # random features that hardly determine them, are the farthest from their end.
        assert apart[known].max() < 1e-3
        assert apart.max() < 1e-2


def test_an_unknown_answer_counts_for_nothing() -> None:
    features, truth = learnable(80, 20)
    truth[40:, 0] = -1
    full = fit_head(features, truth[:, :1])
    half = fit_head(features[:40], truth[:40, :1])
    both = [fit.head.predict(features)[:, 0].astype(np.float64) for fit in (full, half)]
    assert np.corrcoef(both[0], both[1])[0, 1] > 0.9
    axes = _axes(_rooted(features))
    everyone, first = np.ones(80, dtype=np.bool_), np.arange(80) < 40
    with_unknown = _fit(axes, truth, everyone, (3.0,))
    without = _fit(axes, truth, first, (3.0,))
    exact = [_sigmoid(axes.rows @ weights + bias)[:, 0] for weights, bias, _ in (with_unknown, without)]
    assert np.abs(exact[0] - exact[1]).max() < 1e-2


def test_random_labels_cannot_be_predicted_out_of_fold() -> None:
    features = RNG.random((200, 300), dtype=np.float32)
    truth = (RNG.random((200, 2)) < 0.3).astype(np.int8)
    fit = fit_head(features, truth)
    assert fit.is_out_of_fold
    for label in range(2):
        # With 60 of 200 present, chance is 0.3 and its spread about 0.04.
        assert average_precision_score(truth[:, label], fit.out_of_fold[:, label]) < 0.45


def test_a_near_duplicate_cannot_leak_through_its_group() -> None:
    features = RNG.random((100, 300), dtype=np.float32)
    truth = (RNG.random((100, 1)) < 0.4).astype(np.int8)
    twice, answers, groups = np.vstack([features, features]), np.vstack([truth, truth]), [*range(100), *range(100)]
    leaked = fit_head(twice, answers).out_of_fold
    kept = fit_head(twice, answers, groups).out_of_fold
    assert average_precision_score(answers[:, 0], leaked[:, 0]) > 0.85
    assert average_precision_score(answers[:, 0], kept[:, 0]) < 0.6


def test_learnable_labels_are_learned_out_of_fold() -> None:
    features, truth = learnable(300, 20)
    fit = fit_head(features, truth)
    assert average_precision_score(truth, fit.out_of_fold, average="macro") > 0.95
    assert fit.loss is not None
    assert 0 < fit.loss < 0.5
    assert fit.strength in STRENGTHS


def test_a_label_with_one_side_gets_one_probability_and_a_flag() -> None:
    features, truth = learnable(40, 10)
    truth = np.hstack([truth, np.zeros((40, 1)), np.ones((40, 1)), np.full((40, 1), -1)]).astype(np.int8)
    fit = fit_head(features, truth)
    assert fit.head.constant.tolist() == [False, False, False, True, True, True]
    predicted = fit.head.predict(RNG.random((5, 10), dtype=np.float32))[:, 3:]
    assert (predicted == predicted[0]).all()
    never, always, unanswered = predicted[0]
    assert never < 0.05
    assert always > 0.95
    # What nobody was asked about is not suggested.
    assert 0.2 < unanswered < 0.5
    assert np.isfinite(fit.out_of_fold).all()


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_handful_of_images_never_fails(count: int) -> None:
    features, truth = learnable(count, 10, seed=count)
    fit = fit_head(features, truth)
    assert fit.out_of_fold.shape == (count, 3)
    assert ((fit.out_of_fold >= 0) & (fit.out_of_fold <= 1)).all()
    assert fit.is_out_of_fold == (count > 1)


def test_identical_images_never_fail() -> None:
    fit = fit_head(np.ones((6, 4), dtype=np.float32), np.array([[1], [0], [1], [0], [1], [0]]))
    assert ((fit.out_of_fold > 0) & (fit.out_of_fold < 1)).all()
    assert np.allclose(fit.head.predict(np.ones((1, 4), dtype=np.float32)), 0.5, atol=1e-3)


def test_one_group_holds_nothing_out_and_says_so() -> None:
    features, truth = learnable(10, 4)
    fit = fit_head(features, truth, ["the same source"] * 10)
    assert not fit.is_out_of_fold
    assert fit.loss is None


def test_the_same_data_gives_the_same_head() -> None:
    features, truth = learnable(50, 30)
    first, second = fit_head(features, truth, seed=1), fit_head(features, truth, seed=1)
    assert (first.head.weights == second.head.weights).all()
    assert (first.out_of_fold == second.out_of_fold).all()


def test_empty_or_uneven_data_is_refused() -> None:
    with pytest.raises(ValueError, match="same length"):
        fit_head(np.zeros((0, 4), dtype=np.float32), np.zeros((0, 1)))
    with pytest.raises(ValueError, match="same length"):
        fit_head(np.zeros((3, 4), dtype=np.float32), np.zeros((2, 1)))


def test_a_long_fit_reports_and_can_be_stopped() -> None:
    features, truth = learnable(60, 20)
    seen: list[Progress] = []
    fit_head(features, truth, monitor=Monitor(seen.append))
    assert [report.done for report in seen] == list(range(1, 11))
    assert {report.total for report in seen} == {10}
    with pytest.raises(Cancelled):
        fit_head(features, truth, monitor=Monitor(should_cancel=lambda: True))


def test_extreme_features_do_not_overflow() -> None:
    head = Head(np.full((2, 1), 1e6, dtype=np.float32), np.zeros(1, dtype=np.float32), np.zeros(1, dtype=np.bool_))
    assert head.predict(np.array([[1e4, 0], [-1e4, 0]], dtype=np.float32)).tolist() == [[1.0], [0.0]]
