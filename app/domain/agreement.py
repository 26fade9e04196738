"""Say how far people who answered for the same images agree about one label.

Answers come as counts: of each image, how many people said each value. Unsure is no value: whoever was unsure has not
answered. Images that share their counts may be given once, with how many they are: nothing here grows with the number
of images.
"""

from dataclasses import dataclass
from math import isnan

import numpy as np
import numpy.typing as npt

from app.domain.intervals import NOTHING_KNOWN, RESAMPLES, Interval, percentile_interval
from app.domain.matrices import Floats


@dataclass(frozen=True, slots=True)
class Figure:
    """Hold a figure with its 95 % interval; NaN where it is undefined, or where no interval can be told."""

    value: float
    interval: Interval

    def to_dict(self) -> dict[str, object]:
        """Return the fields for JSON, None where undefined."""
        return {"value": None if isnan(self.value) else self.value, "interval": self.interval.to_list()}


@dataclass(frozen=True, slots=True)
class Agreement:
    """Hold how far people agree about one label, on the images for which two or more of them were sure.

    `share` is the share of all pairs of answers to the same image that are alike, `present` the chance that another
    person says present where one does, `alpha` Krippendorff's.
    """

    images: int
    answers: int
    differing: int
    share: Figure
    present: Figure
    alpha: Figure


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Hold how far two people agree about one label, on the images for which both were sure."""

    images: int
    share: Figure
    kappa: Figure


def agreement(counts: npt.ArrayLike, images: npt.ArrayLike, *, seed: int = 0, resamples: int = RESAMPLES) -> Agreement:
    """Return how far people agree about one label; figures that nothing defines are NaN.

    Args:
        counts: int [n, 2], how many people said present and absent.
        images: int [n], how many images have these counts.
        seed: 0 or greater; draws the resamples of the images, from those with two answers or more.
        resamples: how many.

    Raises:
        ValueError: when shapes disagree or a count is negative.

    Source: Krippendorff 2011, Computing Krippendorff's Alpha-Reliability; Fleiss 1971, Psychol. Bull. 76, 378-382, for
    pairs of answers; Cicchetti & Feinstein 1990, J. Clin. Epidemiol. 43, 551-558, for agreement on what is present.

    """
    said, times = _checked(counts, images)
    told = said.sum(axis=1)
    present = said[:, 0]
    like = (said * (said - 1)).sum(axis=1)
    pairs = told * (told - 1)
    drawn = _drawn(times, resamples, seed)
    return Agreement(
        images=int(times.sum()),
        answers=int(times @ told),
        differing=int(times[(said > 0).all(axis=1)].sum()),
        share=_figure(_ratio(times @ like, times @ pairs), _ratio(drawn @ like, drawn @ pairs)),
        present=_figure(
            _ratio(times @ (present * (present - 1)), times @ (present * (told - 1))),
            _ratio(drawn @ (present * (present - 1)), drawn @ (present * (told - 1))),
        ),
        alpha=_figure(krippendorff_alpha(said, times), krippendorff_alpha(said, drawn)),
    )


def pair_agreement(table: npt.ArrayLike, *, seed: int = 0, resamples: int = RESAMPLES) -> PairAgreement:
    """Return how far two people agree about one label.

    Args:
        table: int [K, K], how many images the first person gave the value of the row and the second that of the column.
        seed: 0 or greater; draws the resamples of the images.
        resamples: how many.

    Raises:
        ValueError: when the table is not square or a count is negative.

    Source: Cohen 1960, Educ. Psychol. Meas. 20, 37-46.

    """
    given = np.asarray(table, dtype=np.int64)
    if given.ndim != 2 or given.shape[0] != given.shape[1] or (given < 0).any():
        raise ValueError("the table must be square, and hold no negative count")
    drawn = _drawn(given.ravel(), resamples, seed).reshape(resamples, *given.shape)
    return PairAgreement(
        images=int(given.sum()),
        share=_figure(_alike(given), _alike(drawn)),
        kappa=_figure(cohen_kappa(given), cohen_kappa(drawn)),
    )


def krippendorff_alpha(counts: npt.ArrayLike, images: npt.ArrayLike | None = None) -> Floats:
    """Return Krippendorff's alpha for values without an order, float64 [...]; NaN where all answers are of one value.

    Args:
        counts: int [n, K], how many people said each value; images with fewer than two answers are left out.
        images: int [..., n], how many images have these counts, for instance in each resample; 1 where it is None.

    Source: Krippendorff 2011, Computing Krippendorff's Alpha-Reliability, section C.

    """
    said = np.asarray(counts, dtype=np.float64)
    times = np.ones(len(said)) if images is None else np.asarray(images, dtype=np.float64)
    told = said.sum(axis=1)
    kept = told >= 2
    said, told, times = said[kept], told[kept], times[..., kept]
    totals = times @ said
    n = totals.sum(axis=-1)
    observed = times @ ((told**2 - (said**2).sum(axis=1)) / (told - 1))
    expected = n**2 - (totals**2).sum(axis=-1)
    return 1 - _ratio((n - 1) * observed, expected)


def cohen_kappa(table: npt.ArrayLike) -> Floats:
    """Return Cohen's kappa of each table, float64 [...]; NaN where both people gave one and the same value throughout.

    Args:
        table: int [..., K, K], how many images the first person gave the value of the row and the second that of the
            column.

    Source: Cohen 1960, Educ. Psychol. Meas. 20, 37-46.

    """
    given = np.asarray(table, dtype=np.float64)
    total = given.sum(axis=(-2, -1))
    alike = np.trace(given, axis1=-2, axis2=-1)
    chance = (given.sum(axis=-1) * given.sum(axis=-2)).sum(axis=-1)
    return _ratio(total * alike - chance, total**2 - chance)


def _alike(table: npt.NDArray[np.int64]) -> Floats:
    return _ratio(np.trace(table, axis1=-2, axis2=-1), table.sum(axis=(-2, -1)))


def _checked(counts: npt.ArrayLike, images: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the counts of images with two answers or more, and how many images have them."""
    said, times = np.asarray(counts, dtype=np.int64).reshape(-1, 2), np.asarray(images, dtype=np.int64)
    if times.shape != (len(said),):
        raise ValueError(f"{len(said)} counts but {times.shape} numbers of images")
    if (said < 0).any() or (times < 0).any():
        raise ValueError("a count cannot be negative")
    kept = said.sum(axis=1) >= 2
    return said[kept], times[kept]


def _drawn(times: npt.NDArray[np.int64], resamples: int, seed: int) -> npt.NDArray[np.int64]:
    """Draw as many images as there are with replacement, int64 [B, n]: how often each row is among them."""
    total = int(times.sum())
    if total == 0:
        return np.zeros((resamples, len(times)), dtype=np.int64)
    return np.random.default_rng(seed).multinomial(total, times / total, size=resamples)


def _figure(value: npt.ArrayLike, drawn: Floats) -> Figure:
    """Give a figure its interval; where no resample differs from another there is nothing to tell one from."""
    defined = drawn[~np.isnan(drawn)]
    varies = defined.size > 0 and float(defined.max() - defined.min()) > 0
    return Figure(float(np.asarray(value)), percentile_interval(drawn) if varies else NOTHING_KNOWN)


def _ratio(part: npt.ArrayLike, whole: npt.ArrayLike) -> Floats:
    above, below = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    shares: Floats = np.divide(above, below, out=np.full(above.shape, np.nan), where=below != 0)
    return shares
