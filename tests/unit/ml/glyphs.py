"""Draw small grey pictures of ten shapes, one each, as in the exercises with small clothes and digits."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from app.domain.splits import assign_splits
from app.domain.statuses import Labelling
from tests.unit.ml.pictures import save
from worker.ml.train import TrainData

SIDE = 28
Box = tuple[float, float, float, float]


def _polygon(corners: int, turn: float) -> Callable[[ImageDraw.ImageDraw, Box], None]:
    def shape(pen: ImageDraw.ImageDraw, box: Box) -> None:
        left, top, right, bottom = box
        x, y, a, b = (left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2
        angles = [turn + 2 * math.pi * corner / corners for corner in range(corners)]
        pen.polygon([(x + a * math.cos(angle), y + b * math.sin(angle)) for angle in angles], fill=230)

    return shape


def _bars(across: bool, along: bool) -> Callable[[ImageDraw.ImageDraw, Box], None]:
    def shape(pen: ImageDraw.ImageDraw, box: Box) -> None:
        left, top, right, bottom = box
        x, y = (left + right) / 2, (top + bottom) / 2
        if across:
            pen.rectangle([left, y - 2, right, y + 2], fill=230)
        if along:
            pen.rectangle([x - 2, top, x + 2, bottom], fill=230)

    return shape


SHAPES: dict[str, Callable[[ImageDraw.ImageDraw, Box], None]] = {
    "disc": lambda pen, box: pen.ellipse(box, fill=230),
    "ring": lambda pen, box: pen.ellipse(box, outline=230, width=3),
    "square": lambda pen, box: pen.rectangle(box, fill=230),
    "frame": lambda pen, box: pen.rectangle(box, outline=230, width=3),
    "triangle": _polygon(3, -math.pi / 2),
    "tip": _polygon(3, math.pi / 2),
    "dash": _bars(across=True, along=False),
    "post": _bars(across=False, along=True),
    "cross": _bars(across=True, along=True),
    "slash": lambda pen, box: pen.line([box[0], box[3], box[2], box[1]], fill=230, width=4),
}


def glyphs(folder: Path, count: int, seed: int = 0) -> TrainData:
    """Write grey pictures of 28 px, the shapes in turn, of different size, place, shade and grain."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    items = []
    for number in range(count):
        image = Image.new("L", (SIDE, SIDE), int(rng.integers(0, 60)))
        side = rng.uniform(14, 20)
        left, top = rng.uniform(2, SIDE - 2 - side, size=2)
        list(SHAPES.values())[number % len(SHAPES)](ImageDraw.Draw(image), (left, top, left + side, top + side))
        grain = np.asarray(image, dtype=np.float64) + rng.normal(0, 12, (SIDE, SIDE))
        items.append(save(Image.fromarray(grain.clip(0, 255).astype(np.uint8)), folder / f"{number}.png"))
    truth = np.eye(len(SHAPES), dtype=np.int8)[np.arange(count) % len(SHAPES)]
    return TrainData(items, tuple(SHAPES), truth, assign_splits(truth), labelling=Labelling.EXCLUSIVE)
