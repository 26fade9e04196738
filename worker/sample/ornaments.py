"""Things to which none of the labels apply: still lifes, wares from advertisements, printers' ornaments."""

from collections.abc import Callable

import numpy as np

from worker.sample.canvas import Canvas, Place, Points, box, ellipse, limb, smooth

Draw = Callable[[Canvas, np.random.Generator, Place], None]


def _table(canvas: Canvas, place: Place) -> None:
    """Set a table under what stands on y = 0."""
    top = place([(0, 0)])[0][1]
    canvas.fill(box(-5, top - place.scale * 0.1, canvas.width + 5, canvas.height + 5), 0.5, relief=0.1)
    canvas.fill(box(-5, top + place.scale * 0.16, canvas.width + 5, canvas.height + 5), 0.3)


def vase(canvas: Canvas, rng: np.random.Generator, place: Place) -> None:
    """Draw a vase of flowers."""
    _table(canvas, place)
    for _stem in range(11):
        tip = (rng.uniform(-0.5, 0.5), -rng.uniform(0.75, 1.25))
        stem = smooth([(tip[0] * 0.1, -0.5), (tip[0] * 0.5, -0.7), tip], 5, closed=False)
        canvas.line(place(stem), place.scale * 0.012, 0.2)
        leaf = limb(
            [(tip[0] * 0.4, -0.66), (tip[0] * 0.7 + 0.06, -0.74), (tip[0] * 0.8 + 0.1, -0.86)], [0.01, 0.035, 0.005]
        )
        canvas.fill(place.shape(leaf), 0.24, relief=0.35)
        bloom = float(rng.choice([0.9, 0.6, 0.35]))
        for petal in np.arange(7) * 2 * np.pi / 7:
            canvas.fill(
                place(ellipse(tip[0] + 0.06 * np.cos(petal), tip[1] + 0.06 * np.sin(petal), 0.05, 0.05, 12)),
                bloom,
                relief=0.4,
            )
        canvas.fill(place(ellipse(*tip, 0.035, 0.035)), 0.15, relief=0.4)
    body = [
        (-0.12, -0.56),
        (-0.09, -0.48),
        (-0.24, -0.28),
        (-0.13, 0.02),
        (0.13, 0.02),
        (0.24, -0.28),
        (0.09, -0.48),
        (0.12, -0.56),
    ]
    canvas.fill(place(smooth(body)), rng.uniform(0.4, 0.75), relief=0.8)


def watch(canvas: Canvas, rng: np.random.Generator, place: Place) -> None:
    """Draw a pocket watch on its chain."""
    chain = smooth([(0, -1.0), (0.3, -1.12), (0.5, -0.9), (0.66, -1.1), (0.9, -0.9)], 9, closed=False)
    for x, y in chain[::2]:
        canvas.fill(place(ellipse(x, y, 0.028, 0.02, 10)), 0.3, relief=0.5)
    canvas.fill(place(ellipse(0, -0.96, 0.08, 0.08)), 0.35, relief=0.6)
    canvas.fill(place(ellipse(0, -0.45, 0.47, 0.47, 60)), 0.42, relief=0.9)
    canvas.fill(place(ellipse(0, -0.45, 0.39, 0.39, 60)), 0.95)
    for hour in range(12):
        out = np.array([np.sin(hour * np.pi / 6), -np.cos(hour * np.pi / 6)])
        mark = np.array([(0, -0.45) + out * 0.29, (0, -0.45) + out * 0.36])
        canvas.line(place(mark), place.scale * (0.035 if hour % 3 == 0 else 0.018), 0.08)
    for length, width in ((0.19, 0.03), (0.29, 0.018)):
        turn = rng.uniform(0, 2 * np.pi)
        hand = np.array([(0, -0.45), (length * np.sin(turn), -0.45 - length * np.cos(turn))])
        canvas.line(place(hand), place.scale * width, 0.06)
    canvas.fill(place(ellipse(0, -0.45, 0.025, 0.025)), 0.06)


def bottle(canvas: Canvas, rng: np.random.Generator, place: Place) -> None:
    """Draw a bottle, a glass and fruit."""
    _table(canvas, place)
    body = [
        (-0.07, -1.1),
        (0.07, -1.1),
        (0.07, -0.84),
        (0.18, -0.66),
        (0.18, 0.03),
        (-0.18, 0.03),
        (-0.18, -0.66),
        (-0.07, -0.84),
    ]
    canvas.fill(place(body), 0.14, relief=0.6)
    canvas.fill(place(box(-0.165, -0.5, 0.165, -0.16)), 0.92)
    canvas.fill(place(box(-0.11, -0.4, 0.11, -0.36)), 0.2)
    for y in (-0.31, -0.26, -0.21):
        canvas.line(place([(-0.12, y), (0.12, y)]), 1.5, 0.4)
    canvas.fill(
        place(smooth([(-0.52, -0.56), (-0.5, -0.3), (-0.42, -0.24), (-0.34, -0.3), (-0.32, -0.56)], 4)),
        0.86,
        relief=0.7,
    )
    canvas.line(place([(-0.42, -0.25), (-0.42, 0.0)]), place.scale * 0.03, 0.8)
    canvas.fill(place(ellipse(-0.42, 0.02, 0.11, 0.03)), 0.8, relief=0.5)
    for _fruit in range(int(rng.integers(3, 6))):
        x, size = rng.uniform(0.32, 0.72), rng.uniform(0.1, 0.15)
        canvas.fill(place(ellipse(x, 0.04 - size, size, size)), rng.uniform(0.3, 0.6), relief=0.9)
        canvas.line(place([(x, 0.04 - 2 * size), (x + 0.02, -2.4 * size)]), place.scale * 0.015, 0.1)


def boot(canvas: Canvas, rng: np.random.Generator, place: Place) -> None:
    """Draw a buttoned boot from an advertisement."""
    sole = [(-0.42, 0.03), (-0.42, -0.05), (0.6, -0.05), (0.66, 0.02), (0.3, 0.04), (0.0, -0.01), (-0.16, 0.04)]
    canvas.fill(place(sole), 0.06)
    upper = [
        (-0.36, -1.1),
        (0.06, -1.12),
        (0.06, -0.62),
        (0.2, -0.36),
        (0.5, -0.24),
        (0.64, -0.1),
        (0.6, -0.03),
        (-0.4, -0.03),
        (-0.4, -0.4),
    ]
    canvas.fill(place(smooth(upper, 5)), 0.2, relief=0.9)
    canvas.fill(
        place(smooth([(0.3, -0.3), (0.5, -0.24), (0.65, -0.1), (0.6, -0.03), (0.32, -0.03)], 4)), 0.08, relief=0.8
    )
    for y in np.linspace(-1.02, -0.4, int(rng.integers(6, 9))):
        canvas.fill(place(ellipse(-0.02 + max(0, y + 0.6) * 0.5, y, 0.028, 0.028)), 0.9, relief=0.3)


def lamp(canvas: Canvas, rng: np.random.Generator, place: Place) -> None:
    """Draw an oil lamp."""
    _table(canvas, place)
    canvas.fill(place(smooth([(-0.26, 0.02), (-0.2, -0.06), (0.2, -0.06), (0.26, 0.02)], 4)), 0.25, relief=0.5)
    canvas.fill(place(box(-0.045, -0.3, 0.045, -0.04)), 0.35, relief=0.6)
    canvas.fill(place(ellipse(0, -0.38, 0.26, 0.14)), rng.uniform(0.3, 0.6), relief=0.9)
    chimney = [
        (-0.08, -0.5),
        (-0.12, -0.66),
        (-0.06, -0.85),
        (-0.06, -1.2),
        (0.06, -1.2),
        (0.06, -0.85),
        (0.12, -0.66),
        (0.08, -0.5),
    ]
    canvas.fill(place(smooth(chimney, 4)), 0.93, relief=0.5)
    canvas.fill(place([(-0.4, -0.62), (-0.16, -1.0), (0.16, -1.0), (0.4, -0.62)]), 0.88, relief=0.6)
    canvas.fill(place(smooth([(-0.42, -0.62), (0, -0.57), (0.42, -0.62), (0, -0.66)], 5)), 0.4)


def teapot(canvas: Canvas, rng: np.random.Generator, place: Place) -> None:
    """Draw a teapot and a cup."""
    _table(canvas, place)
    tone = rng.uniform(0.5, 0.85)
    canvas.fill(place.shape(limb([(0.3, -0.26), (0.5, -0.34), (0.6, -0.6)], [0.1, 0.06, 0.035])), tone, relief=0.5)
    handle = smooth([(-0.34, -0.5), (-0.6, -0.56), (-0.62, -0.26), (-0.34, -0.16)], 6, closed=False)
    canvas.line(place(handle), place.scale * 0.05, tone - 0.2)
    canvas.fill(place(ellipse(0, -0.32, 0.4, 0.34)), tone, relief=0.9)
    canvas.fill(place(ellipse(0, -0.62, 0.2, 0.06)), tone - 0.15, relief=0.6)
    canvas.fill(place(ellipse(0, -0.7, 0.05, 0.05)), 0.25, relief=0.5)
    for x in np.linspace(-0.24, 0.24, 5):
        canvas.fill(place(ellipse(x, -0.32, 0.035, 0.06)), 0.3)
    canvas.fill(place(smooth([(0.62, -0.24), (0.66, -0.02), (0.84, -0.02), (0.9, -0.24)], 4)), 0.9, relief=0.6)


def books(canvas: Canvas, rng: np.random.Generator, place: Place) -> None:
    """Draw a pile of books with a quill."""
    _table(canvas, place)
    y = 0.0
    for _book in range(int(rng.integers(3, 6))):
        high, left, right = rng.uniform(0.1, 0.18), rng.uniform(-0.6, -0.4), rng.uniform(0.35, 0.6)
        tone = rng.uniform(0.12, 0.6)
        canvas.fill(place(box(left, y - high, right, y)), tone, relief=0.3)
        canvas.fill(place(box(right - 0.06, y - high * 0.85, right + 0.01, y - high * 0.15)), 0.93)
        for band in (0.2, 0.5, 0.8):
            canvas.line(
                place([(left + 0.6 * band, y - high), (left + 0.6 * band, y)]), place.scale * 0.012, tone + 0.25
            )
        y -= high
    ink = [(-0.2, y), (-0.22, y - 0.14), (-0.1, y - 0.18), (0.02, y - 0.14), (0.0, y)]
    canvas.fill(place(ink), 0.1, relief=0.5)
    quill = limb([(-0.1, y - 0.16), (0.16, y - 0.5), (0.5, y - 0.85)], [0.008, 0.07, 0.01])
    canvas.fill(place.shape(quill), 0.94, relief=0.3)
    canvas.line(place(smooth([(-0.1, y - 0.16), (0.16, y - 0.5), (0.5, y - 0.85)], closed=False)), 1.6, 0.3)


def _spiral(x: float, y: float, size: float, turn: float, hand: int) -> Points:
    along = np.linspace(0, 1, 40)
    angle = turn + hand * along * 2.4 * 2 * np.pi
    return np.stack([x + size * (1 - along) * np.cos(angle), y + size * (1 - along) * np.sin(angle)], axis=1)


def flourish(canvas: Canvas, rng: np.random.Generator, place: Place) -> None:
    """Draw a printer's flourish, the same on both sides."""
    curls = [
        (rng.uniform(0.12, 0.45), rng.uniform(-0.8, -0.2), rng.uniform(0.1, 0.22), rng.uniform(0, 6.3))
        for _curl in range(6)
    ]
    for side in (-1, 1):
        for x, y, size, turn in curls:
            start = turn if side > 0 else np.pi - turn
            line = _spiral(side * x, y, size, start, side)
            stem = smooth([(0, -0.5), (side * x * 0.5, (y - 0.5) / 2), line[0]], 6, closed=False)
            canvas.line(place(stem), place.scale * 0.03, 0.08)
            canvas.line(place(line), place.scale * 0.03, 0.08)
            canvas.fill(place(ellipse(line[-1][0], line[-1][1], 0.035, 0.035)), 0.06)
            leaf = limb([line[0], line[4], line[9]], [0.01, 0.05, 0.01])
            canvas.fill(place.shape(leaf), 0.1)
    canvas.fill(place([(0, -0.66), (0.1, -0.5), (0, -0.34), (-0.1, -0.5)]), 0.06)
    canvas.fill(place([(0, -0.59), (0.055, -0.5), (0, -0.41), (-0.055, -0.5)]), 0.95)


def star(canvas: Canvas, rng: np.random.Generator, place: Place) -> None:
    """Draw a rosette of rays and rings."""
    points = int(rng.choice([5, 6, 8, 12]))
    canvas.fill(place(ellipse(0, -0.5, 0.62, 0.62, 60)), 0.12)
    canvas.fill(place(ellipse(0, -0.5, 0.56, 0.56, 60)), 0.95)
    turns = np.arange(2 * points) * np.pi / points
    reach = np.where(np.arange(2 * points) % 2 == 0, 0.52, rng.uniform(0.18, 0.3))
    rays = np.stack([reach * np.sin(turns), -0.5 - reach * np.cos(turns)], axis=1)
    canvas.fill(place(rays), 0.5)
    for index in range(0, 2 * points, 2):
        canvas.fill(place(np.array([(0, -0.5), rays[index], rays[(index + 1) % (2 * points)]])), 0.14)
    canvas.fill(place(ellipse(0, -0.5, 0.1, 0.1)), 0.93, relief=0.6)


# Each thing and whether it is printed on bare paper, without a backdrop.
ORNAMENTS: tuple[tuple[Draw, bool], ...] = (
    (vase, False),
    (watch, True),
    (bottle, False),
    (boot, True),
    (lamp, False),
    (teapot, False),
    (books, False),
    (flourish, True),
    (star, True),
)
