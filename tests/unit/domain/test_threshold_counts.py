"""Counts for the slider, against counting one threshold at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from app.domain.threshold_counts import GRID, around_cut, at_threshold, binned
from tests.unit.domain.strategies import Matrix, cases, reproducible

# Exactly on the steps, in single precision beside them, and anywhere.
edges = st.one_of(
    st.integers(0, 1000).map(lambda step: step / 1000),
    st.integers(0, 1000).map(lambda step: float(np.float32(step / 1000))),
    st.floats(0, 1),
)


@reproducible
@given(cases(unknown=True, max_rows=20), hnp.arrays(np.float64, st.integers(0, 30), elements=edges))
def test_every_step_counts_what_its_threshold_predicts(case: tuple[Matrix, Matrix, Matrix], others: Matrix) -> None:
    truth, said = case[0][:, 0], case[1][:, 0]
    collection = np.concatenate([said, others])
    counts = binned(truth, said, collection)
    for step in (*range(0, 1001, 50), 1, 333, 999):
        reached = said >= GRID[step]
        wanted = ((reached & (truth == 1)).sum(), (reached & (truth == 0)).sum(), (collection >= step / 1000).sum())
        summed = tuple(row[step:].sum() for row in (counts.present, counts.absent, counts.collection))
        one = at_threshold(truth, said, collection, step / 1000)
        assert summed == wanted == (one.tp, one.fp, one.collection)


def test_a_step_is_written_as_browsers_write_it() -> None:
    assert GRID.tolist() == [step / 1000 for step in range(1001)]


def test_a_threshold_between_steps_is_counted_exactly() -> None:
    said = np.array([0.3454, 0.3456, 0.9])
    one = at_threshold(np.array([1, 0, -1], dtype=np.int8), said, said, 0.3455)
    assert (one.tp, one.fp, one.collection) == (0, 1, 2)


def test_the_cut_has_the_nearest_images_on_both_sides() -> None:
    said = np.array([0.9, 0.1, 0.5, 0.4, 0.6, 0.4999, 0.5])
    above, below = around_cut(said, 0.5, 3)
    assert above.tolist() == [2, 6, 4]
    assert below.tolist() == [5, 3, 1]
    assert [rows.tolist() for rows in around_cut(said, 0.0, 2)] == [[1, 3], []]
    assert [rows.tolist() for rows in around_cut(said[:0], 0.5, 2)] == [[], []]


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_the_ends_of_the_scale_have_their_place(value: float) -> None:
    counts = binned(np.array([1], dtype=np.int8), np.array([value]), np.array([value]))
    assert counts.present[0 if value == 0 else 1000] == 1
    assert counts.present.sum() == 1
