"""The change from one model and truth to another is taken apart; the figures are those of scikit-learn."""

from math import isnan

import numpy as np
import pytest
from hypothesis import given
from sklearn.metrics import f1_score

from app.domain.change_split import split_change
from app.domain.metrics import evaluate_predictions
from tests.unit.domain.strategies import Matrix, cases, reproducible

NAMES = ("model", "relabelling", "both", "total")


def drawn(seed: int, shape: tuple[int, int] = (60, 3)) -> tuple[Matrix, Matrix, Matrix, Matrix]:
    """Draw two truths that differ a little, and two models' predictions."""
    generator = np.random.default_rng(seed)
    old = (generator.random(shape) < 0.4).astype(np.int8)
    new = np.where(generator.random(shape) < 0.1, 1 - old, old).astype(np.int8)
    models = [np.where(generator.random(shape) < share, 1 - new, new).astype(np.int8) for share in (0.35, 0.2)]
    return old, new, models[0], models[1]


def effects(figures: list[float]) -> dict[str, float]:
    """Take a change apart by hand: (old model, old truth), (old, new), (new, old), (new, new)."""
    oo, on, no, nn = figures
    return {"model": no - oo, "relabelling": on - oo, "both": nn - no - on + oo, "total": nn - oo}


def test_the_four_figures_are_those_of_scikit_learn() -> None:
    old, new, before, after = drawn(0)
    split = split_change((old, new), (before, after), resamples=10)
    for model, figures in ((before, split.macro.old_model), (after, split.macro.new_model)):
        wanted = [f1_score(truth, model, average="macro") for truth in (old, new)]
        assert figures == pytest.approx(wanted)
    for column, label in enumerate(split.labels):
        wanted = [f1_score(truth[:, column], after[:, column]) for truth in (old, new)]
        assert label.new_model == pytest.approx(wanted)


def test_intervals_are_those_of_drawing_images_one_by_one() -> None:
    old, new, before, after = drawn(1)
    split = split_change((old, new), (before, after), seed=7, resamples=200)
    generator = np.random.default_rng(7)
    samples = []
    for _draw in range(200):
        rows = generator.integers(0, len(old), len(old))
        figures = [f1_score(t[rows], m[rows], average="macro") for m in (before, after) for t in (old, new)]
        samples.append([effects(figures)[name] for name in NAMES])
    for name, column in zip(NAMES, np.array(samples).T, strict=True):
        effect = getattr(split.macro, name)
        assert [effect.interval.low, effect.interval.high] == pytest.approx(np.quantile(column, [0.025, 0.975]))


@reproducible
@given(cases(unknown=True))
def test_the_parts_add_up_whatever_is_unknown(case: tuple[Matrix, Matrix, Matrix]) -> None:
    truth, probabilities, _thresholds = case
    models = [(given_ >= 0.5).astype(np.int8) for given_ in (probabilities, probabilities[::-1])]
    truths = (truth, truth[::-1])
    split = split_change(truths, (models[0], models[1]), resamples=0)
    for part in (split.macro, *split.labels):
        wanted = effects([*part.old_model, *part.new_model])
        for name in NAMES:
            assert getattr(part, name).change == pytest.approx(wanted[name], nan_ok=True)
            assert not getattr(part, name).is_clear
        total = part.model.change + part.relabelling.change + part.both.change
        assert part.total.change == pytest.approx(total, nan_ok=True)
    for model, figures in zip(models, (split.macro.old_model, split.macro.new_model), strict=True):
        reports = [evaluate_predictions(each, model).macro.f1 for each in truths]
        assert figures == pytest.approx(reports, nan_ok=True)


def test_where_no_answer_changed_all_of_it_is_the_model() -> None:
    old, _new, before, after = drawn(2)
    macro = split_change((old, old), (before, after), resamples=300).macro
    assert (macro.relabelling.change, macro.both.change) == (0, 0)
    assert macro.model.change == macro.total.change
    assert macro.model.interval == macro.total.interval
    assert macro.model.is_clear
    assert not macro.relabelling.is_clear


def test_a_label_nobody_shows_has_no_figure_and_counts_as_nothing() -> None:
    old = np.array([[1, 0], [0, 0], [1, 0]], dtype=np.int8)
    split = split_change((old, old), (old, old), resamples=20)
    assert isnan(split.labels[1].model.change)
    assert isnan(split.labels[1].model.interval.low)
    assert split.macro.old_model == (0.5, 0.5)
    assert split.labels[1].to_dict()["old_model"] == [None, None]


def test_shapes_must_agree() -> None:
    old = np.zeros((3, 2), dtype=np.int8)
    with pytest.raises(ValueError, match="shape"):
        split_change((old, old[:2]), (old, old))
    with pytest.raises(ValueError, match="shape"):
        split_change((old, old), (old[:2], old))
