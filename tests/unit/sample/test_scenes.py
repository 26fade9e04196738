"""Every kind of scene can be drawn on every kind of sheet."""

from itertools import combinations

import numpy as np
import pytest

from worker.sample import LABELS
from worker.sample.animals import ANIMALS
from worker.sample.buildings import BUILDINGS
from worker.sample.canvas import Canvas, Place, box, ellipse, limb, smooth
from worker.sample.ornaments import ORNAMENTS
from worker.sample.pages import Page
from worker.sample.press import choose_press, print_cut
from worker.sample.scenes import compose
from worker.sample.titles import caption

MIXTURES = [frozenset(chosen) for size in range(5) for chosen in combinations(LABELS, size)]


@pytest.mark.parametrize("labels", MIXTURES, ids=lambda labels: "+".join(sorted(labels)))
def test_every_mixture_is_drawn_in_every_format(labels: frozenset[str]) -> None:
    for seed, (width, height) in enumerate([(240, 170), (170, 240), (200, 200)] * 2):
        canvas = Canvas(width, height)
        rng = np.random.default_rng(seed)
        subject = compose(canvas, rng, labels)
        assert canvas.tones.shape == (height, width)
        assert np.isfinite(canvas.tones).all()
        assert float(canvas.tones.std()) > 0.02
        assert caption(rng, subject)


def test_everything_drawable_leaves_its_mark() -> None:
    drawings = [draw for draw, _length in ANIMALS] + [draw for draw, _bare in ORNAMENTS] + list(BUILDINGS)
    assert len({draw.__name__ for draw in drawings}) == len(drawings)
    for draw in drawings:
        canvas = Canvas(220, 220, 0.7)
        draw(canvas, np.random.default_rng(3), Place(110, 190, 100))
        assert np.abs(canvas.tones - 0.7).mean() > 0.02, draw.__name__
        assert caption(np.random.default_rng(1), draw.__name__)


@pytest.mark.parametrize("engraved", [True, False])
def test_printing_keeps_dark_dark_and_light_light(*, engraved: bool) -> None:
    rng = np.random.default_rng(5)
    page = Page(rng, 300, 200)
    width, height = page.picture_size
    tones = np.full((height, width), 0.92, dtype=np.float32)
    tones[:, : width // 2] = 0.08
    printed = np.asarray(print_cut(tones, choose_press(rng, engraved=engraved), rng, page).convert("L"))
    left, top, _right, _bottom = page.box
    dark = printed[top + 40 : top + 90, left + 20 : left + 80].mean()
    light = printed[top + 40 : top + 90, left + width // 2 + 20 : left + width // 2 + 80].mean()
    assert dark < 110
    assert light > 160


def test_shapes_outside_the_sheet_do_no_harm() -> None:
    canvas = Canvas(50, 40, 0.5)
    canvas.fill(box(-90, -90, -60, -60), 0.0)
    canvas.fill(ellipse(500, 500, 20, 20), 0.0, relief=0.5)
    assert (canvas.tones == np.float32(0.5)).all()
    canvas.fill(box(-10, -10, 10, 10), 0.0)
    assert canvas.tones[0, 0] == 0
    assert canvas.tones[-1, -1] == np.float32(0.5)


def test_curves_pass_through_their_points() -> None:
    points = [(0.0, 0.0), (1.0, 2.0), (3.0, 1.0)]
    curve = smooth(points, 5, closed=False)
    assert all(np.abs(curve - point).sum(axis=1).min() < 1e-9 for point in points)
    assert len(limb(points, [1, 2, 1])) > 4


def test_a_place_moves_scales_turns_and_mirrors() -> None:
    assert np.allclose(Place(10, 20, 5)([(1, -1)]), [(15, 15)])
    assert np.allclose(Place(10, 20, 5, flip=True)([(1, -1)]), [(5, 15)])
    assert np.allclose(Place(0, 0, 1, angle=90)([(1, 0)]), [(0, 1)])
