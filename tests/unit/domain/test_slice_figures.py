import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from sklearn.metrics import precision_recall_fscore_support

from app.domain.matrices import Cells, Flags
from app.domain.slice_figures import count_slices, macro, micro
from tests.unit.domain.strategies import Matrix, cases, reproducible

FIGURES = ("precision", "recall", "f1")


def drawn(seed: int, n: int = 80, labels: int = 5, slices: int = 4, unknown: float = 0.2) -> tuple[Cells, Cells, Flags]:
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, 2, (n, labels)).astype(np.int8)
    predictions = np.where(generator.random((n, labels)) < 0.75, truth, 1 - truth).astype(np.int8)
    truth[generator.random((n, labels)) < unknown] = -1
    # No image shows the last label, and none of its predictions is right.
    truth[:, -1] = np.minimum(truth[:, -1], 0)
    return truth, predictions, generator.random((n, slices)) < 0.4


@pytest.mark.parametrize("seed", range(10))
def test_counts_are_those_of_each_slice_by_itself(seed: int) -> None:
    truth, predictions, members = drawn(seed)
    counts = count_slices(truth, predictions, members)
    for slice_, rows in enumerate(members.T):
        for label in range(truth.shape[1]):
            cells = [(int(t), int(p)) for t, p in zip(truth[rows, label], predictions[rows, label], strict=True)]
            assert counts.tp[slice_, label] == cells.count((1, 1))
            assert counts.fp[slice_, label] == cells.count((0, 1))
            assert counts.fn[slice_, label] == cells.count((1, 0))
            assert counts.known[slice_, label] == sum(t >= 0 for t, _p in cells)
        assert counts.images[slice_] == rows.sum()


@pytest.mark.parametrize("seed", range(10))
def test_averages_equal_scikit_learns(seed: int) -> None:
    truth, predictions, members = drawn(seed, unknown=0.0)
    members[:, 3] = False
    members[:4, 3] = True  # a slice so small that some labels are missing from it
    counts = count_slices(truth, predictions, members)
    for slice_, rows in enumerate(members.T):
        there = np.flatnonzero((truth[rows] | predictions[rows]).any(axis=0))
        for average, ours in (("micro", micro(counts)), ("macro", macro(counts))):
            theirs = precision_recall_fscore_support(
                truth[rows], predictions[rows], labels=there, average=average, zero_division=0
            )[:3]
            assert [getattr(ours, name)[slice_] for name in FIGURES] == pytest.approx(theirs, abs=1e-12)


def test_nothing_shown_and_nothing_predicted_leaves_averages_undefined() -> None:
    truth, predictions = np.zeros((3, 2), dtype=np.int8), np.zeros((3, 2), dtype=np.int8)
    counts = count_slices(truth, predictions, np.ones((3, 1), dtype=np.bool_))
    for made in (micro(counts), macro(counts)):
        assert all(np.isnan(getattr(made, name)).all() for name in FIGURES)


def test_what_is_outside_a_slice_is_what_is_left() -> None:
    truth, predictions, members = drawn(3)
    everything: npt.NDArray[np.bool_] = np.ones((len(truth), 1), dtype=np.bool_)
    rest = count_slices(truth, predictions, everything).minus(count_slices(truth, predictions, members))
    outside = count_slices(truth, predictions, ~members)
    for name in ("tp", "fp", "fn", "known", "images"):
        np.testing.assert_array_equal(getattr(rest, name), getattr(outside, name))


@reproducible
@given(cases(unknown=True))
def test_one_slice_of_everything_counts_every_known_cell(case: tuple[Matrix, Matrix, Matrix]) -> None:
    truth = case[0]
    counts = count_slices(truth, (truth == 1).astype(np.int8), np.ones((len(truth), 1), dtype=np.bool_))
    np.testing.assert_array_equal(counts.known[0], (truth >= 0).sum(axis=0))
    assert not counts.fp.any()
    assert not counts.fn.any()
