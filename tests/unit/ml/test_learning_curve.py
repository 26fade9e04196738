from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score

from app.domain.learning_curves import DRAWS, SHARES
from app.domain.statuses import Labelling
from worker.ml import learning_curve as engine
from worker.ml.callbacks import Cancelled, Monitor, Progress
from worker.ml.head import HeadConfig, fit_head
from worker.ml.learning_curve import CurveData, learning_curve
from worker.ml.linear_head import solve_path


def data(count: int = 120, valid: int = 80, labels: int = 2) -> CurveData:
    chance = np.random.default_rng(2)
    features = np.square(chance.standard_normal((count + valid, 15))).astype(np.float32)
    truth = (features[:, :labels] + chance.normal(0, 0.6, (count + valid, labels)) > 1).astype(np.int8)
    truth[3, 0] = truth[count + 3, 1] = -1
    groups = [row // 2 for row in range(count)]
    return CurveData(features[:count], truth[:count], groups, features[count:], truth[count:])


def test_every_size_but_the_last_is_drawn_several_times_and_whole_groups() -> None:
    given = data()
    draws = list(engine._draws(given.groups, 1))
    assert len(draws) == DRAWS * (len(SHARES) - 1) + 1
    for share, rows in draws:
        assert len(set(rows.tolist())) == len(rows)
        assert abs(len(rows) - share * 120) <= 2
        taken = {given.groups[row] for row in rows}
        assert len(rows) == 2 * len(taken)
    tenths = [tuple(rows) for share, rows in draws if share == SHARES[0]]
    assert len(set(tenths)) == DRAWS


def test_all_images_give_what_the_quick_recipe_gives() -> None:
    given = data()
    found = learning_curve(given, seed=1)
    last = int(np.flatnonzero(found.shares == 1)[0])
    fit = fit_head(given.features, given.cells, given.groups, seed=1, config=HeadConfig())
    said = fit.head.predict(given.valid_features)
    for label in range(2):
        known = given.valid_cells[:, label] >= 0
        truth, given_label = given.valid_cells[known, label], said[known, label]
        assert found.average_precision[last, label] == pytest.approx(
            average_precision_score(truth, given_label), abs=1e-6
        )
        assert found.f1[last, label] == pytest.approx(f1_score(truth, given_label >= 0.5), abs=1e-6)
    assert found.macro_f1[last] == pytest.approx(found.f1[last].mean())
    assert found.macro_average_precision[last] == pytest.approx(found.average_precision[last].mean())


def test_a_part_gives_what_scikit_learn_learns_from_the_same_images(monkeypatch: pytest.MonkeyPatch) -> None:
    given = data()
    monkeypatch.setattr(engine, "strength_for", lambda *_args: 10.0)
    found = learning_curve(given, seed=1)
    place, (_share, rows) = next((n, each) for n, each in enumerate(engine._draws(given.groups, 1)) if each[0] == 0.5)
    # In the scale of the training images, as the axes have it.
    roots = np.sqrt(given.features.astype(np.float64))
    scale = np.sqrt(np.square(roots - roots.mean(axis=0)).sum(axis=1).mean())
    train, valid = (roots - roots.mean(axis=0)) / scale, (np.sqrt(given.valid_features) - roots.mean(axis=0)) / scale
    learned = rows[given.cells[rows, 1] >= 0]
    exact = LogisticRegression(C=10.0, tol=1e-8, max_iter=10_000).fit(train[learned], given.cells[learned, 1])
    known = given.valid_cells[:, 1] >= 0
    wanted = average_precision_score(given.valid_cells[known, 1], exact.predict_proba(valid[known])[:, 1])
    assert found.average_precision[place, 1] == pytest.approx(wanted, abs=5e-3)


def test_validation_answers_change_no_head(monkeypatch: pytest.MonkeyPatch) -> None:
    given = data()
    heads: list[tuple[np.ndarray, np.ndarray]] = []

    def solve(*args: Any) -> tuple[np.ndarray, np.ndarray]:
        heads.append(solve_path(*args))
        return heads[-1]

    monkeypatch.setattr(engine, "solve_path", solve)
    for cells in (given.valid_cells, 1 - np.abs(given.valid_cells)):
        learning_curve(replace(given, valid_cells=cells.astype(np.int8)), seed=1)
    half = len(heads) // 2
    assert all((one[0] == two[0]).all() for one, two in zip(heads[:half], heads[half:], strict=True))


def test_it_is_the_same_twice_and_reports_and_stops() -> None:
    seen: list[Progress] = []
    first, second = learning_curve(data(), seed=3, monitor=Monitor(seen.append)), learning_curve(data(), seed=3)
    assert (first.average_precision == second.average_precision).all()
    assert seen[-1].done == seen[-1].total == len(first.images)
    with pytest.raises(Cancelled):
        learning_curve(data(), seed=3, monitor=Monitor(should_cancel=lambda: True))


def test_labels_that_exclude_each_other_and_a_handful_of_images_do() -> None:
    given = data()
    kinds = np.eye(3, dtype=np.int8)
    exclusive = CurveData(
        given.features[:4],
        kinds[[0, 1, 2, 0]],
        list(range(4)),
        given.valid_features[:6],
        kinds[[0, 1, 2, 0, 1, 2]],
        Labelling.EXCLUSIVE,
    )
    found = learning_curve(exclusive, seed=1)
    assert np.isfinite(found.macro_average_precision).all()
    with pytest.raises(ValueError, match="nothing to learn"):
        learning_curve(
            CurveData(given.features[:0], given.cells[:0], [], given.valid_features, given.valid_cells), seed=1
        )
