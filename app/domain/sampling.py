"""Put the images that wait for an annotator in order; the caller says which images those are."""

from collections.abc import Sequence
from enum import StrEnum
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from app.domain.matrices import Floats, checked_thresholds


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


def sequential(images: Sequence[int]) -> list[int]:
    """Return the image ids in rising order, which is the order in which they were brought in."""
    return sorted(images)


def shuffled(images: Sequence[int], *, seed: int, person: int) -> list[int]:
    """Return the image ids in an order that looks random, and differs from person to person.

    An image's place depends on seed, person and its own id alone: two images keep their order whatever else joins or
    leaves the queue, on every machine, and however the ids were given.
    """

    def place(image: int) -> tuple[bytes, int]:
        return blake2b(f"{seed}:{person}:{image}".encode(), digest_size=8).digest(), image

    return sorted(images, key=place)


def least_certain(images: Sequence[int], probabilities: npt.ArrayLike, thresholds: npt.ArrayLike = 0.5) -> list[int]:
    """Return the image ids, least certain first; equally certain ones in rising order, unpredicted ones at the end.

    Args:
        images: n image ids.
        probabilities: float [n, L], 0 to 1, row i for `images[i]`; NaN where the model has said nothing.
        thresholds: float [L], 0 to 1, or one for all labels.

    Raises:
        ValueError: when shapes disagree or values are out of range.

    """
    certain = certainty(probabilities, thresholds)
    if certain.shape[0] != len(images):
        raise ValueError(f"{len(images)} images but probabilities of {certain.shape[0]}")
    order = np.lexsort((np.asarray(images, dtype=np.int64), np.nan_to_num(certain, nan=np.inf)))
    return [images[place] for place in order]


def certainty(probabilities: npt.ArrayLike, thresholds: npt.ArrayLike = 0.5) -> Floats:
    """Return how certain the model is of each image: that of its most doubtful label, float64 [n].

    A label's certainty is the distance of its probability from its threshold, as a share of the way to 0 or to 1: 0 at
    the threshold, 1 at the ends. NaN for an image with no probability at all. Source: least-confident sampling, Lewis &
    Gale 1994, SIGIR, and Settles 2009, Active Learning Literature Survey, section 3.1; that the most doubtful label
    speaks for the image is Loupe's choice, since that label is what a person has to look at.

    Raises:
        ValueError: when shapes disagree or values are out of range.

    """
    given = np.asarray(probabilities, dtype=np.float64)
    if given.ndim != 2:
        raise ValueError(f"probabilities must have two dimensions (images, labels), not {given.ndim}")
    limits = checked_thresholds(thresholds, given.shape[1])
    if ((given < 0) | (given > 1)).any() or ((limits < 0) | (limits > 1)).any():
        raise ValueError("probabilities and thresholds must lie between 0 and 1")
    way = np.where(given >= limits, 1 - limits, limits)
    # A threshold of 0 or 1 leaves no way on one side: whatever lies there is exactly at the threshold.
    shares = np.divide(np.abs(given - limits), way, out=np.zeros_like(given), where=way > 0)
    doubtful = np.where(np.isnan(given), np.inf, shares).min(axis=1, initial=np.inf)
    return np.where(np.isinf(doubtful), np.nan, doubtful)
