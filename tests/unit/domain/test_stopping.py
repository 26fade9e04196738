"""The advice to stop a list: when the last places judged bring nothing to light any more."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from app.domain.stopping import WINDOW, WORTHWHILE, advise


def test_without_verdicts_there_is_nothing_to_say() -> None:
    advice = advise([])
    assert (advice.places, advice.wrong, advice.stop) == (0, 0, False)
    assert np.isnan(advice.interval.high)


def test_after_forty_places_without_a_wrong_answer_one_may_stop() -> None:
    assert not advise([False] * (WINDOW - 1)).stop
    advice = advise([True] * 30 + [False] * WINDOW)
    assert (advice.places, advice.wrong, advice.stop) == (40, 0, True)


def test_one_wrong_answer_among_the_last_forty_is_reason_to_go_on() -> None:
    for place in range(WINDOW):
        wrong = [False] * WINDOW
        wrong[place] = True
        assert not advise(wrong).stop


@pytest.mark.parametrize("found", [0, 1, 2, 5, 20, 40])
def test_the_rule_is_the_upper_end_of_wilsons_interval(found: int) -> None:
    advice = advise([True] * found + [False] * (WINDOW - found))
    low, high = proportion_confint(found, WINDOW, method="wilson")
    assert tuple(advice.interval) == pytest.approx((low, high), abs=1e-12)
    assert advice.stop == (high < WORTHWHILE)


def test_a_larger_window_allows_a_few_wrong_answers() -> None:
    wrong = [False] * 195 + [True] * 5
    assert advise(wrong, window=200).stop
    assert not advise(wrong).stop


def test_lists_that_are_worth_it_are_rarely_given_up_early() -> None:
    """Where one place in five is wrong, the advice comes up within 200 places in fewer than one list of a hundred."""
    generator = np.random.default_rng(3)
    lists = generator.random((400, 200)) < 0.20
    stopped = sum(any(advise(row[:end].tolist()).stop for end in range(WINDOW, 201, 5)) for row in lists)
    assert stopped / len(lists) < 0.02
