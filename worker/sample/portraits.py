"""Heads and shoulders, the commonest cut of the time. One unit is the height of the head; its middle is the origin."""

import numpy as np

from worker.sample.canvas import Canvas, Place, Points, ellipse, limb, noise, smooth


def backdrop(canvas: Canvas, rng: np.random.Generator, *, oval: bool) -> None:
    """Fill the sheet with a studio's painted cloth; an oval one fades into bare paper."""
    y, x = np.mgrid[-1 : 1 : canvas.height * 1j, -1 : 1 : canvas.width * 1j].astype(np.float32)
    tone = rng.uniform(0.45, 0.75)
    light = tone + 0.16 * np.exp(-((x + 0.3) ** 2 + (y + 0.1) ** 2) * 1.4) - 0.1 * (x + y) / 2
    canvas.tones[:] = np.clip(light + 0.06 * noise(rng, canvas.height, canvas.width, 70), 0, 1)
    if oval:
        fade_out(canvas, 0.86)


def fade_out(canvas: Canvas, size: float) -> None:
    """Let the picture fade into bare paper outside an oval (1 touches the edges)."""
    y, x = np.mgrid[-1 : 1 : canvas.height * 1j, -1 : 1 : canvas.width * 1j].astype(np.float32)
    outside = np.clip((np.hypot(x, y) - size) * 6, 0, 1)
    canvas.tones += (0.99 - canvas.tones) * outside


def portrait(canvas: Canvas, rng: np.random.Generator, x: float, y: float, head: float) -> None:
    """Draw someone's head and shoulders, the head's middle at (x, y), its height in pixels."""
    place = Place(x, y, head, flip=bool(rng.random() < 0.5), angle=float(rng.normal(0, 2.5)))
    woman = bool(rng.random() < 0.4)
    hair = float(rng.choice([0.08, 0.15, 0.3, 0.62 if not woman else 0.4]))
    if woman:
        canvas.fill(place(ellipse(0.03, -0.2, 0.5, 0.5)), hair, relief=0.4)
        canvas.fill(place(ellipse(0.05, -0.66, 0.2, 0.14)), hair, relief=0.5)
    _shoulders(canvas, rng, place, woman=woman)
    _skull(canvas, rng, place, hair, woman=woman)
    _eyes(canvas, rng, place, hair)
    _nose_and_mouth(canvas, place)
    if not woman:
        _beard(canvas, rng, place, hair)
    _accessories(canvas, rng, place, woman=woman)


def _shoulders(canvas: Canvas, rng: np.random.Generator, place: Place, *, woman: bool) -> None:
    tone = float(rng.choice([0.1, 0.18, 0.3, 0.42] if woman else [0.08, 0.14, 0.24]))
    canvas.fill(place.shape(limb([(0, 0.3), (0, 0.72)], [0.21, 0.24] if not woman else [0.17, 0.2])), 0.62, relief=0.5)
    canvas.fill(place(ellipse(0, 0.5, 0.24, 0.14)), 0.36, soft=place.scale * 0.05, opacity=0.8)
    broad = rng.uniform(1.0, 1.15) if not woman else rng.uniform(0.82, 0.95)
    bust: Points = smooth([
        (-0.2, 0.6), (-0.6, 0.76), (-broad, 0.98), (-broad * 1.12, 1.5), (-broad * 1.1, 2.6),
        (broad * 1.1, 2.6), (broad * 1.12, 1.5), (broad, 0.98), (0.6, 0.76), (0.2, 0.6), (0, 0.82),
    ], 5)  # fmt: skip
    canvas.fill(place(bust), tone, relief=0.75)
    if woman:
        for side in (-1, 1):
            canvas.fill(place(ellipse(side * broad, 1.2, 0.36, 0.42)), tone + 0.03, relief=0.7)
        canvas.fill(place([(-0.2, 0.42), (0.2, 0.42), (0.24, 0.72), (0, 0.86), (-0.24, 0.72)]), 0.92, relief=0.3)
        canvas.fill(place(ellipse(0, 0.74, 0.06, 0.05)), 0.25, relief=0.6)
        return
    canvas.fill(place([(-0.2, 0.62), (0.2, 0.62), (0.13, 1.25), (0.0, 1.4), (-0.13, 1.25)]), 0.95)
    for side in (-1, 1):
        canvas.fill(
            place([(side * 0.04, 0.62), (side * 0.22, 0.45), (side * 0.25, 0.62), (side * 0.1, 0.8)]), 0.97, relief=0.2
        )
        lapel = [(side * 0.24, 0.62), (side * 0.42, 0.95), (side * 0.34, 1.06), (side * 0.3, 1.3), (side * 0.02, 1.5)]
        canvas.fill(place(lapel), tone + 0.1, relief=0.4)
    _tie(canvas, rng, place)


def _tie(canvas: Canvas, rng: np.random.Generator, place: Place) -> None:
    tone = float(rng.choice([0.08, 0.2, 0.55]))
    if rng.random() < 0.45:
        for side in (-1, 1):
            canvas.fill(
                place(smooth([(0, 0.66), (side * 0.2, 0.58), (side * 0.22, 0.76), (0, 0.72)], 4)), tone, relief=0.4
            )
        canvas.fill(place(ellipse(0, 0.69, 0.05, 0.05)), tone + 0.08)
    else:
        knot = [(-0.06, 0.63), (0.06, 0.63), (0.04, 0.75), (0.13, 1.2), (0, 1.34), (-0.13, 1.2), (-0.04, 0.75)]
        canvas.fill(place(knot), tone, relief=0.4)


def _skull(canvas: Canvas, rng: np.random.Generator, place: Place, hair: float, *, woman: bool) -> None:
    jaw = rng.uniform(0.2, 0.27) if not woman else rng.uniform(0.16, 0.2)
    for side in (-1, 1):
        canvas.fill(place(ellipse(side * 0.375, 0.02, 0.055, 0.11)), 0.66, relief=0.3)
    face: Points = smooth([
        (0, -0.5), (0.24, -0.45), (0.36, -0.2), (0.355, 0.1), (0.29, 0.32), (jaw * 0.75, 0.47),
        (0, 0.52), (-jaw * 0.75, 0.47), (-0.29, 0.32), (-0.355, 0.1), (-0.36, -0.2), (-0.24, -0.45),
    ], 5)  # fmt: skip
    canvas.fill(place(face), 0.8, relief=0.55)
    # The side away from the light: a soft shadow over cheek and temple.
    far = 1 if not place.flip else -1
    canvas.fill(
        place([(far * 0.2, -0.4), (far * 0.36, -0.15), (far * 0.34, 0.2), (far * 0.16, 0.46), (far * 0.2, 0.05)]),
        0.55,
        soft=place.scale * 0.07,
        opacity=0.7,
    )
    bald = rng.random() < 0.22 and not woman
    line = -0.42 if bald else rng.uniform(-0.3, -0.22)
    cap: Points = smooth([
        (-0.39, 0.0), (-0.42, -0.3), (-0.3, -0.54), (0, -0.62 if not bald else -0.52), (0.3, -0.54), (0.42, -0.3),
        (0.39, 0.0), (0.33, -0.16), (0.24, line), (rng.uniform(-0.15, 0.15), line - 0.06),
        (-0.24, line), (-0.33, -0.16),
    ], 5)  # fmt: skip
    canvas.fill(place(cap), hair, relief=0.5)
    for _lock in range(9):
        start = np.array([rng.uniform(-0.3, 0.3), rng.uniform(-0.56, -0.4)])
        end = start + np.array([np.sign(start[0]) * rng.uniform(0.04, 0.12), rng.uniform(0.08, 0.2)])
        canvas.line(place(np.vstack([start, end])), place.scale * 0.014, hair + 0.2, 0.45)


def _eyes(canvas: Canvas, rng: np.random.Generator, place: Place, hair: float) -> None:
    gaze = rng.uniform(-0.03, 0.03)
    for side in (-1, 1):
        x = side * 0.155
        canvas.fill(place(ellipse(x, -0.05, 0.11, 0.07)), 0.52, soft=place.scale * 0.03, opacity=0.8)
        canvas.fill(place(smooth([(x - 0.075, -0.03), (x, -0.07), (x + 0.075, -0.03), (x, 0.0)], 4)), 0.92)
        canvas.fill(place(ellipse(x + gaze, -0.036, 0.033, 0.035, 14)), 0.1)
        canvas.line(
            place(smooth([(x - 0.085, -0.03), (x, -0.078), (x + 0.085, -0.026)], 4, closed=False)),
            place.scale * 0.02,
            0.12,
        )
        brow = smooth([(x - side * 0.09, -0.14), (x + side * 0.02, -0.18), (x + side * 0.11, -0.13)], 4, closed=False)
        canvas.line(place(brow), place.scale * 0.035, min(hair + 0.05, 0.5), 0.9)


def _nose_and_mouth(canvas: Canvas, place: Place) -> None:
    canvas.fill(place([(0.02, -0.08), (0.075, 0.16), (0.0, 0.19), (0.03, 0.05)]), 0.52, soft=place.scale * 0.016)
    for side in (-1, 1):
        canvas.fill(place(ellipse(side * 0.04, 0.175, 0.022, 0.014, 10)), 0.24)
    canvas.line(place(smooth([(-0.11, 0.31), (0, 0.3), (0.11, 0.31)], 4, closed=False)), place.scale * 0.026, 0.22)
    canvas.fill(place(ellipse(0, 0.345, 0.075, 0.024)), 0.55, soft=place.scale * 0.014)
    canvas.fill(place(ellipse(0, 0.4, 0.06, 0.02)), 0.58, soft=place.scale * 0.02, opacity=0.7)


def _beard(canvas: Canvas, rng: np.random.Generator, place: Place, hair: float) -> None:
    kind = str(rng.choice(["moustache", "moustache", "full", "sides", "goatee", "none"]))
    tone = min(hair + 0.05, 0.7)
    if kind in ("moustache", "full", "goatee"):
        for side in (-1, 1):
            wing = [(0, 0.22), (side * 0.12, 0.23), (side * 0.24, 0.33), (side * 0.12, 0.32), (0, 0.28)]
            canvas.fill(place(smooth(wing, 4)), tone, relief=0.35)
    if kind == "full":
        beard = [
            (-0.34, 0.08),
            (-0.2, 0.26),
            (0, 0.36),
            (0.2, 0.26),
            (0.34, 0.08),
            (0.32, 0.45),
            (0.14, 0.78),
            (0, 0.84),
            (-0.14, 0.78),
            (-0.32, 0.45),
        ]
        canvas.fill(place(smooth(beard, 4)), tone, relief=0.5)
    if kind == "goatee":
        canvas.fill(
            place(smooth([(-0.08, 0.38), (0.08, 0.38), (0.06, 0.62), (0, 0.68), (-0.06, 0.62)], 4)), tone, relief=0.4
        )
    if kind == "sides":
        for side in (-1, 1):
            whisker = [
                (side * 0.34, -0.05),
                (side * 0.3, 0.2),
                (side * 0.2, 0.4),
                (side * 0.36, 0.48),
                (side * 0.42, 0.2),
            ]
            canvas.fill(place(smooth(whisker, 4)), tone, relief=0.4)


def _accessories(canvas: Canvas, rng: np.random.Generator, place: Place, *, woman: bool) -> None:
    draw = rng.random()
    if woman and draw < 0.45:
        brim = [(-0.8, -0.36), (-0.3, -0.52), (0.4, -0.52), (0.82, -0.38), (0.5, -0.28), (-0.45, -0.26)]
        canvas.fill(place(smooth(brim, 5)), 0.12, relief=0.4)
        canvas.fill(place(ellipse(0, -0.58, 0.36, 0.2)), 0.2, relief=0.5)
        plume = limb([(0.1, -0.62), (-0.3, -0.86), (-0.7, -0.66)], [0.06, 0.15, 0.04])
        canvas.fill(place.shape(plume), 0.88, relief=0.5)
    elif not woman and draw < 0.2:
        crown = [(-0.4, -0.34), (-0.4, -0.62), (-0.2, -0.76), (0.2, -0.76), (0.4, -0.62), (0.4, -0.34)]
        canvas.fill(place(smooth(crown, 4)), 0.1, relief=0.5)
        canvas.fill(place(ellipse(0, -0.35, 0.6, 0.07)), 0.07, relief=0.3)
    elif not woman and draw < 0.4:
        for side in (-1, 1):
            ring = ellipse(side * 0.155, -0.03, 0.1, 0.085, 20)
            canvas.line(place(np.vstack([ring, ring[:1]])), place.scale * 0.014, 0.12)
        canvas.line(place([(-0.055, -0.04), (0.055, -0.04)]), place.scale * 0.014, 0.12)
