"""Draws that follow from their parts: even, and the same everywhere."""

from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from app.domain.chance import draw


@given(st.lists(st.integers() | st.text()))
def test_a_draw_lies_from_0_up_to_but_not_1(parts: list[object]) -> None:
    assert 0 <= draw(*parts) < 1


def test_draws_are_spread_evenly() -> None:
    assert stats.kstest([draw(42, place) for place in range(5000)], "uniform").pvalue > 0.01


def test_a_draw_is_the_same_on_every_machine() -> None:
    assert draw(42, "opinions", "ab") == 0.06950532638382245
