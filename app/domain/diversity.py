"""Put images in an order that spreads over what there is to see, by vectors that say how alike two images are."""

import numpy as np
import numpy.typing as npt

from app.domain.sampling import Ids

Singles = npt.NDArray[np.float32]

# Centres are chosen among so many images drawn at random: enough to meet whatever is not very rare, and done at once.
SAMPLE = 4096
# More different images than a person tags between two runs; the others come in rounds behind them.
CENTRES = 256
# Images compared with all centres at a time, so that the table of comparisons stays in some megabytes.
CHUNK = 8192


def diverse(images: npt.ArrayLike, vectors: npt.ArrayLike, known: npt.ArrayLike | None = None, *, seed: int = 0) -> Ids:
    """Return the image ids, int64 [n], so that any first part of them is spread widely.

    First come centres, each the image that is least like all before it; then, round by round, one more image of each
    centre's neighbourhood, the least like its centre first. Source: the greedy k-centre algorithm, Gonzalez 1985,
    Theoretical Computer Science 38, as Sener & Savarese 2018, ICLR, use it to choose what to label.

    Args:
        images: n image ids.
        vectors: unit vectors, float [n, d], row i for `images[i]`.
        known: unit vectors of images that need not come up again, float [m, d]; the first centres keep away from them.
        seed: draws the sample that the centres are chosen from.

    Raises:
        ValueError: when shapes disagree.

    """
    ids, given = np.asarray(images, dtype=np.int64), np.asarray(vectors, dtype=np.float32)
    if given.ndim != 2 or given.shape[0] != ids.size:
        raise ValueError(f"{ids.size} images but vectors of the shape {given.shape}")
    if ids.size == 0:
        return ids
    rising = np.argsort(ids)
    ids, given = ids[rising], given[rising]
    rows = np.sort(np.random.default_rng(seed).permutation(ids.size)[:SAMPLE])
    away = None if known is None or np.size(known) == 0 else np.asarray(known, dtype=np.float32)
    centres = rows[_centres(given[rows], away)]
    nearest, alike = _neighbourhoods(given, given[centres])
    nearest[centres], alike[centres] = np.arange(centres.size), -np.inf
    return ids[np.lexsort((nearest, _places(nearest, alike)))]


def _centres(sample: Singles, away: Singles | None) -> npt.NDArray[np.intp]:
    """Choose rows of the sample, each the least like those before it and like what is known."""
    if away is None:
        # Nothing to keep away from: the most ordinary image is the best to begin with.
        alike = -(sample @ sample.mean(axis=0))
    else:
        alike = np.concatenate([(part @ away.T).max(axis=1) for part in _chunks(sample)])
    chosen: list[int] = []
    for _turn in range(min(CENTRES, len(sample))):
        row = int(np.argmin(alike))
        chosen.append(row)
        closer = sample @ sample[row]
        alike = closer if away is None and len(chosen) == 1 else np.maximum(alike, closer)
        # Of two equal images the second would else be taken again for ever.
        alike[chosen] = np.inf
    return np.array(chosen, dtype=np.intp)


def _neighbourhoods(vectors: Singles, centres: Singles) -> tuple[npt.NDArray[np.intp], Singles]:
    """Tell which centre each image is most like, and how much."""
    nearest, alike = [], []
    for part in _chunks(vectors):
        products = part @ centres.T
        nearest.append(products.argmax(axis=1))
        alike.append(products.max(axis=1))
    return np.concatenate(nearest), np.concatenate(alike)


def _places(nearest: npt.NDArray[np.intp], alike: Singles) -> npt.NDArray[np.intp]:
    """Count for each image how many of its neighbourhood come before it."""
    order = np.lexsort((alike, nearest))
    firsts = np.searchsorted(nearest[order], np.arange(nearest.max() + 1))
    places = np.empty(nearest.size, dtype=np.intp)
    places[order] = np.arange(nearest.size) - firsts[nearest[order]]
    return places


def _chunks(rows: Singles) -> list[Singles]:
    return [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
