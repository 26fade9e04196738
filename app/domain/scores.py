"""Turn counts into precision, recall and F-beta."""

from dataclasses import dataclass
from math import isfinite

import numpy as np
import numpy.typing as npt

from app.domain.matrices import Floats


@dataclass(frozen=True, slots=True)
class Scoring:
    """Hold how counts become figures.

    `beta` is how many times as much recall weighs as precision in F-beta, greater than 0. `undefined_as_one` makes a
    figure that is 0/0 a 1. Anything else raises ValueError.
    """

    beta: float = 1.0
    undefined_as_one: bool = False

    def __post_init__(self) -> None:
        if not (isfinite(self.beta) and self.beta > 0):
            raise ValueError("beta must be greater than 0")

    def settle(self, figures: Floats) -> Floats:
        """Return the figures with 1 for undefined ones, where that is asked for."""
        settled: Floats = np.where(np.isnan(figures), 1.0, figures) if self.undefined_as_one else figures
        return settled


PLAIN = Scoring()


def precision_recall_f1(tp: npt.ArrayLike, fp: npt.ArrayLike, fn: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Return precision, recall and F1 of counts of any one shape; NaN where 0/0.

    F1 is 2 tp / (2 tp + fp + fn), so that it is 0 where only one of precision and recall is undefined.
    """
    hits, added, missed = (np.asarray(given, dtype=np.float64) for given in (tp, fp, fn))
    return (
        _ratio(hits, hits + added),
        _ratio(hits, hits + missed),
        _ratio(2 * hits, 2 * hits + added + missed),
    )


def f_beta(tp: npt.ArrayLike, fp: npt.ArrayLike, fn: npt.ArrayLike, beta: float) -> Floats:
    """Return F-beta of counts of any one shape, (1 + b) tp / ((1 + b) tp + b fn + fp) with b = beta squared.

    NaN where 0/0; 0 where only one of precision and recall is undefined. Source: van Rijsbergen 1979, Information
    Retrieval, chapter 7.
    """
    hits, added, missed = (np.asarray(given, dtype=np.float64) for given in (tp, fp, fn))
    square = beta**2
    return _ratio((1 + square) * hits, (1 + square) * hits + square * missed + added)


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Return part / whole, NaN where the whole is 0."""
    shares: Floats = np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
    return shares
