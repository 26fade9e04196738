import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from app.domain.statuses import Labelling
from worker.ml import head as head_module
from worker.ml.axes import principal_axes, rooted, sigmoid
from worker.ml.callbacks import Cancelled, Monitor, Progress
from worker.ml.head import STRENGTHS, Head, HeadConfig, fit_head
from worker.ml.linear_head import predict_rows, solve_heads, solve_path
from worker.ml.targets import targets_of, without

RNG = np.random.default_rng(3)
OVERLAPPING, EXCLUSIVE = Labelling.OVERLAPPING, Labelling.EXCLUSIVE


def learnable(count: int, dimensions: int, labels: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    features = np.square(rng.standard_normal((count, dimensions))).astype(np.float32)
    return features, (np.sqrt(features[:, :labels]) > 0.8).astype(np.int8)


def in_scale(features: np.ndarray) -> np.ndarray:
    """Return the roots of features as a head sees them: centred, with a mean square length of one."""
    roots = np.sqrt(features.astype(np.float64))
    centred = roots - roots.mean(axis=0)
    return centred / np.sqrt(np.square(centred).sum(axis=1).mean())


def kinds(count: int, labels: int = 3, dimensions: int = 30, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw features and, of each image, the one label that they speak for."""
    features = np.square(np.random.default_rng(seed).standard_normal((count, dimensions))).astype(np.float32)
    return features, np.eye(labels, dtype=np.int8)[features[:, :labels].argmax(axis=1)]


@pytest.mark.parametrize(("count", "dimensions"), [(60, 200), (300, 40)])
@pytest.mark.parametrize("strength", [STRENGTHS[0], STRENGTHS[-1]])
def test_probabilities_are_those_of_scikit_learn(count: int, dimensions: int, strength: float) -> None:
    features, truth = learnable(count, dimensions)
    truth[::7, 1] = -1
    axes = principal_axes(rooted(features))
    solved = solve_path(axes.rows, axes.spectrum, targets_of(truth, Labelling.OVERLAPPING), (strength,), OVERLAPPING)
    predicted = Head(*axes.plain(*solved), np.zeros(3, dtype=np.bool_)).predict(features)
    scaled = in_scale(features)
    for label in range(3):
        known = truth[:, label] >= 0
        exact = LogisticRegression(C=strength, tol=1e-8, max_iter=10_000).fit(scaled[known], truth[known, label])
        apart = np.abs(exact.predict_proba(scaled)[:, 1] - predicted[:, label])
        # The solver stops once a step moves the fitted rows by a hundredth of a logit; rows that it did not see, and
        # random features that hardly determine them, are the farthest from their end.
        assert apart[known].max() < 1e-3
        assert apart.max() < 1e-2


@pytest.mark.parametrize("labelling", [OVERLAPPING, EXCLUSIVE])
def test_heads_side_by_side_are_those_fitted_one_by_one(labelling: Labelling) -> None:
    features, truth = kinds(240, labels=4)
    axes, chance = principal_axes(rooted(features)), np.random.default_rng(1)
    held = [chance.random(240) < share for share in (0.0, 0.2, 0.5)]
    # One of the heads sees nothing of a label.
    held.append((truth[:, 3] == 1) | held[1])
    wanted = [targets_of(without(truth, out), labelling) for out in held]
    strengths = (1.0, 100.0)
    together = solve_heads(axes.rows, axes.spectrum, wanted, strengths, labelling)
    for targets, found in zip(wanted, together, strict=True):
        alone = solve_path(axes.rows, axes.spectrum, targets, strengths, labelling)
        said = [predict_rows(axes, *head, 4, labelling) for head in (found, alone)]
        assert said[0].shape == (240, 8)
        assert np.abs(said[0] - said[1]).max() < 2e-3


def test_folds_that_do_not_fit_beside_each_other_are_fitted_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    features, truth = learnable(60, 20)
    whole = fit_head(features, truth)
    monkeypatch.setattr(head_module, "_CELLS_AT_ONCE", 2 * truth.size)
    parts = fit_head(features, truth)
    assert parts.strength == whole.strength
    assert np.abs(parts.out_of_fold - whole.out_of_fold).max() < 1e-2


def test_an_unknown_answer_counts_for_nothing() -> None:
    features, truth = learnable(80, 20)
    truth[40:, 0] = -1
    full = fit_head(features, truth[:, :1])
    half = fit_head(features[:40], truth[:40, :1])
    both = [fit.head.predict(features)[:, 0].astype(np.float64) for fit in (full, half)]
    assert np.corrcoef(both[0], both[1])[0, 1] > 0.9
    axes = principal_axes(rooted(features))
    exact = []
    for count in (80, 40):
        targets = targets_of(truth[:count], OVERLAPPING)
        weights, bias = solve_path(axes.rows[:count], axes.spectrum, targets, (3.0,), OVERLAPPING)
        exact.append(sigmoid(axes.rows @ weights + bias)[:, 0])
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
    # Five folds to choose the strength by, then five again and the head itself.
    assert [(report.done, report.total) for report in seen] == [(5, 11), (11, 11)]
    with pytest.raises(Cancelled):
        fit_head(features, truth, monitor=Monitor(should_cancel=lambda: True))


def test_extreme_features_do_not_overflow() -> None:
    head = Head(np.full((2, 1), 1e6, dtype=np.float32), np.zeros(1, dtype=np.float32), np.zeros(1, dtype=np.bool_))
    assert head.predict(np.array([[1e4, 0], [-1e4, 0]], dtype=np.float32)).tolist() == [[1.0], [0.0]]


@pytest.mark.parametrize("strength", [1.0, 100.0])
def test_balanced_weights_are_those_of_scikit_learn(strength: float) -> None:
    features, truth = learnable(200, 12)
    truth[:, 0] &= (RNG.random(200) < 0.3).astype(np.int8)
    truth[::5, 1] = -1
    fit = fit_head(features, truth, config=HeadConfig(strength=strength, balanced=True))
    predicted, scaled = fit.head.predict(features), in_scale(features)
    for label in range(3):
        known = truth[:, label] >= 0
        exact = LogisticRegression(C=strength, tol=1e-8, max_iter=10_000, class_weight="balanced")
        exact.fit(scaled[known], truth[known, label])
        assert np.abs(exact.predict_proba(scaled)[:, 1] - predicted[:, label])[known].max() < 5e-3


@pytest.mark.parametrize("strength", [1.0, 100.0])
@pytest.mark.parametrize("balanced", [False, True])
def test_labels_that_exclude_each_other_are_those_of_scikit_learn(strength: float, balanced: bool) -> None:
    features, truth = kinds(240, labels=4)
    # Two answers at once, none, and none known: nothing can be learned from these images.
    truth[0] = [1, 1, 0, 0]
    truth[1] = 0
    truth[2] = -1
    used = np.arange(240) > 2
    config = HeadConfig(strength=strength, balanced=balanced, labelling=EXCLUSIVE)
    fit = fit_head(features, truth, config=config)
    predicted, scaled = fit.head.predict(features), in_scale(features)
    exact = LogisticRegression(C=strength, tol=1e-8, max_iter=10_000, class_weight="balanced" if balanced else None)
    exact.fit(scaled[used], truth[used].argmax(axis=1))
    assert np.abs(exact.predict_proba(scaled) - predicted)[used].max() < 5e-3
    assert np.allclose(predicted.sum(axis=1), 1, atol=1e-5)
    assert np.allclose(fit.out_of_fold.sum(axis=1), 1, atol=1e-5)


def test_a_label_that_excludes_the_others_and_was_never_seen_is_never_said() -> None:
    features, truth = kinds(60)
    truth = np.hstack([truth, np.zeros((60, 1), dtype=np.int8)])
    for kind in ("linear", "hidden"):
        fit = fit_head(features, truth, config=HeadConfig(kind=kind, labelling=EXCLUSIVE))
        assert fit.head.constant.tolist() == [False, False, False, True]
        assert fit.head.predict(features)[:, 3].max() < 1e-6


@pytest.mark.parametrize("labelling", [OVERLAPPING, EXCLUSIVE])
def test_a_hidden_layer_learns_what_no_straight_line_divides(labelling: Labelling) -> None:
    rng = np.random.default_rng(5)
    features = np.square(rng.standard_normal((400, 6))).astype(np.float32)
    roots = np.sqrt(features)
    # A label is there where exactly one of two features is large.
    either = ((roots[:, 0] > 0.67) ^ (roots[:, 1] > 0.67)).astype(np.int8)
    truth = np.stack([either, 1 - either], axis=1)
    found = {}
    for kind in ("linear", "hidden"):
        fit = fit_head(features, truth, config=HeadConfig(kind=kind, labelling=labelling))
        found[kind] = average_precision_score(truth[:, 0], fit.out_of_fold[:, 0])
    assert found["hidden"] > 0.85
    assert found["hidden"] > found["linear"] + 0.2


def test_a_hidden_layer_cannot_predict_chance_out_of_fold() -> None:
    features = RNG.random((200, 300), dtype=np.float32)
    truth = (RNG.random((200, 2)) < 0.3).astype(np.int8)
    truth[0, 0] = -1
    fit = fit_head(features, truth, config=HeadConfig(kind="hidden", units=16))
    assert fit.is_out_of_fold
    for label in range(2):
        known = truth[:, label] >= 0
        assert average_precision_score(truth[known, label], fit.out_of_fold[known, label]) < 0.45


@pytest.mark.parametrize("labelling", [OVERLAPPING, EXCLUSIVE])
def test_a_hidden_layer_is_the_same_twice_and_says_what_its_weights_say(labelling: Labelling) -> None:
    features, truth = kinds(80)
    config = HeadConfig(kind="hidden", units=8, labelling=labelling)
    first, second = (fit_head(features, truth, seed=1, config=config) for _time in range(2))
    assert (first.out_of_fold == second.out_of_fold).all()
    assert (first.head.predict(features) == second.head.predict(features)).all()
    assert first.epochs == second.epochs
    assert first.head.hidden is not None
    seen = np.maximum(np.sqrt(features) @ first.head.hidden[0] + first.head.hidden[1], 0)
    logits = seen @ first.head.weights + first.head.bias
    both = {OVERLAPPING: 1 / (1 + np.exp(-logits)), EXCLUSIVE: np.exp(logits) / np.exp(logits).sum(axis=1)[:, None]}
    assert np.allclose(first.head.predict(features), both[labelling], atol=1e-5)


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("kind", ["linear", "hidden"])
@pytest.mark.parametrize("labelling", [OVERLAPPING, EXCLUSIVE])
def test_a_handful_of_images_never_fails_any_head(count: int, kind: str, labelling: Labelling) -> None:
    features, truth = kinds(count, seed=count)
    fit = fit_head(features, truth, config=HeadConfig(kind=kind, labelling=labelling, balanced=True))
    assert ((fit.out_of_fold >= 0) & (fit.out_of_fold <= 1)).all()
    nothing = fit_head(features, np.full_like(truth, -1), config=HeadConfig(kind=kind, labelling=labelling))
    assert np.isfinite(nothing.head.predict(features)).all()


def test_a_given_strength_and_number_of_folds_are_followed() -> None:
    features, truth = learnable(60, 20)
    seen: list[Progress] = []
    fit = fit_head(features, truth, config=HeadConfig(strength=7.0, folds=3), monitor=Monitor(seen.append))
    assert fit.strength == 7.0
    assert [(report.done, report.total) for report in seen] == [(4, 4)]
