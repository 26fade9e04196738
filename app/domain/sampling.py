"""Put the images that wait for an annotator in order; the caller says which images those are."""

from enum import StrEnum
from hashlib import blake2b, sha256

import numpy as np
import numpy.typing as npt

from app.domain.matrices import UNKNOWN, Floats, checked_thresholds, checked_truth

Ids = npt.NDArray[np.int64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIXING = (
    (np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)),
    (np.uint64(27), np.uint64(0x94D049BB133111EB)),
)


class Order(StrEnum):
    """Say in which order images come up in the annotation queue."""

    SEQUENTIAL = "sequential"
    RANDOM = "random"
    DATE = "date"
    SOURCE = "source"
    LEAST_CERTAIN = "least_certain"
    MOST_LIKELY = "most_likely"
    AGAINST_MODEL = "against_model"
    AMONG_PEOPLE = "among_people"
    DIVERSE = "diverse"

    @property
    def asks_model(self) -> bool:
        """Tell whether it follows from what a model says."""
        return self in {Order.LEAST_CERTAIN, Order.MOST_LIKELY, Order.AGAINST_MODEL}

    @property
    def looks_again(self) -> bool:
        """Tell whether images that have all their answers come up again, for one more opinion."""
        return self in {Order.AGAINST_MODEL, Order.AMONG_PEOPLE}


def shuffled(images: npt.ArrayLike, *, seed: int, person: int) -> Ids:
    """Return the image ids, int64 [n], in an order that looks random, and differs from person to person.

    An image's place depends on seed, person and its own id alone: two images keep their order whatever else joins or
    leaves the queue, on every machine, and however the ids were given. Source of the mixing: the finaliser of
    SplitMix64, Steele, Lea & Flood 2014, Fast Splittable Pseudorandom Number Generators, OOPSLA.
    """
    given = np.sort(np.asarray(images, dtype=np.int64))
    key = blake2b(f"{seed}:{person}".encode(), digest_size=8).digest()
    mixed = given.astype(np.uint64) * _GOLDEN + np.frombuffer(key, dtype="<u8")
    for shift, factor in _MIXING:
        mixed = (mixed ^ (mixed >> shift)) * factor
    return given[np.argsort(mixed ^ (mixed >> np.uint64(31)), kind="stable")]


def starting_point(*, seed: int, person: int) -> str:
    """Return where a person begins a round through images that stand in the order of their SHA-256, in hexadecimal."""
    return sha256(f"{seed}:{person}".encode()).hexdigest()


def rising(images: npt.ArrayLike, keys: npt.ArrayLike) -> Ids:
    """Return the image ids, int64 [n], by float keys [n]: the lowest first, NaN last, equal ones by their ids."""
    given = np.asarray(images, dtype=np.int64)
    return given[np.lexsort((given, np.nan_to_num(np.asarray(keys, dtype=np.float64), nan=np.inf)))]


def least_certain(images: npt.ArrayLike, probabilities: npt.ArrayLike, thresholds: npt.ArrayLike = 0.5) -> Ids:
    """Return the image ids, int64 [n], least certain first; unpredicted ones at the end.

    Args:
        images: n image ids.
        probabilities: float [n, L], 0 to 1, row i for `images[i]`; NaN where the model has said nothing.
        thresholds: float [L], 0 to 1, or one for all labels.

    Raises:
        ValueError: when shapes disagree or values are out of range.

    """
    certain = certainty(probabilities, thresholds)
    _check_rows(images, certain)
    return rising(images, certain)


def most_likely(images: npt.ArrayLike, probabilities: npt.ArrayLike) -> Ids:
    """Return the image ids, int64 [n], by the probability of their likeliest label, falling; unpredicted ones last.

    Raises:
        ValueError: when shapes disagree or values are out of range.

    """
    given = _checked(probabilities)
    _check_rows(images, given)
    return rising(images, -np.where(np.isnan(given), -np.inf, given).max(axis=1, initial=-np.inf))


def against_model(
    images: npt.ArrayLike, truth: npt.ArrayLike, probabilities: npt.ArrayLike, thresholds: npt.ArrayLike = 0.5
) -> Ids:
    """Return the ids of the images that the model contradicts, int64 [m], where it is most certain of that first.

    `truth` is int8 [n, L] with -1 for unknown; what counts is the most certain of an image's contradicted labels.

    Raises:
        ValueError: when shapes disagree or values are out of range.

    """
    known, given = checked_truth(truth), _checked(probabilities)
    _check_rows(images, given)
    limits = checked_thresholds(thresholds, given.shape[1])
    wrong = (known != UNKNOWN) & ~np.isnan(given) & ((given >= limits) != (known == 1))
    strength = np.where(wrong, _shares(given, limits), -np.inf).max(axis=1, initial=-np.inf)
    found = wrong.any(axis=1)
    return rising(np.asarray(images, dtype=np.int64)[found], -strength[found])


def certainty(probabilities: npt.ArrayLike, thresholds: npt.ArrayLike = 0.5) -> Floats:
    """Return how certain the model is of each image: that of its most doubtful label, float64 [n].

    A label's certainty is the distance of its probability from its threshold, as a share of the way to 0 or to 1: 0 at
    the threshold, 1 at the ends. NaN for an image with no probability at all. Source: least-confident sampling, Lewis &
    Gale 1994, SIGIR, and Settles 2009, Active Learning Literature Survey, section 3.1; that the most doubtful label
    speaks for the image is Loupe's choice, since that label is what a person has to look at.

    Raises:
        ValueError: when shapes disagree or values are out of range.

    """
    given = _checked(probabilities)
    limits = checked_thresholds(thresholds, given.shape[1])
    if ((limits < 0) | (limits > 1)).any():
        raise ValueError("probabilities and thresholds must lie between 0 and 1")
    doubtful = np.where(np.isnan(given), np.inf, _shares(given, limits)).min(axis=1, initial=np.inf)
    return np.where(np.isinf(doubtful), np.nan, doubtful)


def _checked(probabilities: npt.ArrayLike) -> Floats:
    given = np.asarray(probabilities, dtype=np.float64)
    if given.ndim != 2:
        raise ValueError(f"probabilities must have two dimensions (images, labels), not {given.ndim}")
    if ((given < 0) | (given > 1)).any():
        raise ValueError("probabilities and thresholds must lie between 0 and 1")
    return given


def _check_rows(images: npt.ArrayLike, rows: Floats) -> None:
    if np.size(images) != rows.shape[0]:
        raise ValueError(f"{np.size(images)} images but probabilities of {rows.shape[0]}")


def _shares(given: Floats, limits: Floats) -> Floats:
    """Tell how far each probability is from its threshold, as a share of the way to 0 or to 1."""
    way = np.where(given >= limits, 1 - limits, limits)
    # A threshold of 0 or 1 leaves no way on one side: whatever lies there is exactly at the threshold.
    return np.divide(np.abs(given - limits), way, out=np.zeros_like(given), where=way > 0)
