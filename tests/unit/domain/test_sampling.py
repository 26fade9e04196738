import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.sampling import (
    against_model,
    certainty,
    least_certain,
    most_likely,
    rising,
    shuffled,
    starting_point,
)
from tests.unit.domain.strategies import reproducible

ids = st.lists(st.integers(1, 10**9), unique=True, max_size=30)


@reproducible
@given(ids, st.integers(0, 99), st.integers(1, 99))
def test_every_order_holds_every_image_once(images: list[int], seed: int, person: int) -> None:
    probabilities = np.random.default_rng(seed).random((len(images), 3))

    assert sorted(shuffled(images, seed=seed, person=person)) == sorted(images)
    assert sorted(least_certain(images, probabilities)) == sorted(images)
    assert sorted(most_likely(images, probabilities)) == sorted(images)


@reproducible
@given(ids, st.integers(0, 99), st.data())
def test_a_persons_order_stays_when_images_leave_and_join(images: list[int], seed: int, data: st.DataObject) -> None:
    whole = shuffled(images, seed=seed, person=3)
    left = data.draw(st.permutations([image for image in images if data.draw(st.booleans())]))

    assert shuffled(left, seed=seed, person=3).tolist() == [image for image in whole if image in set(left)]


def test_the_shuffled_order_is_the_same_on_every_machine() -> None:
    first = shuffled(range(1, 9), seed=7, person=2).tolist()
    assert shuffled(range(8, 0, -1), seed=7, person=2).tolist() == first
    assert first == [4, 1, 5, 7, 6, 2, 8, 3]


def test_two_people_and_two_seeds_see_different_orders() -> None:
    # Seed 1 with person 12 and seed 11 with person 2 would be one, were their digits simply put together.
    pairs = [(1, 1), (1, 2), (2, 1), (1, 12), (11, 2)]

    assert len({tuple(shuffled(range(100), seed=seed, person=person)) for seed, person in pairs}) == len(pairs)


def test_every_image_comes_first_about_equally_often() -> None:
    first = [shuffled(range(5), seed=seed, person=1)[0] for seed in range(2000)]

    # Binomial(2000, 1/5): 400 with a standard deviation of 18.
    assert np.bincount(first) == pytest.approx(np.full(5, 400), abs=72)


def test_the_image_with_the_most_doubtful_label_comes_first() -> None:
    probabilities = [[0.9, 0.1], [0.99, 0.56], [0.45, 0.3]]

    assert least_certain([30, 10, 20], probabilities).tolist() == [20, 10, 30]


def test_doubt_is_nearness_to_the_labels_own_threshold() -> None:
    assert certainty([[0.2], [0.6], [0.1], [1.0], [0.0]], [0.2]) == pytest.approx([0, 0.5, 0.5, 1, 1])
    assert least_certain([1, 2], [[0.5], [0.2]], [0.2]).tolist() == [2, 1]


def test_equally_certain_images_come_in_rising_order_and_unpredicted_ones_last() -> None:
    nothing = float("nan")

    assert least_certain([4, 3, 2, 1], [[0.7], [0.7], [nothing], [nothing]]).tolist() == [3, 4, 1, 2]
    assert certainty([[nothing, 0.5], [nothing, nothing]])[0] == 0
    assert np.isnan(certainty([[nothing, nothing]])[0])
    assert least_certain([2, 1], np.empty((2, 0))).tolist() == [1, 2]


def test_thresholds_at_the_ends_are_no_trouble() -> None:
    assert certainty([[0.0, 1.0], [0.5, 0.5]], [0.0, 1.0]) == pytest.approx([0, 0.5])


@pytest.mark.parametrize(
    ("probabilities", "thresholds"), [([[1.2]], 0.5), ([[0.5]], 1.5), ([0.5], 0.5), ([[0.5], [0.5]], 0.5)]
)
def test_what_is_no_probability_per_image_is_refused(probabilities: list[object], thresholds: float) -> None:
    with pytest.raises(ValueError, match="probabilities"):
        least_certain([1], np.array(probabilities), thresholds)


def test_a_round_begins_at_a_place_of_ones_own() -> None:
    places = {starting_point(seed=seed, person=person) for seed, person in [(1, 1), (1, 2), (2, 1), (1, 12), (11, 2)]}
    assert len(places) == 5
    assert {len(place) for place in places} == {64}


def test_keys_rise_equal_ones_follow_their_ids_and_unknown_ones_come_last() -> None:
    assert rising([5, 4, 3, 2], [float("nan"), 1.0, 1.0, 0.5]).tolist() == [2, 3, 4, 5]
    assert rising([], []).tolist() == []


def test_the_likeliest_come_first_whatever_the_threshold() -> None:
    nothing = float("nan")
    assert most_likely([1, 2, 3, 4], [[0.2, 0.7], [0.9, nothing], [nothing, nothing], [0.1, 0.1]]).tolist() == [
        2,
        1,
        4,
        3,
    ]


def test_what_the_model_contradicts_comes_by_how_certain_it_is() -> None:
    truth = [[1, 0], [1, 0], [0, -1], [-1, -1], [1, 1]]
    said = [[0.1, 0.1], [0.9, 0.1], [0.6, 0.9], [0.9, 0.9], [0.45, 0.9]]
    # 1: missed with 0.1 (0.8 of the way); 3: wrongly added with 0.6 (0.2); 5: missed with 0.45 (0.1).
    assert against_model([1, 2, 3, 4, 5], truth, said).tolist() == [1, 3, 5]
    assert against_model([1], [[0]], [[0.5]]).tolist() == [1]
    assert against_model([1], [[1]], [[float("nan")]]).tolist() == []
    assert against_model([], np.empty((0, 2), dtype=np.int8), np.empty((0, 2))).tolist() == []
    with pytest.raises(ValueError, match="images"):
        against_model([1, 2], [[0]], [[0.5]])
