import numpy as np
import pytest

from app.domain.slice_comparison import FEW_IMAGES, Figure, Gap, Measure, compare_slices
from app.domain.slice_figures import SliceCounts


def counts(tp: list[list[int]], fp: list[list[int]], fn: list[list[int]]) -> SliceCounts:
    found, added, missed = (np.array(each, dtype=np.int64) for each in (tp, fp, fn))
    known = found + added + missed
    return SliceCounts(found, added, missed, known, images=known.max(axis=1))


def figure(here: tuple[int, int, int], there: tuple[int, int, int], measure: Measure = Measure.RECALL) -> Figure:
    parts, rest = (counts([[tp]], [[fp]], [[fn]]) for tp, fp, fn in (here, there))
    return compare_slices(parts, rest)[0][0].figures[measure]


def test_a_large_difference_is_marked_in_its_direction() -> None:
    assert figure((5, 0, 20), (90, 0, 10)).gap is Gap.LOWER
    assert figure((30, 0, 0), (50, 0, 60)).gap is Gap.HIGHER
    assert figure((28, 30, 0), (90, 0, 4), Measure.PRECISION).gap is Gap.LOWER
    assert figure((5, 15, 15), (90, 5, 5), Measure.F1).gap is Gap.LOWER


def test_even_a_few_images_can_show_a_difference_and_where_they_do_not_this_is_said() -> None:
    assert figure((0, 0, 8), (95, 0, 5)).gap is Gap.LOWER
    for found in range(6, FEW_IMAGES):
        assert figure((found, 0, FEW_IMAGES - 1 - found), (80, 0, 20)).gap is Gap.TOO_FEW
    assert figure((8, 0, FEW_IMAGES - 8), (80, 0, 20)).gap is Gap.ALIKE


def test_what_is_undefined_is_compared_with_nothing() -> None:
    assert figure((0, 3, 0), (5, 0, 1)).gap is Gap.NOTHING
    assert figure((3, 0, 1), (0, 2, 0)).gap is Gap.NOTHING
    assert not figure((3, 0, 1), (0, 2, 0)).is_compared


def test_f1_is_what_its_counts_make_it() -> None:
    made = figure((6, 2, 4), (30, 10, 10), Measure.F1)
    assert (made.value, made.rest) == pytest.approx((12 / 18, 60 / 80))
    assert (made.successes, made.trials, made.rest_trials) == (6, 12, 50)
    assert made.interval.low < made.value < made.interval.high


def test_what_could_not_differ_does_not_make_the_others_less_certain() -> None:
    alone = compare_slices(counts([[3]], [[0]], [[9]]), counts([[60]], [[0]], [[30]]))[0][0]
    # The second label is always found and never wrongly added: no slice of it could have stood out.
    beside = compare_slices(counts([[3, 5]], [[0, 0]], [[9, 0]]), counts([[60, 40]], [[0, 0]], [[30, 0]]))[0]
    assert beside[0].figures[Measure.RECALL].p == alone.figures[Measure.RECALL].p
    assert not beside[1].figures[Measure.RECALL].is_compared
