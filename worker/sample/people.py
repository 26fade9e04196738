"""People at full length, dressed for the 1890s. A figure is one unit high; its feet stand on the origin."""

from dataclasses import dataclass

import numpy as np

from worker.sample.canvas import Canvas, Place, Points, ellipse, limb, smooth

SKIN = 0.78


@dataclass(frozen=True)
class Dress:
    """What a figure wears and how it holds its arms."""

    woman: bool
    tone: float
    hat: str
    pose: str


def choose_dress(rng: np.random.Generator) -> Dress:
    """Draw someone's clothes and bearing."""
    woman = bool(rng.random() < 0.42)
    hats = ("plumed", "straw", "none", "bonnet") if woman else ("bowler", "top", "cap", "straw", "none")
    poses = ("down", "hip", "raised", "cane") if not woman else ("down", "hip", "parasol", "folded")
    tone = float(rng.choice([0.14, 0.2, 0.3, 0.5, 0.86] if woman else [0.1, 0.14, 0.22, 0.34]))
    return Dress(woman, tone, str(rng.choice(hats)), str(rng.choice(poses)))


def person(canvas: Canvas, rng: np.random.Generator, x: float, foot: float, height: float) -> None:
    """Draw someone standing, feet at (x, foot), height in pixels."""
    dress = choose_dress(rng)
    place = Place(x, foot, height, flip=bool(rng.random() < 0.5), angle=float(rng.normal(0, 1.0)))
    canvas.fill(ellipse(x + height * 0.05, foot, height * 0.17, height * 0.025), 0.2, soft=height * 0.012, opacity=0.6)
    if dress.woman:
        _skirt(canvas, rng, place, dress)
    else:
        _legs(canvas, rng, place, dress)
    _body(canvas, place, dress)
    _arms(canvas, place, dress)
    _head(canvas, place, dress)


def child(canvas: Canvas, rng: np.random.Generator, x: float, foot: float, height: float) -> None:
    """Draw a child: a larger head on a smaller body, in a smock."""
    place = Place(x, foot, height, flip=bool(rng.random() < 0.5))
    tone = float(rng.choice([0.25, 0.6, 0.88]))
    for side in (-1, 1):
        canvas.fill(place.shape(limb([(0.05 * side, -0.35), (0.055 * side, -0.02)], [0.045, 0.03])), 0.22, relief=0.3)
        canvas.fill(place(ellipse(0.07 * side, -0.015, 0.05, 0.025)), 0.08)
    smock = [(-0.1, -0.72), (0.1, -0.72), (0.14, -0.5), (0.2, -0.28), (0, -0.26), (-0.2, -0.28), (-0.14, -0.5)]
    canvas.fill(place(smooth(smock)), tone, relief=0.5)
    for side in (-1, 1):
        arm = limb([(0.1 * side, -0.68), (0.18 * side, -0.52), (0.17 * side, -0.38)], [0.045, 0.04, 0.028])
        canvas.fill(place.shape(arm), tone - 0.04, relief=0.45)
        canvas.fill(place(ellipse(0.17 * side, -0.36, 0.028, 0.03)), SKIN)
    canvas.fill(place(ellipse(0, -0.85, 0.1, 0.125)), SKIN, relief=0.35)
    canvas.fill(place(smooth([(-0.11, -0.83), (-0.1, -0.96), (0, -1.0), (0.1, -0.96), (0.11, -0.83), (0, -0.92)])), 0.2)
    _features(canvas, place, -0.84, 0.1)


def _legs(canvas: Canvas, rng: np.random.Generator, place: Place, dress: Dress) -> None:
    stride = float(rng.choice([0.0, 0.02, 0.06]))
    tone = min(dress.tone + float(rng.choice([0.0, 0.18, 0.3])), 0.6)
    for side in (1, -1):
        ankle = (0.045 * side + stride * side, -0.04)
        leg = limb([(0.038 * side, -0.5), (0.045 * side + stride * 0.6 * side, -0.26), ankle], [0.058, 0.044, 0.034])
        canvas.fill(place.shape(leg), tone, relief=0.35)
        canvas.fill(place(ellipse(ankle[0] + 0.022, -0.016, 0.052, 0.021)), 0.06, relief=0.3)


def _skirt(canvas: Canvas, rng: np.random.Generator, place: Place, dress: Dress) -> None:
    wide = rng.uniform(0.15, 0.22)
    hem: Points = smooth([
        (-0.055, -0.6), (0.055, -0.6), (wide * 0.6, -0.35), (wide, -0.03),
        (0.3 * wide, 0.0), (-0.5 * wide, -0.005), (-wide, -0.03), (-wide * 0.6, -0.35),
    ])  # fmt: skip
    canvas.fill(place(hem), dress.tone, relief=0.6)
    for fold in np.linspace(-0.7, 0.7, 6):
        line = smooth([(fold * 0.05, -0.56), (fold * wide * 0.7, -0.3), (fold * wide * 0.95, -0.03)], 4, closed=False)
        canvas.line(place(line), place.scale * 0.008, dress.tone + 0.14 * np.sign(0.5 - dress.tone), 0.6)


def _body(canvas: Canvas, place: Place, dress: Dress) -> None:
    if dress.woman:
        bodice = [(-0.1, -0.8), (0, -0.83), (0.1, -0.8), (0.085, -0.7), (0.05, -0.59), (-0.05, -0.59), (-0.085, -0.7)]
        canvas.fill(place(smooth(bodice)), dress.tone, relief=0.55)
        canvas.fill(place([(-0.052, -0.605), (0.052, -0.605), (0.05, -0.58), (-0.05, -0.58)]), 0.1)
        return
    coat = [
        (-0.05, -0.83), (0.05, -0.83), (0.125, -0.79), (0.12, -0.65), (0.1, -0.58), (0.115, -0.4), (0, -0.39),
        (-0.115, -0.4), (-0.1, -0.58), (-0.12, -0.65), (-0.125, -0.79),
    ]  # fmt: skip
    canvas.fill(place(smooth(coat, 4)), dress.tone, relief=0.5)
    canvas.fill(place([(-0.032, -0.835), (0.032, -0.835), (0.0, -0.68)]), 0.96)
    canvas.fill(place([(-0.01, -0.83), (0.01, -0.83), (0.013, -0.72), (0, -0.7), (-0.013, -0.72)]), 0.12)
    canvas.line(place([(0.0, -0.68), (0.004, -0.42)]), place.scale * 0.006, dress.tone + 0.2, 0.8)


_POSES = {
    "down": [[(0.112, -0.77), (0.145, -0.6), (0.14, -0.45)]] * 2,
    "hip": [[(0.112, -0.77), (0.2, -0.63), (0.09, -0.54)], [(0.112, -0.77), (0.145, -0.6), (0.135, -0.45)]],
    "raised": [[(0.112, -0.77), (0.21, -0.83), (0.24, -1.0)], [(0.112, -0.77), (0.145, -0.6), (0.135, -0.45)]],
    "cane": [[(0.112, -0.77), (0.165, -0.62), (0.2, -0.47)], [(0.112, -0.77), (0.145, -0.6), (0.135, -0.45)]],
    "parasol": [[(0.1, -0.77), (0.17, -0.66), (0.16, -0.78)], [(0.1, -0.77), (0.14, -0.62), (0.09, -0.5)]],
    "folded": [[(0.1, -0.77), (0.135, -0.63), (0.02, -0.55)], [(0.1, -0.77), (0.135, -0.63), (0.02, -0.57)]],
}


def _arms(canvas: Canvas, place: Place, dress: Dress) -> None:
    for side, joints in zip((1, -1), _POSES[dress.pose], strict=True):
        bent = [(x * side, y) for x, y in joints]
        widths = [0.055, 0.036, 0.024] if dress.woman else [0.042, 0.036, 0.028]
        canvas.fill(place.shape(limb(bent, widths)), max(dress.tone - 0.03, 0.05), relief=0.5)
        canvas.fill(place(ellipse(bent[-1][0], bent[-1][1], 0.024, 0.026)), SKIN, relief=0.2)
    if dress.pose == "cane":
        canvas.line(place([(0.2, -0.48), (0.24, 0.0)]), place.scale * 0.014, 0.1)
    if dress.pose == "parasol":
        canvas.line(place([(0.16, -0.72), (0.2, -1.16)]), place.scale * 0.011, 0.12)
        dome = [
            (-0.06, -1.08),
            (0.0, -1.19),
            (0.2, -1.25),
            (0.4, -1.17),
            (0.45, -1.06),
            (0.32, -1.1),
            (0.19, -1.07),
            (0.06, -1.11),
        ]
        canvas.fill(place(smooth(dome, 4)), 0.85, relief=0.6)


def _head(canvas: Canvas, place: Place, dress: Dress) -> None:
    canvas.fill(place.shape(limb([(0, -0.82), (0, -0.87)], [0.026, 0.026])), SKIN - 0.12)
    canvas.fill(place(ellipse(0, -0.915, 0.05, 0.066)), SKIN, relief=0.35)
    hair = [
        (-0.054, -0.9),
        (-0.05, -0.965),
        (0, -0.99),
        (0.05, -0.965),
        (0.054, -0.9),
        (0.038, -0.945),
        (-0.038, -0.945),
    ]
    canvas.fill(place(smooth(hair, 4)), 0.14)
    if dress.woman:
        canvas.fill(place(ellipse(0, -0.985, 0.032, 0.026)), 0.16, relief=0.3)
    else:
        canvas.fill(place(smooth([(-0.028, -0.892), (0, -0.902), (0.028, -0.892), (0, -0.884)], 3)), 0.16)
    _features(canvas, place, -0.915, 0.05)
    _hat(canvas, place, dress.hat)


def _features(canvas: Canvas, place: Place, y: float, half: float) -> None:
    """Put eyes, nose and mouth into a small face."""
    for side in (-1, 1):
        canvas.fill(place(ellipse(side * half * 0.42, y - half * 0.1, half * 0.14, half * 0.12, 8)), 0.15)
    canvas.line(place([(0.0, y), (half * 0.12, y + half * 0.3)]), place.scale * half * 0.1, 0.5)
    canvas.line(
        place([(-half * 0.25, y + half * 0.62), (half * 0.25, y + half * 0.62)]), place.scale * half * 0.1, 0.35
    )


def _hat(canvas: Canvas, place: Place, kind: str) -> None:
    if kind == "bowler":
        canvas.fill(
            place(smooth([(-0.052, -0.965), (-0.045, -1.02), (0, -1.04), (0.045, -1.02), (0.052, -0.965)], 4)),
            0.08,
            relief=0.35,
        )
        canvas.fill(place(ellipse(0, -0.966, 0.08, 0.014)), 0.06)
    elif kind == "top":
        canvas.fill(place([(-0.047, -0.965), (-0.053, -1.09), (0.053, -1.09), (0.047, -0.965)]), 0.07, relief=0.4)
        canvas.fill(place(ellipse(0, -0.966, 0.08, 0.013)), 0.05)
    elif kind == "cap":
        canvas.fill(
            place(smooth([(-0.06, -0.96), (-0.055, -1.0), (0, -1.015), (0.06, -0.985), (0.085, -0.957)], 4)),
            0.28,
            relief=0.3,
        )
    elif kind == "straw":
        canvas.fill(place([(-0.045, -0.965), (-0.043, -1.01), (0.043, -1.01), (0.045, -0.965)]), 0.9, relief=0.2)
        canvas.fill(place([(-0.045, -0.965), (-0.044, -0.982), (0.044, -0.982), (0.045, -0.965)]), 0.12)
        canvas.fill(place(ellipse(0, -0.962, 0.09, 0.013)), 0.88)
    elif kind in ("plumed", "bonnet"):
        canvas.fill(place(ellipse(0, -0.97, 0.105 if kind == "plumed" else 0.06, 0.02)), 0.12, relief=0.3)
        canvas.fill(place(ellipse(0, -0.995, 0.05, 0.03)), 0.2, relief=0.35)
        if kind == "plumed":
            plume = limb([(0.02, -1.0), (-0.05, -1.06), (-0.12, -1.02)], [0.012, 0.03, 0.008])
            canvas.fill(place.shape(plume), 0.84, relief=0.4)


def rider(canvas: Canvas, rng: np.random.Generator, x: float, seat: float, height: float, *, flip: bool) -> None:
    """Draw someone astride: the seat at (x, seat), as tall in pixels as if standing."""
    dress = Dress(
        woman=False, tone=float(rng.choice([0.08, 0.5])), hat=str(rng.choice(["bowler", "top", "cap"])), pose="folded"
    )
    place = Place(x, seat + 0.46 * height, height, flip=flip)
    leg = limb([(0.0, -0.5), (0.12, -0.36), (0.08, -0.15)], [0.06, 0.05, 0.036])
    canvas.fill(place.shape(leg), 0.3, relief=0.35)
    canvas.fill(place(ellipse(0.11, -0.13, 0.055, 0.024)), 0.05)
    _body(canvas, place, dress)
    for shift in (0.0, 0.03):
        arm = limb([(0.07, -0.76), (0.1 + shift, -0.62), (0.22 + shift, -0.58)], [0.042, 0.034, 0.026])
        canvas.fill(place.shape(arm), max(dress.tone - 0.04, 0.05), relief=0.5)
        canvas.fill(place(ellipse(0.23 + shift, -0.58, 0.024, 0.024)), SKIN)
    _head(canvas, place, dress)
