"""Ask cleanlab which answers look wrong, and how many are.

Importing this module loads cleanlab, with scikit-learn and pandas in its wake; that takes a second.
"""

import numpy as np
import numpy.typing as npt
from cleanlab.count import num_label_issues
from cleanlab.rank import get_label_quality_scores

from app.domain.matrices import Cells, Floats


def label_quality(truth: Cells, probabilities: Floats) -> Floats:
    """Return how far each answer can be trusted, float64 [n, L]: from 0, surely wrong, to 1; NaN where nobody can say.

    cleanlab's self-confidence of every label by itself, as its multi-label scores are made.

    Args:
        truth: int8 [n, L], 1 present, 0 absent, -1 unknown.
        probabilities: float64 [n, L], 0 to 1, by something that has not seen the answer; NaN where there is none.

    """
    quality = np.full(truth.shape, np.nan)
    for column in range(truth.shape[1]):
        known = _known(truth[:, column], probabilities[:, column])
        if known.any():
            answers, both = _two_columns(truth[known, column], probabilities[known, column])
            quality[known, column] = get_label_quality_scores(answers, both, method="self_confidence")
    return quality


def estimated_errors(truth: Cells, probabilities: Floats) -> list[int | None]:
    """Return an estimate of how many answers of each label are wrong; None where one side of the label is missing.

    cleanlab's confident learning counts answers that the probabilities confidently contradict (Northcutt, Jiang &
    Chuang 2021, Confident learning, J. Artif. Intell. Res. 70, 1373-1411). Arguments as in `label_quality`.
    """
    found: list[int | None] = []
    for column in range(truth.shape[1]):
        known = _known(truth[:, column], probabilities[:, column])
        answers, both = _two_columns(truth[known, column], probabilities[known, column])
        # Without a present and an absent answer there is no telling what the label's probabilities usually are.
        found.append(int(num_label_issues(answers, both)) if len(np.unique(answers)) == 2 else None)
    return found


def _known(truth: npt.NDArray[np.int8], probabilities: Floats) -> npt.NDArray[np.bool_]:
    return np.asarray((truth >= 0) & ~np.isnan(probabilities), dtype=np.bool_)


def _two_columns(truth: npt.NDArray[np.int8], probabilities: Floats) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return answers as integers and the probabilities of absent and present, as cleanlab takes them."""
    return truth.astype(np.int64), np.column_stack((1 - probabilities, probabilities))
