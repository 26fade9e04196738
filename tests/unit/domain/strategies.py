"""What the tests of the domain draw their examples from."""

from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

Matrix = npt.NDArray[Any]

# The same examples on every machine and in every run; slow machines are no failures.
reproducible = settings(derandomize=True, deadline=None, max_examples=120)

# Few distinct values make ties, which is where implementations differ.
TIED = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.5000001, 0.75, 1.0])
ANY = st.floats(min_value=0.0, max_value=1.0, allow_nan=False, allow_subnormal=False)


@st.composite
def cases(
    draw: st.DrawFn, *, unknown: bool, min_rows: int = 1, max_rows: int = 14, min_labels: int = 2, max_labels: int = 5
) -> tuple[Matrix, Matrix, Matrix]:
    """Draw truth int8 [n, L], probabilities float64 [n, L] and thresholds float64 [L]."""
    shape = draw(st.tuples(st.integers(min_rows, max_rows), st.integers(min_labels, max_labels)))
    values = st.sampled_from([-1, 0, 1] if unknown else [0, 1])
    truth = draw(hnp.arrays(np.int8, shape, elements=values))
    probabilities = draw(hnp.arrays(np.float64, shape, elements=draw(st.sampled_from([TIED, ANY]))))
    thresholds = draw(hnp.arrays(np.float64, shape[1], elements=TIED))
    return truth, probabilities, thresholds


def noisy(
    n: int, labels: int, seed: int, *, unknown: float = 0.0, shift: float = 0.3, share: float = 0.3
) -> tuple[Matrix, Matrix]:
    """Return truth and probabilities that know something of it, `shift` apart on average."""
    generator = np.random.default_rng(seed)
    truth = (generator.random((n, labels)) < share).astype(np.int8)
    probabilities = np.clip(generator.normal(0.3 + shift * truth, 0.2), 0, 1)
    truth[generator.random(truth.shape) < unknown] = -1
    return truth, probabilities
