"""Houses, churches, works and bridges. A building is one unit wide; its foot stands on y = 0 around x = 0."""

from collections.abc import Callable

import numpy as np

from worker.sample.canvas import Canvas, Place, Points, box, ellipse, noise, smooth

Draw = Callable[[Canvas, np.random.Generator, Place], None]


def _windows(
    canvas: Canvas,
    place: Place,
    area: tuple[float, float, float, float],
    columns: int,
    rows: int,
    *,
    arched: bool = False,
) -> None:
    """Set a grid of windows into an area (left, top, right, bottom)."""
    left, top, right, bottom = area
    wide, high = (right - left) / columns, (bottom - top) / rows
    for column in range(columns):
        for row in range(rows):
            x, y = left + wide * (column + 0.5), top + high * (row + 0.5)
            half, tall = wide * 0.27, high * 0.32
            canvas.fill(place(box(x - half * 1.35, y - tall * 1.2, x + half * 1.35, y + tall * 1.3)), 0.93)
            canvas.fill(place(box(x - half, y - tall, x + half, y + tall)), 0.14)
            if arched:
                canvas.fill(place(ellipse(x, y - tall, half, half)), 0.14)
            canvas.line(place([(x, y - tall), (x, y + tall)]), place.scale * wide * 0.05, 0.85)
            canvas.line(place([(x - half, y), (x + half, y)]), place.scale * wide * 0.05, 0.85)
            canvas.line(
                place([(x - half * 1.6, y + tall * 1.35), (x + half * 1.6, y + tall * 1.35)]),
                place.scale * wide * 0.09,
                0.3,
            )


def _courses(canvas: Canvas, place: Place, area: tuple[float, float, float, float], step: float, tone: float) -> None:
    """Draw the level joints of boards or bricks."""
    left, top, right, bottom = area
    for y in np.arange(top + step, bottom, step):
        canvas.line(place([(left, y), (right, y)]), 1.0, tone, 0.4)


def _smoke(canvas: Canvas, rng: np.random.Generator, place: Place, x: float, y: float) -> None:
    for puff in range(9):
        size = 0.03 + 0.014 * puff
        at = (x + 0.055 * puff + rng.normal(0, 0.015), y - 0.05 * puff - rng.uniform(0, 0.03))
        canvas.fill(
            place(ellipse(*at, size * 1.3, size)),
            0.3 + 0.05 * puff,
            soft=place.scale * 0.012,
            opacity=0.75 - 0.06 * puff,
        )


def _dome(half: float, high: float, base: float) -> Points:
    turn = np.linspace(np.pi, 2 * np.pi, 24)
    return np.stack([half * np.cos(turn), base + high * np.sin(turn)], axis=1)


def house(canvas: Canvas, rng: np.random.Generator, place: Place) -> None:
    """Draw a house with a gable and a long side."""
    wall, roof = rng.uniform(0.72, 0.92), rng.uniform(0.18, 0.34)
    eaves, top = -rng.uniform(0.38, 0.5), -rng.uniform(0.68, 0.8)
    canvas.fill(place([(-0.5, 0), (-0.5, eaves), (-0.3, top), (-0.1, eaves), (-0.1, 0)]), wall)
    canvas.fill(place(box(-0.1, eaves, 0.5, 0)), wall - 0.25)
    _courses(canvas, place, (-0.5, eaves, 0.5, 0), 0.035, 0.35)
    canvas.fill(
        place([(-0.33, top - 0.01), (0.36, top - 0.01), (0.56, eaves + 0.03), (-0.07, eaves + 0.03)]), roof, relief=0.2
    )
    canvas.fill(
        place(
            [
                (-0.3, top - 0.03),
                (-0.55, eaves + 0.04),
                (-0.51, eaves + 0.05),
                (-0.3, top + 0.04),
                (-0.09, eaves + 0.05),
                (-0.05, eaves + 0.03),
            ]
        ),
        0.12,
    )
    canvas.fill(place(box(0.16, top - 0.16, 0.26, top + 0.06)), 0.3, relief=0.4)
    if rng.random() < 0.5:
        _smoke(canvas, rng, place, 0.21, top - 0.18)
    _windows(canvas, place, (-0.08, eaves + 0.03, 0.48, -0.05), 3, 2 if eaves < -0.43 else 1)
    _windows(canvas, place, (-0.42, eaves - 0.12, -0.18, eaves + 0.1), 1, 1)
    canvas.fill(place(box(-0.36, -0.24, -0.24, 0)), 0.12)
    canvas.fill(place([(-0.4, -0.24), (-0.3, -0.31), (-0.2, -0.24)]), 0.25)


def church(canvas: Canvas, rng: np.random.Generator, place: Place) -> None:
    """Draw a church with a steeple."""
    wall = rng.uniform(0.62, 0.9)
    spire = -rng.uniform(1.25, 1.6)
    canvas.fill(place(box(-0.2, -0.42, 0.5, 0)), wall - 0.2)
    canvas.fill(place([(-0.22, -0.42), (-0.1, -0.66), (0.42, -0.66), (0.54, -0.42)]), 0.24, relief=0.2)
    _windows(canvas, place, (-0.12, -0.4, 0.5, -0.05), 4, 1, arched=True)
    canvas.fill(place(box(-0.46, -0.82, -0.18, 0)), wall - 0.06)
    canvas.fill(place(box(-0.22, -0.82, -0.18, 0)), wall - 0.35)
    canvas.fill(place([(-0.5, -0.82), (-0.32, spire), (-0.32, -0.82)]), 0.34)
    canvas.fill(place([(-0.14, -0.82), (-0.32, spire), (-0.32, -0.82)]), 0.16)
    canvas.line(place([(-0.32, spire), (-0.32, spire - 0.12)]), place.scale * 0.014, 0.1)
    canvas.line(place([(-0.36, spire - 0.08), (-0.28, spire - 0.08)]), place.scale * 0.014, 0.1)
    _windows(canvas, place, (-0.42, -0.78, -0.24, -0.52), 1, 1, arched=True)
    canvas.fill(place(ellipse(-0.33, -0.44, 0.05, 0.05)), 0.15)
    canvas.fill(place([(-0.4, 0), (-0.4, -0.2), (-0.33, -0.28), (-0.26, -0.2), (-0.26, 0)]), 0.1)


def factory(canvas: Canvas, rng: np.random.Generator, place: Place) -> None:
    """Draw a works with a saw-tooth roof and smoking chimneys."""
    wall = rng.uniform(0.4, 0.62)
    for x in (0.18, 0.36)[: int(rng.integers(1, 3))]:
        top = -rng.uniform(0.9, 1.15)
        canvas.fill(place([(x - 0.045, -0.3), (x - 0.028, top), (x + 0.028, top), (x + 0.045, -0.3)]), 0.3, relief=0.5)
        canvas.fill(place(box(x - 0.038, top - 0.02, x + 0.038, top + 0.02)), 0.15)
        _smoke(canvas, rng, place, x, top - 0.04)
    canvas.fill(place(box(-0.5, -0.36, 0.5, 0)), wall)
    for x in np.linspace(-0.5, 0.3, 5):
        canvas.fill(place([(x, -0.36), (x, -0.5), (x + 0.2, -0.36)]), 0.24)
        canvas.fill(place([(x + 0.01, -0.37), (x + 0.01, -0.47), (x + 0.06, -0.44), (x + 0.06, -0.37)]), 0.85)
    _courses(canvas, place, (-0.5, -0.36, 0.5, 0), 0.024, 0.25)
    _windows(canvas, place, (-0.48, -0.33, 0.3, -0.02), 7, 2)
    canvas.fill(place(box(0.34, -0.2, 0.45, 0)), 0.1)


def blocks(canvas: Canvas, rng: np.random.Generator, place: Place) -> None:
    """Draw a row of fronts on a city street."""
    x = -0.5
    while x < 0.46:
        wide, high = rng.uniform(0.2, 0.32), rng.uniform(0.55, 1.0)
        tone = rng.uniform(0.4, 0.85)
        canvas.fill(place(box(x, -high, x + wide, 0)), tone)
        _courses(canvas, place, (x, -high, x + wide, 0), 0.03, tone - 0.2)
        canvas.fill(place(box(x - 0.012, -high - 0.035, x + wide + 0.012, -high + 0.02)), tone - 0.3, relief=0.3)
        _windows(
            canvas,
            place,
            (x + 0.015, -high + 0.04, x + wide - 0.015, -0.22),
            int(rng.integers(2, 4)),
            int(high / 0.2),
            arched=bool(rng.random() < 0.3),
        )
        canvas.fill(place(box(x + 0.02, -0.16, x + wide - 0.02, 0)), 0.13)
        canvas.fill(place([(x + 0.01, -0.18), (x + wide - 0.01, -0.18), (x + wide, -0.12), (x, -0.12)]), 0.9)
        for stripe in np.linspace(x + 0.02, x + wide - 0.04, 5):
            canvas.fill(place([(stripe, -0.18), (stripe + 0.02, -0.18), (stripe + 0.02, -0.12), (stripe, -0.12)]), 0.3)
        x += wide


def lighthouse(canvas: Canvas, rng: np.random.Generator, place: Place) -> None:
    """Draw a lighthouse with its keeper's house."""
    canvas.fill(place(box(0.06, -0.26, 0.5, 0)), 0.85)
    canvas.fill(place([(0.02, -0.26), (0.12, -0.4), (0.44, -0.4), (0.54, -0.26)]), 0.2)
    _windows(canvas, place, (0.1, -0.24, 0.48, -0.04), 3, 1)
    for level in range(6):
        low, high = -level * 0.2, -(level + 1) * 0.2
        half = [0.17 - 0.014 * level, 0.17 - 0.014 * (level + 1)]
        band = [(-0.2 - half[0], low), (-0.2 + half[0], low), (-0.2 + half[1], high), (-0.2 - half[1], high)]
        canvas.fill(place(band), 0.93 if level % 2 == 0 or rng.random() < 0.1 else 0.2, relief=0.45)
    canvas.fill(place(box(-0.33, -1.24, -0.07, -1.2)), 0.12)
    canvas.fill(place(box(-0.27, -1.38, -0.13, -1.24)), 0.96)
    canvas.fill(place([(-0.3, -1.38), (-0.2, -1.5), (-0.1, -1.38)]), 0.12)
    for x in (-0.27, -0.2, -0.13):
        canvas.line(place([(x, -1.38), (x, -1.24)]), place.scale * 0.012, 0.12)
    canvas.fill(place(box(-0.24, -0.16, -0.16, 0)), 0.1)


def bridge(canvas: Canvas, rng: np.random.Generator, place: Place) -> None:
    """Draw a bridge of stone arches or of iron trusses."""
    if rng.random() < 0.5:
        tone = rng.uniform(0.4, 0.56)
        canvas.fill(place([(-0.8, -0.34), (0, -0.42), (0.8, -0.34), (0.8, 0.06), (-0.8, 0.06)]), tone)
        _courses(canvas, place, (-0.8, -0.34, 0.8, 0.06), 0.03, 0.3)
        for x in (-0.54, -0.18, 0.18, 0.54):
            arch = [
                (x - 0.14, 0.06),
                (x - 0.14, -0.08),
                (x - 0.09, -0.2),
                (x, -0.25),
                (x + 0.09, -0.2),
                (x + 0.14, -0.08),
                (x + 0.14, 0.06),
            ]
            canvas.fill(place(smooth(arch, 3)), 0.2)
        canvas.fill(place([(-0.82, -0.38), (0, -0.46), (0.82, -0.38), (0.82, -0.33), (0, -0.41), (-0.82, -0.33)]), 0.85)
        return
    for x in (-0.45, 0.45):
        canvas.fill(
            place([(x - 0.06, 0.08), (x - 0.045, -0.22), (x + 0.045, -0.22), (x + 0.06, 0.08)]), 0.55, relief=0.5
        )
    canvas.fill(place(box(-0.8, -0.26, 0.8, -0.21)), 0.1)
    bow = smooth([(-0.8, -0.24), (-0.4, -0.56), (0, -0.64), (0.4, -0.56), (0.8, -0.24)], 8, closed=False)
    canvas.line(place(bow), place.scale * 0.04, 0.1)
    for x in np.linspace(-0.64, 0.64, 9):
        high = -0.64 + 0.6 * (x / 1.0) ** 2 * 1.05
        canvas.line(place([(x, -0.24), (x, high)]), place.scale * 0.018, 0.12)
        canvas.line(place([(x - 0.16, -0.24), (x, high)]), place.scale * 0.01, 0.15)


def windmill(canvas: Canvas, rng: np.random.Generator, place: Place) -> None:
    """Draw a windmill."""
    canvas.fill(place([(-0.26, 0), (-0.15, -0.8), (0.15, -0.8), (0.26, 0)]), rng.uniform(0.34, 0.6), relief=0.6)
    canvas.fill(
        place(smooth([(-0.17, -0.78), (-0.13, -0.95), (0, -1.02), (0.13, -0.95), (0.17, -0.78)], 4)), 0.16, relief=0.4
    )
    _windows(canvas, place, (-0.1, -0.66, 0.1, -0.28), 1, 2)
    canvas.fill(place(box(-0.07, -0.18, 0.07, 0)), 0.1)
    first = rng.uniform(0.1, 1.4)
    for turn in first + np.arange(4) * np.pi / 2:
        out = np.array([np.cos(turn), np.sin(turn)])
        side = np.array([-out[1], out[0]])
        hub = np.array([0.0, -0.86])
        near, far = hub + out * 0.12, hub + out * 0.66
        canvas.fill(place(np.array([near, far, far + side * 0.14, near + side * 0.14])), 0.88)
        for step in np.linspace(0.12, 0.66, 8):
            canvas.line(place(np.array([hub + out * step, hub + out * step + side * 0.14])), 1.2, 0.3)
        canvas.line(place(np.array([hub, hub + out * 0.7])), place.scale * 0.022, 0.1)


def capitol(canvas: Canvas, rng: np.random.Generator, place: Place) -> None:
    """Draw a public building with columns, pediment and dome."""
    canvas.fill(place(box(-0.5, -0.4, 0.5, 0)), 0.58)
    _windows(canvas, place, (-0.49, -0.38, -0.2, -0.06), 3, 2)
    _windows(canvas, place, (0.2, -0.38, 0.49, -0.06), 3, 2)
    canvas.fill(place(box(-0.18, -0.4, 0.18, 0)), 0.3)
    for x in np.linspace(-0.16, 0.16, 6):
        canvas.fill(place(box(x - 0.016, -0.4, x + 0.016, -0.04)), 0.95, relief=0.4)
    canvas.fill(place([(-0.22, -0.4), (0, -0.55), (0.22, -0.4)]), 0.88)
    canvas.fill(place([(-0.15, -0.42), (0, -0.52), (0.15, -0.42)]), 0.5)
    canvas.fill(place(box(-0.54, -0.43, 0.54, -0.39)), 0.35)
    if rng.random() < 0.75:
        canvas.fill(place(box(-0.16, -0.7, 0.16, -0.5)), 0.7, relief=0.4)
        _windows(canvas, place, (-0.15, -0.69, 0.15, -0.53), 5, 1)
        canvas.fill(place(_dome(0.2, 0.3, -0.69)), 0.42, relief=0.7)
        canvas.fill(place(box(-0.03, -1.1, 0.03, -0.97)), 0.85, relief=0.3)
    for step in range(3):
        canvas.fill(place(box(-0.24 - 0.02 * step, -0.045 + 0.015 * step, 0.24 + 0.02 * step, 0)), 0.9 - 0.12 * step)


def street(canvas: Canvas, rng: np.random.Generator, curb: float) -> None:
    """Pave everything below the curb (pixels)."""
    top = int(curb)
    rows = canvas.height - top
    if rows < 2:
        return
    canvas.tones[top:] = np.clip(0.66 + 0.08 * noise(rng, rows, canvas.width, 30), 0, 1)
    canvas.fill(box(-5, curb, canvas.width + 5, curb + rows * 0.12), 0.82)
    for depth in np.linspace(0.15, 1, 9) ** 1.6:
        y = curb + rows * depth
        canvas.line(np.array([(0, y), (canvas.width, y)]), 1.2, 0.4, 0.5)
        for x in np.arange(rng.uniform(0, 20), canvas.width, 22 + 50 * depth):
            canvas.line(np.array([(x, y), (x + 2, y + rows * 0.09)]), 1.2, 0.4, 0.5)


BUILDINGS: tuple[Draw, ...] = (house, church, factory, blocks, lighthouse, bridge, windmill, capitol)
