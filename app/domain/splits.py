"""Divide images into splits and folds: so that every label keeps its share, at random, or as a column says.

No way of dividing tears a group apart or moves an image that has a split.

Iterative stratification after K. Sechidis, G. Tsoumakas, I. Vlahavas: On the Stratification of Multi-Label Data (ECML
PKDD 2011), the rarest label first; extended by groups, which move as one, and by images whose split is already given,
which count towards the shares. The package iterative-stratification knows neither of the two.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.domain.statuses import Split

Cells = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

# The lesson's division; a test split is optional.
DEFAULT_SHARES: Mapping[Split, float] = {Split.TRAIN: 0.7, Split.VALIDATION: 0.3, Split.TEST: 0.0}
_ORDER = (Split.TRAIN, Split.VALIDATION, Split.TEST)
_FREE = -1
# Shares are no binary fractions: what differs by less is equal.
_ROUNDING = 1e-9


def assign_splits(
    truth: npt.ArrayLike,
    given: Sequence[Split | None] | None = None,
    groups: Sequence[Hashable] | None = None,
    shares: Mapping[Split, float] = DEFAULT_SHARES,
    seed: int = 42,
) -> list[Split]:
    """Return the split of every image; one that has a split keeps it.

    The same arguments give the same splits. Images without any known label are divided by number alone. A new image of
    a group that already has a split follows it (the split of most of its images, on a tie the first of train,
    validation, test). Where there is any image without a split, at least one image ends in train.

    Args:
        truth: int8 [n, L], 1 present, 0 absent, -1 unknown; L may be 0.
        given: the split each image already has, None for a new one; nothing given means that all are new.
        groups: what may not straddle splits, per image, such as a source; nothing given means no groups.
        shares: what part of the images each split gets; need not add up to one.
        seed: settles ties.

    Raises:
        ValueError: when lengths disagree, a share is negative, or train has none.

    """
    cells = np.asarray(truth, dtype=np.int8)
    held = [None] * len(cells) if given is None else list(given)
    wanted = np.array([float(shares.get(split, 0.0)) for split in _ORDER])
    if len(held) != len(cells):
        raise ValueError("truth and given splits must be of the same length")
    if (wanted < 0).any() or wanted[0] <= 0:
        raise ValueError("shares must not be negative, and train needs one")
    assigned = _stratify(cells, _parts(held), _group_rows(groups, len(cells)), wanted / wanted.sum(), seed)
    return [_ORDER[place] for place in assigned]


def random_splits(
    given: Sequence[Split | None],
    groups: Sequence[Hashable] | None = None,
    shares: Mapping[Split, float] = DEFAULT_SHARES,
    seed: int = 42,
) -> list[Split]:
    """Return the split of every image, dealt by number alone, whatever the images show; else as `assign_splits`."""
    return assign_splits(np.zeros((len(given), 0), dtype=np.int8), given, groups, shares, seed)


def column_splits(
    truth: npt.ArrayLike,
    named: Sequence[Split | None],
    given: Sequence[Split | None],
    groups: Sequence[Hashable] | None = None,
    shares: Mapping[Split, float] = DEFAULT_SHARES,
    seed: int = 42,
) -> list[Split]:
    """Return the split of every image: the one it has, else the one that is named for it, else as `assign_splits`.

    A group stays together: it follows the split that it has already, else the one that most of its images name (on a
    tie the first of train, validation, test).

    Args:
        truth: int8 [n, L], 1 present, 0 absent, -1 unknown.
        named: the split that a column names per image, None where it names none.
        given: the split each image already has, None for a new one.
        groups: what may not straddle splits, per image; nothing given means no groups.
        shares: for the images of which nothing is named.
        seed: settles ties among these.

    Raises:
        ValueError: when lengths disagree, a share is negative, or train has none.

    """
    if not len(named) == len(given) == len(np.asarray(truth)):
        raise ValueError("truth, named and given splits must be of the same length")
    rows = _group_rows(groups, len(named))
    held = _follow_groups(_parts(given), rows, len(_ORDER))
    told = _majorities(np.where(held == _FREE, _parts(named), _FREE), rows, len(_ORDER))[rows]
    settled = np.where(held == _FREE, told, held).tolist()
    return assign_splits(truth, [None if part == _FREE else _ORDER[part] for part in settled], groups, shares, seed)


def assign_folds(
    truth: npt.ArrayLike, folds: int = 5, groups: Sequence[Hashable] | None = None, seed: int = 42
) -> Rows:
    """Return the fold of every image, int [n], 0 up to at most `folds`; never more folds than groups.

    Args:
        truth: int8 [n, L], 1 present, 0 absent, -1 unknown.
        folds: how many are wished for, at least 1.
        groups: what stays in one fold, per image; nothing given means no groups.
        seed: settles ties.

    Raises:
        ValueError: when lengths disagree.

    """
    cells = np.asarray(truth, dtype=np.int8)
    rows = _group_rows(groups, len(cells))
    count = max(1, min(folds, int(rows.max(initial=-1)) + 1))
    free = np.full(len(cells), _FREE, dtype=np.intp)
    return _stratify(cells, free, rows, np.full(count, 1 / count), seed)


@dataclass(slots=True)
class _Need:
    """Hold what each part still wants: images [k] and positives per label [k, L]."""

    shares: Floats
    images: Floats
    positives: Floats

    def choose(self, weight: float, label: int | None, rng: np.random.Generator) -> int:
        """Return the part that wants a unit of `weight` images most, by a label's positives, then by images."""
        images = self.images.tolist()
        sharing = [part for part, share in enumerate(self.shares) if share > 0]
        # A part that wants less than half of the unit is full, else a wealth of rare labels would all go to one part.
        open_parts = [part for part in sharing if images[part] >= weight / 2 - _ROUNDING]
        if not open_parts:
            fullest = max(images[part] for part in sharing)
            open_parts = [part for part in sharing if images[part] == fullest]
        if label is not None:
            open_parts = _largest(open_parts, self.positives[:, label].tolist())
        open_parts = _largest(open_parts, images)
        return int(open_parts[0] if len(open_parts) == 1 else rng.choice(open_parts))

    def take(self, part: int, weight: float, positives: Floats) -> None:
        """Record that a part received a unit."""
        self.images[part] -= weight
        self.positives[part] -= positives


def _stratify(cells: Cells, fixed: Rows, groups: Rows, shares: Floats, seed: int) -> Rows:
    """Return the part of every image, int [n]; `fixed` holds the parts already given, else -1."""
    rng = np.random.default_rng(seed)
    assigned = _follow_groups(fixed, groups, len(shares))
    present = (cells == 1).astype(np.float64)
    new = assigned == _FREE
    need = _Need(shares, shares * len(cells), np.outer(shares, present.sum(axis=0)))
    for part in range(len(shares)):
        need.take(part, float((assigned == part).sum()), present[assigned == part].sum(axis=0))
    units, unit_of = np.unique(groups[new], return_inverse=True)
    weights = np.bincount(unit_of, minlength=len(units)).astype(np.float64)
    positives = np.zeros((len(units), present.shape[1]))
    np.add.at(positives, unit_of, present[new])
    parts = _deal(weights, positives, need, rng)
    if len(parts) and not (parts == 0).any() and not (assigned == 0).any():
        # The unit that shows most labels is the one a model can learn most from.
        parts[int(positives.sum(axis=1).argmax())] = 0
    assigned[new] = parts[unit_of]
    return assigned


def _deal(weights: Floats, positives: Floats, need: _Need, rng: np.random.Generator) -> Rows:
    """Give every unit a part, the units of the rarest remaining label first, large units before small ones."""
    parts = np.full(len(weights), _FREE, dtype=np.intp)
    order = rng.permutation(len(weights))
    order = order[np.argsort(-weights[order], kind="stable")]
    while True:
        remaining = positives[parts == _FREE].sum(axis=0)
        label = int(np.where(remaining > 0, remaining, np.inf).argmin()) if remaining.any() else None
        free = order[parts[order] == _FREE]
        for unit in free if label is None else free[positives[free, label] > 0]:
            parts[unit] = need.choose(float(weights[unit]), label, rng)
            need.take(int(parts[unit]), float(weights[unit]), positives[unit])
        if label is None:
            return parts


def _follow_groups(fixed: Rows, groups: Rows, count: int) -> Rows:
    """Let new images of a group follow the part that most of its images have."""
    return np.asarray(np.where(fixed != _FREE, fixed, _majorities(fixed, groups, count)[groups]), dtype=np.intp)


def _majorities(fixed: Rows, groups: Rows, count: int) -> Rows:
    """Return the part that most images of each group have, int [g], the first on a tie; -1 where none has one."""
    known = fixed != _FREE
    votes = np.zeros((int(groups.max(initial=-1)) + 1, count), dtype=np.intp)
    np.add.at(votes, (groups[known], fixed[known]), 1)
    return np.where(votes.any(axis=1), votes.argmax(axis=1), _FREE).astype(np.intp)


def _group_rows(groups: Sequence[Hashable] | None, count: int) -> Rows:
    """Number the groups in order of appearance, int [n]."""
    if groups is None:
        return np.arange(count, dtype=np.intp)
    if len(groups) != count:
        raise ValueError("truth and groups must be of the same length")
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(group, len(numbers)) for group in groups], dtype=np.intp)


def _largest(parts: list[int], values: list[float]) -> list[int]:
    """Keep the parts whose value is the largest, rounding errors aside."""
    least = max(values[part] for part in parts) - _ROUNDING
    return [part for part in parts if values[part] >= least]


def _parts(splits: Sequence[Split | None]) -> Rows:
    """Number the splits, int [n], -1 for none."""
    return np.array([_FREE if split is None else _ORDER.index(split) for split in splits], dtype=np.intp)
