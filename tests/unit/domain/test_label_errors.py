"""Doubtful answers, odd images and divided twins, against plain loops and scikit-learn."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from app.domain.label_errors import combined, divided_groups, neighbour_shares, strangest

TRUTH = np.array([[1, 0], [1, -1], [0, -1], [0, 1]], dtype=np.int8)


def test_a_share_is_weighted_by_squared_similarity() -> None:
    rows = np.array([[1, 2]] * 4)
    alike = np.array([[0.8, 0.4]] * 4)
    shares = neighbour_shares(TRUTH, rows, alike)
    assert np.allclose(shares[:, 0], 0.64 / (0.64 + 0.16))
    # Nobody answered for the second label in either neighbour.
    assert np.isnan(shares[:, 1]).all()


def test_missing_and_opposite_neighbours_do_not_vote() -> None:
    shares = neighbour_shares(TRUTH, np.array([[3, -1], [-1, -1]] * 2), np.array([[0.5, np.nan], [np.nan, 1]] * 2))
    assert shares[0].tolist() == [0, 1]
    assert np.isnan(shares[1]).all()
    assert np.isnan(neighbour_shares(TRUTH, np.array([[1]] * 4), np.array([[-0.2]] * 4))).all()


def test_shares_are_those_of_a_weighted_neighbours_classifier() -> None:
    chance = np.random.default_rng(4)
    points = chance.normal(size=(60, 5))
    truth = (chance.random((60, 3)) < 0.4).astype(np.int8)
    units = points / np.linalg.norm(points, axis=1, keepdims=True)
    alike = units @ units.T
    np.fill_diagonal(alike, -1)
    rows = np.argsort(-alike, axis=1)[:, :7]
    near = np.take_along_axis(alike, rows, axis=1)
    assert (near > 0).all()
    found = neighbour_shares(truth, rows, near)
    model = KNeighborsClassifier(
        n_neighbors=7, metric="precomputed", weights=lambda distances: np.clip(1 - distances, 0, None) ** 2
    )
    model.fit(np.clip(1 - units @ units.T, 0, None), truth)
    said = model.predict_proba(1 - alike)
    for column in range(3):
        assert np.allclose(found[:, column], said[column][:, 1])


def test_without_neighbours_the_model_speaks_alone_and_without_the_model_nobody() -> None:
    both = combined(np.array([[0.2, 0.2, np.nan]]), np.array([[0.6, np.nan, 0.5]]))
    assert np.allclose(both, [[0.4, 0.2, np.nan]], equal_nan=True)


def test_the_strangest_are_a_twentieth_and_at_least_a_dozen() -> None:
    chance = np.random.default_rng(6)
    many = chance.random(1000)
    assert set(np.flatnonzero(strangest(many))) == set(np.argsort(many)[-50:])
    few = np.append(chance.random(30), [np.nan] * 5)
    assert set(np.flatnonzero(strangest(few))) == set(np.argsort(few[:30])[-12:])
    assert np.flatnonzero(strangest(np.array([0.3, np.nan, 0.2]))).tolist() == [0, 2]
    assert not strangest(np.full(5, np.nan)).any()


def test_only_labels_on_which_a_group_disagrees_are_listed() -> None:
    truth = np.array([[1, 0, 1], [0, 0, -1], [1, 1, 0], [-1, 1, 0]], dtype=np.int8)
    found = divided_groups(truth, ["a", "a", None, "a"])
    assert [(rows.tolist(), column) for rows, column in found] == [([0, 1], 0), ([0, 1, 3], 1), ([0, 3], 2)]
    assert divided_groups(truth, [None] * 4) == []


@pytest.mark.parametrize("cells", [[1, 1], [0, 0], [1, -1], [-1, -1]])
def test_twins_that_agree_or_were_not_asked_are_not_listed(cells: list[int]) -> None:
    assert divided_groups(np.array(cells, dtype=np.int8)[:, None], ["g", "g"]) == []
