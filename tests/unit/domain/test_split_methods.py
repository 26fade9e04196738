"""Ways of dividing besides stratification, held to scikit-learn's where it has them."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import GroupShuffleSplit, PredefinedSplit

from app.domain.splits import assign_splits, column_splits, random_splits
from app.domain.statuses import Split

SHARES = {Split.TRAIN: 0.7, Split.VALIDATION: 0.3}
NUMBER = {Split.TRAIN: 0, Split.VALIDATION: 1, Split.TEST: 2}
Named = tuple[np.ndarray, list[Split | None], list[Split | None], list[int]]


@st.composite
def named_collections(draw: st.DrawFn) -> Named:
    count = draw(st.integers(0, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    truth = rng.choice(np.array([-1, 0, 1], dtype=np.int8), size=(count, 3))
    some: list[Split | None] = [None, *Split]
    named = [some[place] for place in rng.integers(0, 4, count)]
    held = [some[place] if rng.random() < 0.4 else None for place in rng.integers(0, 4, count)]
    return truth, named, held, [int(group) for group in rng.integers(0, max(1, count // 2), count)]


@given(named_collections())
@settings(deadline=None)
def test_by_column_a_given_split_stays_and_no_new_group_is_torn_apart(drawn: Named) -> None:
    truth, named, held, groups = drawn
    splits = column_splits(truth, named, held, groups, SHARES)
    assert all(old is None or old is new for old, new in zip(held, splits, strict=True))
    for group in set(groups):
        rows = [row for row, each in enumerate(groups) if each == group]
        new = {splits[row] for row in rows if held[row] is None}
        assert len(new) <= 1
        votes = Counter(split for row in rows if (split := held[row]) is not None) or Counter(
            split for row in rows if (split := named[row]) is not None
        )
        if new and votes:
            assert votes[new.pop()] == max(votes.values())


def test_a_column_that_names_every_image_is_a_predefined_split() -> None:
    rng = np.random.default_rng(3)
    validates = rng.random(200) < 0.4
    named = [Split.VALIDATION if each else Split.TRAIN for each in validates]
    splits = column_splits(np.zeros((200, 2), dtype=np.int8), named, [None] * 200, None, SHARES)
    ((train, validation),) = PredefinedSplit(np.where(validates, 0, -1)).split()
    assert [row for row, each in enumerate(splits) if each is Split.TRAIN] == train.tolist()
    assert [row for row, each in enumerate(splits) if each is Split.VALIDATION] == validation.tolist()


def test_images_that_a_column_does_not_name_are_stratified_around_the_others() -> None:
    truth = np.ones((100, 1), dtype=np.int8)
    named: list[Split | None] = [Split.TRAIN] * 60 + [None] * 40
    splits = column_splits(truth, named, [None] * 100, None, SHARES)
    assert splits[:60] == [Split.TRAIN] * 60
    assert Counter(splits[60:]) == {Split.TRAIN: 10, Split.VALIDATION: 30}


def test_a_column_may_name_a_test_split_that_has_no_share() -> None:
    named = [Split.TRAIN, Split.VALIDATION, Split.TEST]
    assert column_splits(np.zeros((3, 1)), named, [None] * 3, None, SHARES) == named


def test_columns_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="same length"):
        column_splits(np.zeros((3, 1)), [None] * 2, [None] * 3)


@pytest.mark.parametrize("seed", [0, 1, 42])
def test_random_groups_are_divided_as_group_shuffle_split_divides_them(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 100, 1000)
    splits = np.array([NUMBER[each] for each in random_splits([None] * 1000, groups.tolist(), SHARES, seed)])
    assert not set(groups[splits == 0]) & set(groups[splits == 1])
    ((_train, validation),) = GroupShuffleSplit(1, test_size=0.3, random_state=seed).split(groups, groups=groups)
    # scikit-learn takes 30 of 100 groups, whatever their size; here the images count.
    assert abs((splits == 1).mean() - 0.3) <= abs(len(validation) / 1000 - 0.3) + 0.01


def test_random_splits_do_not_look_at_labels_and_another_seed_divides_otherwise() -> None:
    one, other = random_splits([None] * 200, seed=1), random_splits([None] * 200, seed=2)
    assert one == random_splits([None] * 200, seed=1) != other
    assert Counter(one) == Counter(other) == {Split.TRAIN: 140, Split.VALIDATION: 60}
    rare = np.zeros((200, 1), dtype=np.int8)
    rare[:4] = 1
    assert assign_splits(rare, seed=1)[:4].count(Split.VALIDATION) == 1
    counts = {tuple(random_splits([None] * 200, seed=seed)[:4]).count(Split.VALIDATION) for seed in range(40)}
    assert len(counts) > 2


def test_random_splits_make_up_for_what_is_given() -> None:
    held: list[Split | None] = [Split.TRAIN] * 60 + [None] * 40
    assert Counter(random_splits(held, None, SHARES)[60:]) == {Split.TRAIN: 10, Split.VALIDATION: 30}
