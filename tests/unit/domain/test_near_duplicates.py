"""Grouping perceptual hashes that are near each other."""

import random
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from app.domain.near_duplicates import NEAR_BITS, near_duplicate_groups


def by_hand(hashes: list[int], distance: int) -> set[frozenset[int]]:
    groups = [{index} for index in range(len(hashes))]
    for one, other in combinations(range(len(hashes)), 2):
        if (hashes[one] ^ hashes[other]).bit_count() <= distance:
            first = next(group for group in groups if one in group)
            second = next(group for group in groups if other in group)
            if first is not second:
                first |= second
                groups.remove(second)
    return {frozenset(group) for group in groups if len(group) > 1}


@given(st.lists(st.integers(0, 2**64 - 1), max_size=30), st.randoms(use_true_random=False))
def test_the_quick_way_finds_what_comparing_all_pairs_finds(base: list[int], chance: random.Random) -> None:
    hashes = [*base]
    for value in base:
        for _ in range(chance.randrange(3)):
            flipped = value
            for bit in chance.sample(range(64), chance.randrange(2 * NEAR_BITS)):
                flipped ^= 1 << bit
            hashes.append(flipped)
    found = {frozenset(group) for group in near_duplicate_groups(hashes)}
    assert found == by_hand(hashes, NEAR_BITS)


def test_equal_hashes_are_one_group() -> None:
    assert near_duplicate_groups([5, 2**64 - 1, 5]) == [[0, 2]]


def test_one_image_alone_makes_no_group() -> None:
    assert near_duplicate_groups([]) == []
    assert near_duplicate_groups([7]) == []


def test_ten_thousand_hashes_are_grouped_at_once() -> None:
    chance = random.Random(1)
    hashes = [chance.getrandbits(64) for _ in range(10_000)]
    assert near_duplicate_groups([*hashes, hashes[0] ^ 0b111]) == [[0, 10_000]]
