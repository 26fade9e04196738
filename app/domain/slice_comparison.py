"""Compare every label's figures in every slice with those of all images outside it."""

from dataclasses import dataclass
from enum import StrEnum
from math import isnan, nan

import numpy as np

from app.domain.gaps import LEVEL, adjusted, difference_interval, exact_tests
from app.domain.intervals import Interval, f1_interval, wilson
from app.domain.matrices import Floats
from app.domain.slice_figures import Counts, SliceCounts

# With fewer images a share of one half has a 95 % interval from a fifth to four fifths.
FEW_IMAGES = 10


class Measure(StrEnum):
    """Name a figure by which slices are compared."""

    F1 = "f1"
    PRECISION = "precision"
    RECALL = "recall"


class Gap(StrEnum):
    """Say how a figure compares with the same figure over all images outside the slice."""

    LOWER = "lower"
    HIGHER = "higher"
    # No difference that chance could not explain.
    ALIKE = "alike"
    # Not marked, but so few images that a difference could well be there.
    TOO_FEW = "too_few"
    # The figure is undefined, here or everywhere else.
    NOTHING = "nothing"


@dataclass(frozen=True)
class Figure:
    """One figure of one label in one slice, beside the same figure of all images outside it; NaN where undefined.

    For F1 the counts are those of tp / (tp + fp + fn), with which F1 rises and falls.
    """

    value: float
    interval: Interval
    successes: int
    trials: int
    rest: float
    rest_successes: int
    rest_trials: int
    # The probability that chance alone makes such a difference, raised for the number of comparisons.
    p: float
    gap: Gap

    @property
    def is_gap(self) -> bool:
        """Tell whether the difference is larger than chance explains."""
        return self.gap in {Gap.LOWER, Gap.HIGHER}

    @property
    def is_compared(self) -> bool:
        """Tell whether a test stands behind the answer."""
        return not isnan(self.p)

    def to_dict(self) -> dict[str, object]:
        """Return the figure for JSON, None where undefined."""
        apart = difference_interval(self.successes, self.trials, self.rest_successes, self.rest_trials)
        return {
            "value": _or_none(self.value),
            "interval": self.interval.to_list(),
            "elsewhere": _or_none(self.rest),
            "share_difference_interval": apart.to_list(),
            "p": _or_none(self.p),
            "gap": self.gap.value,
        }


@dataclass(frozen=True)
class Cell:
    """One label in one slice."""

    support: int
    n_known: int
    tp: int
    fp: int
    fn: int
    figures: dict[Measure, Figure]

    @property
    def n_errors(self) -> int:
        """Count the images of the slice that the run gets wrong for the label."""
        return self.fp + self.fn


def compare_slices(parts: SliceCounts, rest: SliceCounts) -> list[list[Cell]]:
    """Compare slices with what is outside them: a list of slices, each with a cell for every label.

    The probabilities are raised for the number of all comparisons together.

    Args:
        parts: the counts of each slice.
        rest: the counts of all images outside each slice, of the same shape.

    """
    here, there = _shares(parts), _shares(rest)
    tests = exact_tests(here[0], here[1], there[0], there[1])
    # What could not have come out as a difference is no comparison, and makes the others no less certain (Gilbert
    # 2005, J. R. Stat. Soc. C 54, 143-158).
    p = adjusted(np.where(tests.least <= LEVEL, tests.p, nan))
    n_slices, n_labels = parts.tp.shape
    return [
        [_cell(parts, rest, p[:, row, column], (row, column)) for column in range(n_labels)] for row in range(n_slices)
    ]


def _shares(counts: SliceCounts) -> tuple[Counts, Counts]:
    """Give the successes and the trials behind each figure, int64 [3, S, L], in the order of Measure."""
    trials = [counts.tp + counts.fp + counts.fn, counts.tp + counts.fp, counts.tp + counts.fn]
    return np.stack([counts.tp] * len(trials)), np.stack(trials)


def _cell(parts: SliceCounts, rest: SliceCounts, p: Floats, at: tuple[int, int]) -> Cell:
    tp, fp, fn = (int(each[at]) for each in (parts.tp, parts.fp, parts.fn))
    other = tuple(int(each[at]) for each in (rest.tp, rest.fp, rest.fn))
    figures = {
        measure: _figure(measure, (tp, fp, fn), other, float(each)) for measure, each in zip(Measure, p, strict=True)
    }
    return Cell(tp + fn, int(parts.known[at]), tp, fp, fn, figures)


def _figure(measure: Measure, here: tuple[int, ...], there: tuple[int, ...], p: float) -> Figure:
    trials, rest_trials = _trials(measure, here), _trials(measure, there)
    value, rest = _value(measure, here[0], trials), _value(measure, there[0], rest_trials)
    if isnan(value) or isnan(rest):
        gap = Gap.NOTHING
    elif p <= LEVEL:
        gap = Gap.LOWER if value < rest else Gap.HIGHER
    else:
        gap = Gap.TOO_FEW if trials < FEW_IMAGES else Gap.ALIKE
    interval = f1_interval(*here) if measure is Measure.F1 else wilson(here[0], trials)
    return Figure(value, interval, here[0], trials, rest, there[0], rest_trials, p, gap)


def _trials(measure: Measure, counts: tuple[int, ...]) -> int:
    tp, fp, fn = counts
    return tp + (fp if measure is not Measure.RECALL else 0) + (fn if measure is not Measure.PRECISION else 0)


def _value(measure: Measure, successes: int, trials: int) -> float:
    if not trials:
        return nan
    share = successes / trials
    return 2 * share / (1 + share) if measure is Measure.F1 else share


def _or_none(value: float) -> float | None:
    return None if isnan(value) else value
