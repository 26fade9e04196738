import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from app.domain.joined_groups import joined_groups

NAMES = st.one_of(st.none(), st.integers(0, 8))


def pairs() -> st.SearchStrategy[tuple[list[int | None], list[int | None]]]:
    def two(n: int) -> st.SearchStrategy[tuple[list[int | None], list[int | None]]]:
        names = st.lists(NAMES, min_size=n, max_size=n)
        return st.tuples(names, names)

    return st.integers(0, 25).flatmap(two)


@given(pairs())
def test_groups_are_the_connected_components_of_both_groupings(
    drawn: tuple[list[int | None], list[int | None]],
) -> None:
    n = len(drawn[0])
    together = [
        (i, j)
        for names in drawn
        for i in range(n)
        for j in range(n)
        if i == j or (names[i] is not None and names[i] == names[j])
    ]
    edges = np.array(together, dtype=np.intp).reshape(-1, 2)
    graph = coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(n, n))
    found = joined_groups(*drawn)
    if n:
        _count, expected = connected_components(graph, directed=False)
        assert found.tolist() == expected.tolist()
    assert len(found) == n


def test_one_grouping_keeps_its_groups_and_leaves_lone_images_alone() -> None:
    assert joined_groups(["a", None, "a", None, "b"]).tolist() == [0, 1, 0, 2, 3]


def test_groupings_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="same length"):
        joined_groups(["a"], ["a", "b"])
    with pytest.raises(ValueError, match="must be given"):
        joined_groups()
