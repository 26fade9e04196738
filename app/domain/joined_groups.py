"""Join groupings of the same images: what any of them holds together stays together."""

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.intp]


def joined_groups(*groupings: Sequence[Hashable | None]) -> Rows:
    """Return the number of every image's group, int [n], counted from 0 in the order of their first images.

    Two images are in one group where any grouping puts them there, directly or by way of others.

    Args:
        groupings: each names the group of every image, None where it puts an image with no other.

    Raises:
        ValueError: when there is no grouping, or their lengths disagree.

    """
    if not groupings or len({len(each) for each in groupings}) != 1:
        raise ValueError("groupings must be given, all of the same length")
    parents = list(range(len(groupings[0])))
    for grouping in groupings:
        first: dict[Hashable, int] = {}
        for row, name in enumerate(grouping):
            if name is not None:
                # The lower root wins, so that a root is always the first image of its group.
                one, other = sorted((_root(parents, first.setdefault(name, row)), _root(parents, row)))
                parents[other] = one
    roots = np.array([_root(parents, row) for row in range(len(parents))], dtype=np.intp)
    return np.unique(roots, return_inverse=True)[1].astype(np.intp)


def _root(parents: list[int], row: int) -> int:
    while parents[row] != row:
        parents[row] = parents[parents[row]]
        row = parents[row]
    return row
