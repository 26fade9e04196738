"""Whether more images would help follows from the slope and how sure it is."""

import numpy as np
import pytest
from scipy.stats import linregress

from app.domain.learning_curves import Trend, slope_of, spread

IMAGES = np.array([10, 25, 50, 75] * 4 + [100])


def curve(per_doubling: float, noise: float, seed: int = 0) -> np.ndarray:
    chance = np.random.default_rng(seed)
    figures: np.ndarray = 0.6 + per_doubling * np.log2(IMAGES / 100) + noise * chance.standard_normal(len(IMAGES))
    return figures


def test_slope_and_error_are_those_of_scipy_from_half_of_the_images_on() -> None:
    figures = curve(0.05, 0.02)
    figures[IMAGES < 50] = 0.0
    found = slope_of(IMAGES, figures)
    used = IMAGES >= 50
    wanted = linregress(np.log2(IMAGES[used]), figures[used])
    assert found.per_doubling == pytest.approx(wanted.slope, abs=1e-9)
    assert found.error == pytest.approx(wanted.stderr, abs=1e-9)


@pytest.mark.parametrize(
    ("per_doubling", "noise", "trend"),
    [
        (0.05, 0.002, Trend.HELPS),
        (0.0, 0.002, Trend.LEVEL),
        (-0.05, 0.002, Trend.LEVEL),
        (0.005, 0.0001, Trend.LEVEL),
        (0.05, 0.2, Trend.UNCLEAR),
    ],
)
def test_a_clear_slope_helps_none_has_levelled_off_and_scatter_leaves_it_open(
    per_doubling: float, noise: float, trend: Trend
) -> None:
    assert slope_of(IMAGES, curve(per_doubling, noise)).trend is trend


def test_undefined_figures_are_left_out_and_too_few_say_nothing() -> None:
    figures = curve(0.05, 0.001)
    gone = figures.copy()
    gone[2] = np.nan
    kept = np.isfinite(gone)
    assert slope_of(IMAGES, gone) == slope_of(IMAGES[kept], figures[kept])
    for images, values in (
        ([], []),
        ([100, 100, 100], [0.1, 0.2, 0.3]),
        ([50, 100], [0.1, 0.2]),
        (IMAGES, gone * np.nan),
    ):
        assert slope_of(images, values).trend is Trend.UNKNOWN


def test_the_spread_passes_over_what_is_undefined() -> None:
    assert spread([0.25, np.nan, 0.75]) == (0.5, 0.25, 0.75)
    assert np.isnan(spread([np.nan])).all()
    assert np.isnan(spread([])).all()
