"""The nearest images are those that scikit-learn finds, in pieces and with groups left out."""

import numpy as np
import pytest
from cleanlab.outlier import OutOfDistribution
from sklearn.neighbors import NearestNeighbors

from worker.ml import neighbours
from worker.ml.callbacks import Cancelled
from worker.ml.neighbours import NOBODY, directions, nearest


def features(n: int = 150, seed: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).gamma(1.0, size=(n, 24)).astype(np.float32)


def test_the_nearest_are_those_of_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "PIECE", 32)
    vectors = directions(features())
    found = nearest(vectors, 10)
    model = NearestNeighbors(n_neighbors=10, metric="cosine").fit(vectors)
    distances, rows = model.kneighbors()
    assert (found.rows == rows).all()
    assert np.allclose(1 - found.similarities, distances, atol=1e-5)


def test_directions_are_unit_vectors_around_the_mean_of_the_roots() -> None:
    given = features()
    roots = np.sqrt(given)
    expected = (roots - roots.mean(axis=0)) / np.linalg.norm(roots - roots.mean(axis=0), axis=1, keepdims=True)
    assert np.allclose(directions(given), expected, atol=1e-5)
    assert not np.isnan(directions(np.ones((3, 4), dtype=np.float32))).any()


def test_outliers_rank_as_cleanlab_ranks_them() -> None:
    vectors = directions(features())
    ours = nearest(vectors, 10).distances()
    theirs = OutOfDistribution({"k": 10}).fit_score(features=vectors, verbose=False)
    assert (np.argsort(-ours)[:20] == np.argsort(theirs)[:20]).all()


def test_an_images_own_group_is_left_out() -> None:
    given = features(40)
    given[1] = given[0]
    given[2] = given[0]
    found = nearest(directions(given), 8)
    assert set(found.rows[0, :2].tolist()) == {1, 2}
    groups = ["twins" if row < 3 else f"image {row}" for row in range(40)]
    apart = found.outside(groups, 6)
    assert apart.rows[0].tolist() == found.rows[0, 2:8].tolist()
    assert apart.rows[5].tolist() == found.rows[5, :6].tolist()
    assert (apart.first(2).rows == apart.rows[:, :2]).all()


@pytest.mark.parametrize("n", [0, 1, 3])
def test_with_few_images_places_stay_empty(n: int) -> None:
    found = nearest(directions(features(20)[:n]), 5)
    assert found.rows.shape == (n, 5)
    assert ((found.rows == NOBODY).sum(axis=1) == 5 - max(0, n - 1)).all()
    assert (np.isnan(found.similarities) == (found.rows == NOBODY)).all()
    assert np.isnan(found.distances()).all() == (n < 2)
    assert (nearest(directions(features(20)[:n]), 5).outside(["all"] * n, 5).rows == NOBODY).all()


def test_it_tells_how_far_it_is_and_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "PIECE", 64)
    told: list[tuple[int, int]] = []
    nearest(directions(features()), 3, lambda done, total: told.append((done, total)))
    assert told == [(0, 150), (64, 150), (128, 150)]

    def stop(_done: int, _total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        nearest(directions(features()), 3, stop)
