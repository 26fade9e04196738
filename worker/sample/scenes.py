"""Put people, animals, buildings and landscapes together into pictures whose labels are known."""

import numpy as np

from worker.sample import landscapes
from worker.sample.animals import ANIMALS, cow, dog, elephant, horse
from worker.sample.buildings import BUILDINGS, bridge, lighthouse, street
from worker.sample.canvas import Canvas, Place
from worker.sample.ornaments import ORNAMENTS
from worker.sample.people import child, person, rider
from worker.sample.portraits import backdrop, fade_out, portrait

HUMAN, ANIMAL, STRUCTURE, LANDSCAPE = "human", "animal", "human-structure", "landscape"

_IN_STREETS = (horse, cow, dog, elephant)


def compose(canvas: Canvas, rng: np.random.Generator, labels: frozenset[str]) -> str:
    """Draw a scene to which exactly these labels apply, and name its subject."""
    if not labels:
        return _still_life(canvas, rng)
    upright = canvas.height > canvas.width
    if labels == {HUMAN} and (upright or rng.random() < 0.3):
        return _portrait(canvas, rng)
    ground = _surroundings(canvas, rng, labels)
    subject = ""
    free = (canvas.width * 0.12, canvas.width * 0.88)
    if STRUCTURE in labels:
        subject, free = _building(canvas, rng, labels, ground)
    if {HUMAN, ANIMAL} <= labels and rng.random() < 0.45:
        with canvas.set_off():
            _riding(canvas, rng, labels, free)
        return "rider"
    if ANIMAL in labels:
        with canvas.set_off():
            subject = _animals(canvas, rng, labels, free)
    if HUMAN in labels:
        with canvas.set_off():
            subject = _people(canvas, rng, labels, free)
    return subject or "view"


def _still_life(canvas: Canvas, rng: np.random.Generator) -> str:
    draw, bare = ORNAMENTS[int(rng.integers(len(ORNAMENTS)))]
    if bare and rng.random() < 0.7:
        canvas.tones[:] = 0.97
    else:
        backdrop(canvas, rng, oval=False)
    size = min(canvas.height / 1.5, canvas.width / 1.5) * rng.uniform(0.85, 1.05)
    draw(canvas, rng, Place(canvas.width * rng.uniform(0.44, 0.56), canvas.height * 0.5 + size * 0.52, size))
    return draw.__name__


def _portrait(canvas: Canvas, rng: np.random.Generator) -> str:
    oval = bool(rng.random() < 0.5)
    backdrop(canvas, rng, oval=False)
    head = min(canvas.width * 0.62, canvas.height * 0.46) * rng.uniform(0.75, 1.0)
    portrait(canvas, rng, canvas.width * rng.uniform(0.46, 0.54), canvas.height * rng.uniform(0.38, 0.43), head)
    if oval:
        fade_out(canvas, rng.uniform(0.86, 0.96))
    return "portrait"


def _surroundings(canvas: Canvas, rng: np.random.Generator, labels: frozenset[str]) -> float:
    """Draw what lies behind, and give the height (pixels) at which buildings stand."""
    if LANDSCAPE in labels:
        return _landscape(canvas, rng, labels)
    if STRUCTURE in labels:
        landscapes.sky(canvas, rng, clouds=bool(rng.random() < 0.6))
        curb = canvas.height * rng.uniform(0.72, 0.82)
        street(canvas, rng, curb)
        return curb
    backdrop(canvas, rng, oval=bool(rng.random() < 0.35))
    return canvas.height * 0.85


def _landscape(canvas: Canvas, rng: np.random.Generator, labels: frozenset[str]) -> float:
    landscapes.sky(canvas, rng)
    horizon = canvas.height * rng.uniform(0.42, 0.58)
    far = rng.random()
    if far < 0.45:
        landscapes.mountains(canvas, rng, horizon, canvas.height * rng.uniform(0.2, 0.34))
    if far > 0.3:
        landscapes.hills(canvas, rng, horizon + 3, canvas.height * rng.uniform(0.08, 0.2), 0.6)
    landscapes.hills(canvas, rng, horizon + 6, canvas.height * rng.uniform(0.03, 0.1), 0.42)
    landscapes.ground(canvas, rng, horizon, rng.uniform(0.46, 0.62))
    alone = labels == {LANDSCAPE}
    kind = str(
        rng.choice(["lake", "road", "furrows", "meadow"] if alone or STRUCTURE not in labels else ["road", "meadow"])
    )
    if kind == "lake":
        far_shore = horizon + canvas.height * rng.uniform(0.04, 0.09)
        landscapes.trees(canvas, rng, horizon - canvas.height * 0.02, int(rng.integers(2, 5)), deepest=0.12)
        landscapes.water(canvas, rng, far_shore, canvas.height if alone else canvas.height * 0.76)
    elif kind == "road":
        landscapes.road(canvas, rng, horizon)
    elif kind == "furrows":
        landscapes.furrows(canvas, rng, horizon)
    if kind != "lake":
        middle = None if alone else (canvas.width * 0.2, canvas.width * 0.8)
        landscapes.trees(canvas, rng, horizon, int(rng.integers(4, 10)), keep_free=middle)
    return horizon + canvas.height * 0.08


def _building(
    canvas: Canvas, rng: np.random.Generator, labels: frozenset[str], ground: float
) -> tuple[str, tuple[float, float]]:
    """Draw a building, and give its name and the stretch of x that it leaves to others."""
    choices = [draw for draw in BUILDINGS if LANDSCAPE in labels or draw is not bridge]
    draw = choices[int(rng.integers(len(choices)))]
    crowd = len(labels - {LANDSCAPE}) - 1
    tall = 1.65 if draw is lighthouse else 1.1
    largest = min(canvas.width * 0.9, ground * 0.95 / tall)
    share = rng.uniform(0.55, 0.75) if LANDSCAPE in labels else rng.uniform(0.85, 1.05)
    size = largest * share
    side = float(rng.choice([-1, 1])) if crowd else rng.uniform(-0.5, 0.5)
    x = canvas.width * 0.5 + side * canvas.width * 0.16
    draw(canvas, rng, Place(x, ground + 4, size, flip=bool(rng.random() < 0.5)))
    free = (canvas.width * 0.42, canvas.width * 0.92) if side < 0 else (canvas.width * 0.08, canvas.width * 0.58)
    return draw.__name__, free


def _riding(canvas: Canvas, rng: np.random.Generator, labels: frozenset[str], free: tuple[float, float]) -> None:
    wide = bool(labels & {STRUCTURE, LANDSCAPE})
    size = min(canvas.height * (0.27 if wide else 0.36), canvas.width * 0.36) * rng.uniform(0.85, 1.05)
    x = sum(free) / 2 + rng.uniform(-0.06, 0.06) * canvas.width
    foot = canvas.height * rng.uniform(0.88, 0.95)
    flip = bool(rng.random() < 0.5)
    horse(canvas, rng, Place(x, foot, size, flip=flip))
    rider(canvas, rng, x - (0.02 if flip else -0.02) * size, foot - 0.93 * size, size * 1.3, flip=flip)
    if rng.random() < 0.25:
        dog(canvas, rng, Place(x + size * 0.9, foot + 4, size * 0.42, flip=not flip))


def _animals(canvas: Canvas, rng: np.random.Generator, labels: frozenset[str], free: tuple[float, float]) -> str:
    # In a street only those that go there.
    choices = [kind for kind in ANIMALS if LANDSCAPE in labels or STRUCTURE not in labels or kind[0] in _IN_STREETS]
    draw, length = choices[int(rng.integers(len(choices)))]
    others = len(labels) - 1
    # Alone, an animal fills its cut whatever its kind; in company it keeps its proportion.
    share = 0.44 * length**0.2 if not others else 0.31 * length**0.4
    size = min(canvas.width, canvas.height * 1.25) * share * rng.uniform(0.9, 1.1)
    herd = int(rng.integers(2, 5)) if draw.__name__ in ("sheep", "cow", "deer") and rng.random() < 0.6 else 1
    if herd > 1:
        size *= 0.72
    left, right = free
    middle = left + (right - left) * (0.32 if HUMAN in labels else 0.5)
    for index in range(herd):
        spread = (index - (herd - 1) / 2) * size * 1.05
        foot = canvas.height * (0.8 + 0.05 * (index % 2) + rng.uniform(0, 0.06))
        x = float(np.clip(middle + spread, size * 0.6, canvas.width - size * 0.6))
        draw(canvas, rng, Place(x, foot, size * rng.uniform(0.92, 1.06), flip=bool(rng.random() < 0.4)))
    return draw.__name__


def _people(canvas: Canvas, rng: np.random.Generator, labels: frozenset[str], free: tuple[float, float]) -> str:
    alone = labels == {HUMAN}
    count = int(
        rng.choice(
            [1, 2, 3, 4, 5] if alone else [1, 2, 3], p=[0.2, 0.2, 0.25, 0.2, 0.15] if alone else [0.35, 0.4, 0.25]
        )
    )
    share = 0.8 if alone else 0.66 if labels <= {HUMAN, ANIMAL} else 0.5
    height = canvas.height * share * rng.uniform(0.86, 1.04)
    height = min(height, canvas.width * 1.25)
    left, right = free
    if ANIMAL in labels:
        left = left + (right - left) * 0.55
    foot = canvas.height * rng.uniform(0.9, 0.95)
    step = min(height * 0.36, (right - left) / max(count, 1))
    for index in range(count):
        x = (left + right) / 2 + (index - (count - 1) / 2) * step
        person(canvas, rng, x, foot + rng.uniform(-3, 5), height * rng.uniform(0.93, 1.05))
    if rng.random() < 0.3:
        child(
            canvas,
            rng,
            (left + right) / 2 + step * rng.uniform(-0.5, 0.5),
            min(foot + 9, canvas.height - 3),
            height * 0.55,
        )
    return "people" if count > 1 else "figure"
