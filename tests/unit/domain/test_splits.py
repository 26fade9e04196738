from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.splits import assign_folds, assign_splits
from app.domain.statuses import Split

SHARES = {Split.TRAIN: 0.7, Split.VALIDATION: 0.3}
Drawn = tuple[np.ndarray, list[Split | None], list[int], int]

THREE = {Split.TRAIN: 0.6, Split.VALIDATION: 0.2, Split.TEST: 0.2}


@st.composite
def collections(draw: st.DrawFn) -> Drawn:
    count = draw(st.integers(0, 40))
    labels = draw(st.integers(0, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    truth = rng.choice(np.array([-1, 0, 1], dtype=np.int8), size=(count, labels))
    held = [None if draw(st.booleans()) else draw(st.sampled_from(list(Split))) for _ in range(count)]
    groups = [int(group) for group in rng.integers(0, max(1, count // 2), size=count)]
    return truth, held, groups, draw(st.integers(0, 1000))


@given(collections())
@settings(deadline=None)
def test_every_image_gets_a_split_and_a_given_one_stays(drawn: Drawn) -> None:
    truth, held, groups, seed = drawn
    splits = assign_splits(truth, held, groups, THREE, seed)
    assert len(splits) == len(truth)
    assert all(old is None or old == new for old, new in zip(held, splits, strict=True))
    assert splits == assign_splits(truth, held, groups, THREE, seed)


@given(collections())
@settings(deadline=None)
def test_new_images_of_a_group_are_never_torn_apart(drawn: Drawn) -> None:
    truth, held, groups, seed = drawn
    splits = assign_splits(truth, held, groups, THREE, seed)
    new: dict[int, set[Split]] = {}
    for group, old, split in zip(groups, held, splits, strict=True):
        if old is None:
            new.setdefault(group, set()).add(split)
    assert all(len(found) == 1 for found in new.values())
    for group, (split,) in new.items():
        before = [old for it, old in zip(groups, held, strict=True) if it == group and old is not None]
        if before:
            assert Counter(before)[split] == max(Counter(before).values())


@given(collections())
@settings(deadline=None)
def test_where_there_is_a_new_image_there_is_a_training_image(drawn: Drawn) -> None:
    truth, held, _groups, seed = drawn
    splits = assign_splits(truth, held, None, THREE, seed)
    assert Split.TRAIN in splits or all(old is not None for old in held)


@given(collections(), st.integers(1, 8))
@settings(deadline=None)
def test_folds_keep_groups_together_and_none_is_empty(drawn: Drawn, wished: int) -> None:
    truth, _held, groups, seed = drawn
    folds = assign_folds(truth, wished, groups, seed)
    assert len({(group, int(fold)) for group, fold in zip(groups, folds, strict=True)}) == len(set(groups))
    assert set(folds.tolist()) == set(range(min(wished, len(set(groups)))))
    if len(truth):
        assert (folds == assign_folds(truth, wished, groups, seed)).all()


def test_each_label_keeps_its_share_within_one_image() -> None:
    rng = np.random.default_rng(5)
    truth = (rng.random((500, 5)) < [0.5, 0.3, 0.1, 0.05, 0.02]).astype(np.int8)
    train = np.array(assign_splits(truth, shares=SHARES)) == Split.TRAIN
    assert train.sum() == 350
    assert np.abs(truth[train].sum(axis=0) - 0.7 * truth.sum(axis=0)).max() <= 1


def test_new_images_make_up_for_what_the_given_splits_lack() -> None:
    truth = np.ones((100, 1), dtype=np.int8)
    held: list[Split | None] = [Split.TRAIN] * 50 + [None] * 50
    splits = assign_splits(truth, held, shares={Split.TRAIN: 0.5, Split.VALIDATION: 0.5})
    assert splits[50:] == [Split.VALIDATION] * 50


def test_shares_hold_with_groups_of_different_sizes() -> None:
    rng = np.random.default_rng(6)
    groups = rng.integers(0, 60, size=600).tolist()
    truth = (rng.random((600, 3)) < 0.3).astype(np.int8)
    train = np.array(assign_splits(truth, groups=groups, shares=SHARES)) == Split.TRAIN
    assert abs(train.mean() - 0.7) < 0.02
    assert np.abs(truth[train].sum(axis=0) / truth.sum(axis=0) - 0.7).max() < 0.05


@pytest.mark.parametrize("count", [1, 2, 3, 10])
@pytest.mark.parametrize("labels", [0, 1, 10])
def test_a_handful_of_images_is_divided_sensibly(count: int, labels: int) -> None:
    splits = assign_splits(np.eye(count, labels, dtype=np.int8), shares=SHARES)
    assert splits.count(Split.TRAIN) >= 1
    assert splits.count(Split.TRAIN) >= splits.count(Split.VALIDATION) or count == 1
    assert (Split.VALIDATION in splits) == (count > 1)
    assert Split.TEST not in splits


def test_images_without_known_labels_are_divided_by_number() -> None:
    splits = assign_splits(np.full((10, 3), -1), shares=SHARES)
    assert Counter(splits) == {Split.TRAIN: 7, Split.VALIDATION: 3}


def test_another_seed_divides_differently() -> None:
    truth = np.zeros((50, 1), dtype=np.int8)
    assert assign_splits(truth, seed=1) != assign_splits(truth, seed=2)


def test_impossible_shares_and_lengths_are_refused() -> None:
    truth = np.zeros((3, 1), dtype=np.int8)
    with pytest.raises(ValueError, match="train needs one"):
        assign_splits(truth, shares={Split.VALIDATION: 1.0})
    with pytest.raises(ValueError, match="negative"):
        assign_splits(truth, shares={Split.TRAIN: 1.0, Split.TEST: -0.1})
    with pytest.raises(ValueError, match="same length"):
        assign_splits(truth, [None])
    with pytest.raises(ValueError, match="same length"):
        assign_folds(truth, groups=["a"])
