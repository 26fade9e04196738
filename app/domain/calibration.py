"""Say whether probabilities can be taken at their word: of images that get 0.8, do 80 in 100 show the label?"""

from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from app.domain.intervals import Interval, wilson
from app.domain.matrices import Cells, Floats
from app.domain.metrics import UNDEFINED, json_safe

# Ten is what reliability diagrams have had since they were drawn, and what published errors are reckoned with.
BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Hold the images whose probability lies above `low` and up to `high`; 0 itself is in the first bin."""

    low: float
    high: float
    n: int
    n_present: int
    # Of the probabilities in the bin; NaN where it is empty, as is the share.
    mean: float
    share: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Calibration:
    """Hold one label's reliability diagram and its expected calibration error, NaN where no image is known."""

    error: float
    bins: tuple[Bin, ...]

    def to_dict(self) -> dict[str, object]:
        """Return the figures for JSON, None where undefined."""
        return json_safe(asdict(self))


def calibrate(truth: Cells, probabilities: Floats, bins: int = BINS) -> Calibration:
    """Compare one label's probabilities with how often the label is there, in bins of equal width.

    The expected calibration error is the mean over images of how far the share of their bin lies from its mean
    probability, 0 to 1. With few images it is above 0 by chance alone.

    Args:
        truth: int8 [n], 1, 0 or -1; unknown rows are left out.
        probabilities: float64 [n], 0 to 1.
        bins: how many.

    Source: Naeini, Cooper & Hauskrecht 2015, Obtaining Well Calibrated Probabilities Using Bayesian Binning, AAAI;
    shares and means of the bins equal `sklearn.calibration.calibration_curve(strategy="uniform")`.

    """
    known = truth >= 0
    positive, given = truth[known] == 1, probabilities[known]
    edges = np.linspace(0, 1, bins + 1)
    place = np.searchsorted(edges[1:-1], given)
    n = np.bincount(place, minlength=bins)
    n_present = np.bincount(place, weights=positive, minlength=bins).astype(np.int64)
    summed = np.bincount(place, weights=given, minlength=bins)
    made = tuple(
        _bin(float(edges[i]), float(edges[i + 1]), int(n[i]), int(n_present[i]), float(summed[i])) for i in range(bins)
    )
    gaps = [each.n * abs(each.share - each.mean) for each in made if each.n]
    return Calibration(sum(gaps) / given.size if given.size else UNDEFINED, made)


def histogram(truth: Cells, probabilities: Floats, bins: int = 2 * BINS) -> npt.NDArray[np.int64]:
    """Return how many images without the label (row 0) and with it (row 1) fall into each bin, int [2, bins].

    A bin takes what lies above its lower end and up to its upper end, the first one 0 too. Arguments as in `calibrate`.
    """
    place = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], probabilities)
    counted = [np.bincount(place[truth == value], minlength=bins) for value in (0, 1)]
    return np.array(counted, dtype=np.int64)


def _bin(low: float, high: float, n: int, n_present: int, summed: float) -> Bin:
    mean, share = (summed / n, n_present / n) if n else (UNDEFINED, UNDEFINED)
    return Bin(low, high, n, n_present, mean, share, wilson(n_present, n))
