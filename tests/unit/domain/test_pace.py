"""Active time and pace, reckoned by hand and by a second, slower reckoning."""

from math import inf, isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.pace import PAUSE_SECONDS, Pace, days_left, hours_left, pace


def slowly(moments: list[float], spent: list[float]) -> tuple[int, float]:
    """Reckon step by step what the definition says."""
    answers, seconds, before = 0, 0.0, -inf
    for moment in sorted(set(moments)):
        together = [took for when, took in zip(moments, spent, strict=True) if when == moment]
        on_screen = [took for took in together if not isnan(took)]
        if moment - before <= PAUSE_SECONDS:
            answers, seconds = answers + len(together), seconds + moment - before
        elif on_screen:
            answers, seconds = answers + len(together), seconds + min(max(on_screen), PAUSE_SECONDS)
        before = moment
    return answers, seconds


def test_gaps_count_and_pauses_do_not() -> None:
    # Ten seconds each, then lunch, then two more; the image after lunch was on the screen for 5 s.
    moments = [0, 10, 20, 30, 3630, 3640]
    assert pace(moments, [8, 9, 9, 9, 5, 9]) == Pace(6, 8 + 30 + 5 + 10)


def test_an_image_left_open_over_lunch_counts_as_a_pause_long() -> None:
    assert pace([0, 4000], [10, 4000]) == Pace(2, 10 + PAUSE_SECONDS)


def test_a_gap_of_exactly_a_pause_is_work() -> None:
    assert pace([0, 120], [nan, nan]) == Pace(1, 120)
    assert pace([0, 120.5], [nan, nan]) == Pace(0, 0)


def test_answers_given_together_took_the_time_of_one_step() -> None:
    assert pace([0] * 50 + [30] * 50, [nan] * 100) == Pace(50, 30)
    assert pace([0] * 50, [nan] * 50).per_hour is None


def test_nothing_and_one_answer() -> None:
    assert pace([], []) == Pace()
    assert pace([5], [nan]) == Pace(0, 0)
    assert pace([5], [7]) == Pace(1, 7)


def test_the_pace_is_answers_in_an_hour_of_work() -> None:
    assert pace(np.arange(361) * 10.0, [10.0] * 361).per_hour == 360
    assert Pace(10, 59).per_hour is None
    assert (Pace(10, 60) + Pace(20, 40)).per_hour == 30 / 100 * 3600


@given(st.lists(st.tuples(st.integers(0, 2000).map(float), st.one_of(st.just(nan), st.floats(0, 500))), max_size=40))
def test_it_is_what_the_definition_says_in_any_order(rows: list[tuple[float, float]]) -> None:
    moments, spent = [row[0] for row in rows], [row[1] for row in rows]
    found = pace(moments, spent)
    answers, seconds = slowly(moments, spent)
    assert found.answers == answers
    assert found.seconds == pytest.approx(seconds)


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="one length"):
        pace([1, 2], [1])


def test_what_is_left_follows_from_the_pace() -> None:
    assert hours_left(900, Pace(300, 3600)) == 3
    assert hours_left(900, Pace(1, 3)) is None
    assert days_left(700, 350, 7) == 14
    assert days_left(0, 350, 7) == 0
    assert days_left(10, 0, 7) is None
    assert days_left(1_000_000, 1, 7) is None
