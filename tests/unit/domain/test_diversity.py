import numpy as np
import pytest

from app.domain import diversity
from app.domain.diversity import diverse


def around(centres: list[list[float]], each: int, spread: float = 0.02) -> np.ndarray:
    """Draw unit vectors around some directions, one direction after the other."""
    generator = np.random.default_rng(0)
    drawn = np.repeat(np.array(centres, dtype=float), each, axis=0)
    drawn += generator.normal(0, spread, drawn.shape)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def test_the_first_images_come_from_everywhere() -> None:
    vectors = around(np.eye(8).tolist(), each=20)
    order = diverse(range(160), vectors)
    assert sorted(order.tolist()) == list(range(160))
    assert {image // 20 for image in order[:8].tolist()} == set(range(8))


def test_every_centre_is_the_least_like_all_before_it() -> None:
    generator = np.random.default_rng(1)
    vectors = generator.normal(size=(60, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    order = diverse(range(60), vectors)
    for place in range(1, 30):
        alike = (vectors @ vectors[order[:place]].T).max(axis=1)
        alike[order[:place]] = np.inf
        assert order[place] == np.argmin(alike)


def test_what_is_known_is_kept_away_from() -> None:
    vectors = around(np.eye(3).tolist(), each=5)
    assert diverse(range(15), vectors, known=vectors[:10])[0] >= 10


def test_behind_the_centres_one_of_each_neighbourhood_comes_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diversity, "CENTRES", 4)
    vectors = around(np.eye(4).tolist(), each=10)
    order = diverse(range(40), vectors)
    for turn in range(10):
        assert {image // 10 for image in order[4 * turn : 4 * turn + 4].tolist()} == set(range(4))


def test_the_order_does_not_depend_on_how_images_were_given_and_equal_ones_are_no_trouble() -> None:
    vectors = around(np.eye(4).tolist(), each=10)
    turned = np.arange(40)[::-1]
    assert diverse(turned, vectors[turned]).tolist() == diverse(range(40), vectors).tolist()
    equal = np.tile([1.0, 0.0], (5, 1))
    assert sorted(diverse([5, 3, 4, 1, 2], equal).tolist()) == [1, 2, 3, 4, 5]
    assert diverse([], np.empty((0, 2))).tolist() == []
    assert diverse([7], [[1.0, 0.0]]).tolist() == [7]


def test_vectors_must_fit_the_images() -> None:
    with pytest.raises(ValueError, match="2 images"):
        diverse([1, 2], [[1.0, 0.0]])
