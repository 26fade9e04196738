"""Tell whether a tuned threshold does anything that 0.5 does not, on the same images.

Both thresholds judge the same images, so that they are compared on the same draws of a paired bootstrap: what is easy
or hard about an image cancels out. Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapter 13.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from app.domain.intervals import Interval, percentile_interval
from app.domain.matrices import Cells, Floats
from app.domain.objectives import Objective, ObjectiveKind

# Beyond each end of a 95 % interval lie then 50 draws, and its ends hardly depend on the seed.
RESAMPLES = 2000


class Measure(StrEnum):
    """Name a figure by which two thresholds are compared."""

    F_BETA = "f_beta"
    PRECISION = "precision"
    RECALL = "recall"
    # What misses and false alarms cost per image, in false alarms.
    COST = "cost"
    # The share of images that are predicted.
    SHARE = "share"


# A floor speaks of both figures: a threshold that raises one and lowers the other does something that 0.5 does not.
_MEASURES = {
    ObjectiveKind.F_BETA: (Measure.F_BETA,),
    ObjectiveKind.RECALL_AT_PRECISION: (Measure.PRECISION, Measure.RECALL),
    ObjectiveKind.PRECISION_AT_RECALL: (Measure.PRECISION, Measure.RECALL),
    ObjectiveKind.COST: (Measure.COST,),
    ObjectiveKind.PREVALENCE: (Measure.SHARE,),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """Hold one figure at both thresholds, and the 95 % interval of tuned minus 0.5; NaN where undefined."""

    measure: Measure
    tuned: float
    at_half: float
    interval: Interval

    @property
    def is_clear(self) -> bool:
        """Tell whether the interval leaves 0 out."""
        return self.interval.low > 0 or self.interval.high < 0


def against_half(
    truth: Cells,
    tuned: Cells,
    at_half: Cells,
    objective: Objective,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> tuple[Difference, ...]:
    """Compare two sets of predictions of one label by the figures that the objective speaks of.

    Args:
        truth: int8 [n], 1 present, 0 absent, -1 unknown; unknown rows are left out.
        tuned: int8 [n], 1 or 0, best cross-fitted, so that the answers compared on did not tune the threshold.
        at_half: int8 [n], 1 or 0, predicted at 0.5.
        objective: what was tuned for.
        seed: 0 or greater.
        resamples: how many draws.

    """
    known = truth >= 0
    # Every image is one of eight cases, and a draw of images is a draw of their counts: no figure needs more.
    cases = (truth[known] * 4 + tuned[known] * 2 + at_half[known]).astype(np.intp)
    counts = np.bincount(cases, minlength=8)
    n = int(counts.sum())
    shares = counts / n if n else np.full(8, 1 / 8)
    drawn = np.random.default_rng(seed).multinomial(n, shares, size=resamples)
    compared = []
    for measure in _MEASURES[objective.kind]:
        first, second = (_figure(measure, counts[None], side, objective.value)[0] for side in (2, 1))
        change = _figure(measure, drawn, 2, objective.value) - _figure(measure, drawn, 1, objective.value)
        compared.append(Difference(measure, float(first), float(second), percentile_interval(change)))
    return tuple(compared)


def told_apart(differences: tuple[Difference, ...]) -> bool:
    """Tell whether any of the figures differs by more than chance would have it."""
    return any(difference.is_clear for difference in differences)


def _figure(measure: Measure, counts: npt.NDArray[np.int64], side: int, value: float) -> Floats:
    """Return a figure of each row of case counts [b, 8]; `side` is the bit of the predictions, 2 tuned, 1 at 0.5."""
    cases = np.arange(8)
    yes, shows = (cases & side) > 0, (cases & 4) > 0
    tp, fp, fn = (counts[:, chosen].sum(axis=1) for chosen in (yes & shows, yes & ~shows, ~yes & shows))
    match measure:
        case Measure.F_BETA:
            return _ratio((1 + value**2) * tp, (1 + value**2) * tp + value**2 * fn + fp)
        case Measure.PRECISION:
            return _ratio(tp, tp + fp)
        case Measure.RECALL:
            return _ratio(tp, tp + fn)
        case Measure.COST:
            return _ratio(value * fn + fp, counts.sum(axis=1))
        case Measure.SHARE:
            return _ratio(tp + fp, counts.sum(axis=1))


def _ratio(part: npt.NDArray[np.number], whole: npt.NDArray[np.number]) -> Floats:
    """Return part / whole, NaN where the whole is 0."""
    shares: Floats = np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
    return shares
