"""Animals in profile. A body is about one unit long; the feet stand on y = 0, the head looks right unless flipped."""

from collections.abc import Callable

import numpy as np

from worker.sample.canvas import Canvas, Place, ellipse, limb, smooth

Draw = Callable[[Canvas, np.random.Generator, Place], None]


def shadow(canvas: Canvas, place: Place, half: float) -> None:
    """Lay the shadow of a standing body on the ground."""
    spot = place([(0, 0)])[0]
    size = place.scale
    canvas.fill(ellipse(spot[0], spot[1], half * size, 0.07 * size), 0.18, soft=0.03 * size, opacity=0.6)


def _legs(
    canvas: Canvas,
    place: Place,
    rng: np.random.Generator,
    hips: tuple[float, float],
    high: float,
    thick: float,
    tone: float,
) -> None:
    """Draw four legs in a walking gait: the far pair darker, hips at two x, `high` above the ground."""
    gait = rng.uniform(0.02, 0.14)
    for far in (True, False):
        for index, hip in enumerate(hips):
            swing = gait * (1 if far == (index == 0) else -1)
            back = -0.06 if index == 0 else 0.02
            joints = [(hip, -high), (hip + swing * 0.5 - back * 0.6, -high * 0.5), (hip + swing, -0.03)]
            canvas.fill(
                place.shape(limb(joints, [thick * 2.1, thick, thick * 0.72])), tone * (0.6 if far else 1), relief=0.35
            )
            canvas.fill(place(ellipse(hip + swing + 0.015, -0.025, thick * 1.15, 0.035)), 0.06)


def horse(canvas: Canvas, rng: np.random.Generator, place: Place) -> None:
    """Draw a horse."""
    tone = float(rng.choice([0.1, 0.2, 0.32, 0.8]))
    mane = 0.06 if tone < 0.5 else 0.45
    shadow(canvas, place, 0.7)
    canvas.fill(place.shape(limb([(-0.53, -0.9), (-0.68, -0.72), (-0.66, -0.3)], [0.03, 0.07, 0.03])), mane, relief=0.3)
    _legs(canvas, place, rng, (-0.42, 0.4), 0.68, 0.055, tone)
    body = [
        (-0.5, -0.97),
        (-0.2, -0.96),
        (0.2, -0.95),
        (0.44, -1.02),
        (0.54, -0.82),
        (0.4, -0.6),
        (0.0, -0.53),
        (-0.32, -0.6),
        (-0.56, -0.72),
    ]
    canvas.fill(place(smooth(body)), tone, relief=0.6)
    lift = rng.uniform(-0.08, 0.06)
    crest = [(0.4, -0.86), (0.6, -1.14 - lift), (0.71, -1.38 - lift)]
    canvas.fill(place.shape(limb(crest, [0.2, 0.13, 0.09])), tone, relief=0.5)
    canvas.fill(place.shape(limb([(0.34, -1.04), (0.5, -1.24 - lift), (0.66, -1.47 - lift)], [0.05, 0.06, 0.03])), mane)
    canvas.fill(
        place.shape(limb([(0.71, -1.38 - lift), (0.86, -1.28 - lift), (0.99, -1.12 - lift)], [0.1, 0.085, 0.055])),
        tone,
        relief=0.5,
    )
    canvas.fill(place([(0.66, -1.44 - lift), (0.69, -1.58 - lift), (0.75, -1.44 - lift)]), tone)
    canvas.fill(place(ellipse(0.8, -1.36 - lift, 0.018, 0.016)), 0.95 if tone < 0.4 else 0.05)


def cow(canvas: Canvas, rng: np.random.Generator, place: Place) -> None:
    """Draw a cow, often with patches."""
    tone = float(rng.choice([0.25, 0.4, 0.9]))
    shadow(canvas, place, 0.7)
    canvas.line(place(smooth([(-0.57, -0.85), (-0.66, -0.6), (-0.63, -0.25)], closed=False)), place.scale * 0.03, 0.3)
    _legs(canvas, place, rng, (-0.44, 0.38), 0.5, 0.06, tone)
    body = [
        (-0.56, -0.9),
        (-0.2, -0.9),
        (0.3, -0.92),
        (0.52, -0.9),
        (0.6, -0.66),
        (0.42, -0.42),
        (0.0, -0.36),
        (-0.36, -0.4),
        (-0.6, -0.6),
    ]
    canvas.fill(place(smooth(body)), tone, relief=0.55)
    canvas.fill(place(ellipse(-0.3, -0.37, 0.12, 0.08)), 0.75, relief=0.3)
    canvas.fill(place.shape(limb([(0.5, -0.72), (0.7, -0.86)], [0.2, 0.14])), tone, relief=0.4)
    if tone > 0.6:
        for x, y, size in ((-0.35, -0.72, 0.17), (0.08, -0.66, 0.15), (0.38, -0.78, 0.1)):
            canvas.fill(place(smooth(ellipse(x, y, size, size * 0.8, 9) + rng.normal(0, 0.025, (9, 2)), 4)), 0.1)
    canvas.fill(
        place.shape(limb([(0.7, -0.92), (0.82, -0.8), (0.9, -0.64)], [0.12, 0.1, 0.075])), min(tone, 0.5), relief=0.45
    )
    for side in (-1, 1):
        horn = smooth([(0.66 + 0.03 * side, -1.0), (0.68 + 0.1 * side, -1.1), (0.74 + 0.1 * side, -1.18)], closed=False)
        canvas.line(place(horn), place.scale * 0.035, 0.88)
    canvas.fill(place(ellipse(0.6, -0.94, 0.09, 0.035)), 0.2)
    canvas.fill(place(ellipse(0.8, -0.85, 0.018, 0.016)), 0.04)


def sheep(canvas: Canvas, rng: np.random.Generator, place: Place) -> None:
    """Draw a sheep in its wool."""
    shadow(canvas, place, 0.5)
    _legs(canvas, place, rng, (-0.28, 0.26), 0.36, 0.036, 0.2)
    canvas.fill(place(ellipse(0, -0.5, 0.46, 0.25)), 0.8)
    for _lock in range(46):
        turn, far = rng.uniform(0, 6.3), rng.uniform(0.2, 1) ** 0.5
        canvas.fill(
            place(ellipse(0.44 * far * np.cos(turn), -0.5 + 0.24 * far * np.sin(turn), 0.08, 0.07, 10)),
            0.84 + rng.normal(0, 0.05),
            relief=0.45,
        )
    head = limb([(0.46, -0.66), (0.58, -0.6), (0.66, -0.5)], [0.1, 0.085, 0.05])
    canvas.fill(place.shape(head), float(rng.choice([0.12, 0.7])), relief=0.35)
    canvas.fill(place(ellipse(0.43, -0.68, 0.07, 0.028)), 0.15)
    canvas.fill(place(ellipse(0.56, -0.64, 0.016, 0.016)), 0.95)


def dog(canvas: Canvas, rng: np.random.Generator, place: Place) -> None:
    """Draw a dog."""
    tone = float(rng.choice([0.1, 0.28, 0.85]))
    shadow(canvas, place, 0.55)
    canvas.fill(
        place.shape(limb([(-0.42, -0.68), (-0.6, -0.84), (-0.64, -1.04)], [0.05, 0.035, 0.02])), tone, relief=0.3
    )
    _legs(canvas, place, rng, (-0.34, 0.3), 0.46, 0.045, tone)
    body = [
        (-0.44, -0.74),
        (-0.1, -0.74),
        (0.3, -0.78),
        (0.46, -0.66),
        (0.34, -0.44),
        (0.05, -0.46),
        (-0.25, -0.5),
        (-0.46, -0.52),
    ]
    canvas.fill(place(smooth(body)), tone, relief=0.5)
    canvas.fill(place.shape(limb([(0.36, -0.66), (0.5, -0.88)], [0.15, 0.11])), tone, relief=0.4)
    canvas.fill(place.shape(limb([(0.5, -0.95), (0.64, -0.9), (0.8, -0.84)], [0.14, 0.1, 0.055])), tone, relief=0.45)
    canvas.fill(place(smooth([(0.42, -1.02), (0.36, -0.9), (0.38, -0.76), (0.48, -0.84)], 4)), tone * 0.6, relief=0.3)
    canvas.fill(place(ellipse(0.84, -0.86, 0.032, 0.028)), 0.03)
    canvas.fill(place(ellipse(0.58, -0.96, 0.02, 0.02)), 0.95 if tone < 0.4 else 0.05)


def elephant(canvas: Canvas, rng: np.random.Generator, place: Place) -> None:
    """Draw an elephant, the sensation of every circus page."""
    tone = rng.uniform(0.34, 0.5)
    shadow(canvas, place, 0.75)
    canvas.line(place([(-0.52, -0.9), (-0.62, -0.7), (-0.63, -0.42)]), place.scale * 0.03, tone * 0.6)
    _legs(canvas, place, rng, (-0.4, 0.34), 0.5, 0.1, tone)
    body = [
        (-0.58, -0.8),
        (-0.4, -1.06),
        (0.0, -1.16),
        (0.4, -1.08),
        (0.58, -0.8),
        (0.44, -0.42),
        (0, -0.36),
        (-0.4, -0.4),
    ]
    canvas.fill(place(smooth(body)), tone, relief=0.6)
    canvas.fill(place(ellipse(0.64, -1.0, 0.24, 0.25)), tone, relief=0.5)
    curl = float(rng.choice([0.0, 0.35]))
    trunk = [(0.8, -0.92), (0.95, -0.6), (0.94, -0.25 - curl), (1.04 + curl * 0.4, -0.16 - curl * 1.6)]
    canvas.fill(place.shape(limb(trunk, [0.13, 0.09, 0.065, 0.045])), tone, relief=0.45)
    canvas.fill(
        place(smooth([(0.5, -1.2), (0.3, -1.14), (0.26, -0.86), (0.42, -0.66), (0.56, -0.86)], 5)),
        tone * 0.75,
        relief=0.6,
    )
    canvas.line(place(smooth([(0.8, -0.76), (0.96, -0.68), (1.08, -0.74)], closed=False)), place.scale * 0.04, 0.96)
    canvas.fill(place(ellipse(0.7, -1.04, 0.02, 0.018)), 0.04)


def deer(canvas: Canvas, rng: np.random.Generator, place: Place) -> None:
    """Draw a stag."""
    tone = rng.uniform(0.26, 0.42)
    shadow(canvas, place, 0.55)
    _legs(canvas, place, rng, (-0.32, 0.3), 0.6, 0.036, tone)
    body = [
        (-0.42, -0.86),
        (0, -0.84),
        (0.34, -0.9),
        (0.44, -0.72),
        (0.3, -0.56),
        (0, -0.56),
        (-0.3, -0.58),
        (-0.46, -0.68),
    ]
    canvas.fill(place(smooth(body)), tone, relief=0.5)
    canvas.fill(place(ellipse(-0.46, -0.78, 0.05, 0.08)), 0.9)
    canvas.fill(place.shape(limb([(0.34, -0.78), (0.46, -1.0), (0.52, -1.18)], [0.14, 0.09, 0.07])), tone, relief=0.4)
    canvas.fill(place.shape(limb([(0.52, -1.2), (0.64, -1.14), (0.76, -1.06)], [0.08, 0.06, 0.035])), tone, relief=0.4)
    for lean in (0.0, 0.14):
        beam = [(0.48, -1.26), (0.36 + lean * 2, -1.45), (0.42 + lean * 2.2, -1.72)]
        canvas.line(place(smooth(beam, closed=False)), place.scale * 0.03, 0.14)
        for at, tip in (
            ((0.37 + lean * 2, -1.44), (0.55 + lean, -1.58)),
            ((0.38 + lean * 2.1, -1.58), (0.24 + lean * 2, -1.76)),
        ):
            canvas.line(place([at, tip]), place.scale * 0.024, 0.14)
    canvas.fill(place(ellipse(0.6, -1.19, 0.016, 0.015)), 0.03)


def rooster(canvas: Canvas, rng: np.random.Generator, place: Place) -> None:
    """Draw a rooster."""
    shadow(canvas, place, 0.4)
    for x in (-0.04, 0.1):
        canvas.line(place([(x, -0.36), (x + 0.02, -0.02), (x + 0.14, 0.0)]), place.scale * 0.03, 0.45)
    for index in range(6):
        plume = limb(
            [(-0.26, -0.6), (-0.5 - 0.03 * index, -0.98 + 0.07 * index), (-0.68, -0.62 + 0.09 * index)],
            [0.05, 0.05, 0.015],
        )
        canvas.fill(place.shape(plume), 0.08 + 0.05 * (index % 3), relief=0.35)
    body = [(-0.34, -0.7), (0, -0.62), (0.22, -0.74), (0.36, -0.6), (0.22, -0.36), (-0.06, -0.32), (-0.28, -0.46)]
    canvas.fill(place(smooth(body)), float(rng.choice([0.16, 0.5])), relief=0.55)
    canvas.fill(place.shape(limb([(0.24, -0.58), (0.3, -0.8), (0.34, -0.98)], [0.16, 0.11, 0.08])), 0.7, relief=0.5)
    canvas.fill(place(smooth([(-0.2, -0.6), (0.12, -0.6), (0.06, -0.42), (-0.16, -0.46)], 4)), 0.12, relief=0.5)
    canvas.fill(
        place(smooth([(0.26, -1.04), (0.27, -1.16), (0.33, -1.09), (0.37, -1.17), (0.41, -1.07), (0.42, -1.0)], 3)), 0.1
    )
    canvas.fill(place([(0.41, -0.99), (0.53, -0.94), (0.41, -0.92)]), 0.85)
    canvas.fill(place(ellipse(0.4, -0.87, 0.03, 0.06)), 0.1)
    canvas.fill(place(ellipse(0.37, -0.98, 0.016, 0.016)), 0.02)


# Each animal with its length relative to a horse, so that herds and riders have plausible sizes.
ANIMALS: tuple[tuple[Draw, float], ...] = (
    (horse, 1.0),
    (cow, 0.95),
    (sheep, 0.62),
    (dog, 0.5),
    (elephant, 1.5),
    (deer, 0.85),
    (rooster, 0.45),
)
