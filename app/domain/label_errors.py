"""Say which answers look wrong, which images are unlike all others, and where twins are labelled differently.

Rows are images, columns are labels, as in `app.domain.matrices`.
"""

from collections import defaultdict
from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

from app.domain.matrices import Cells, Flags, Floats, Rows

# A fence such as Tukey's leaves nothing of an even collection, and hundreds of a large one: a share is always a list.
STRANGE_SHARE = 0.05
# So many fill a window.
FEWEST_STRANGE = 12


def neighbour_shares(
    truth: Cells, neighbours: npt.NDArray[np.integer], similarities: npt.NDArray[np.floating]
) -> Floats:
    """Return which share of an image's nearest images shows each label, float64 [n, L]; NaN where none is known.

    Each neighbour counts by the square of its similarity, so that near ones count most; one that points the other way
    does not count. Source: Dudani 1976, The distance-weighted k-nearest-neighbor rule, IEEE Trans. SMC 6, 325-327, with
    squared similarities for its weights.

    Args:
        truth: int8 [n, L], 1 present, 0 absent, -1 unknown.
        neighbours: int [n, k], rows of the nearest images; -1 where there are fewer.
        similarities: float [n, k], -1 to 1.

    """
    present, known = np.zeros(truth.shape), np.zeros(truth.shape)
    weights = np.where(neighbours >= 0, np.clip(similarities, 0, None), 0).astype(np.float64) ** 2
    for place in range(neighbours.shape[1]):
        cells, weight = truth[neighbours[:, place]], weights[:, place, None]
        present += weight * (cells == 1)
        known += weight * (cells >= 0)
    shares: Floats = np.divide(present, known, out=np.full(truth.shape, np.nan), where=known > 0)
    return shares


def combined(probabilities: Floats, shares: Floats) -> Floats:
    """Return the mean of what the model and the nearest images say, float64 [n, L].

    The model alone where no neighbour is known; NaN where the model has nothing honest to say.

    Args:
        probabilities: float64 [n, L], 0 to 1, NaN where the model has learned from the image.
        shares: float64 [n, L], as from `neighbour_shares`.

    """
    both: Floats = (probabilities + np.where(np.isnan(shares), probabilities, shares)) / 2
    return both


def strangest(distances: Floats) -> Flags:
    """Tell which images are among the twentieth that is least like the others, and at least a dozen, bool [n].

    Where a collection holds nothing odd these are merely its rarer images: the distance says how far they stand apart.

    Args:
        distances: float64 [n], mean distance of each image to its nearest images; NaN is never among them.

    """
    known = int((~np.isnan(distances)).sum())
    wanted = min(known, max(FEWEST_STRANGE, round(STRANGE_SHARE * known)))
    chosen = np.zeros(distances.shape, dtype=np.bool_)
    chosen[np.argsort(-distances, kind="stable")[:wanted]] = True
    return chosen


def divided_groups(truth: Cells, groups: Sequence[Hashable | None]) -> list[tuple[Rows, int]]:
    """List the groups whose images do not agree on a label, each with that label's column.

    Args:
        truth: int8 [n, L], 1 present, 0 absent, -1 unknown.
        groups: the group of each image; None where it has none.

    """
    members: dict[Hashable, list[int]] = defaultdict(list)
    for row, group in enumerate(groups):
        if group is not None:
            members[group].append(row)
    found: list[tuple[Rows, int]] = []
    for own in members.values():
        rows, cells = np.array(own, dtype=np.intp), truth[own]
        divided = np.flatnonzero((cells == 1).any(axis=0) & (cells == 0).any(axis=0)).tolist()
        found += [(rows[cells[:, column] >= 0], column) for column in divided]
    return found
