"""A sheet on which scenes are modelled in grey tones before they are printed: 0 is full ink, 1 is bare paper."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Tones = NDArray[np.float32]
Points = NDArray[np.float64]
Shape = list[Points]

# Masks are drawn at twice the size and averaged, so that edges are smooth.
_OVERSAMPLING = 2
# Light falls from the upper left, as in most studios.
_LIGHT = (-0.7, -0.7)


class Place:
    """Put unit coordinates (x right, y down) somewhere on the sheet, in pixels."""

    def __init__(self, x: float, y: float, scale: float, *, flip: bool = False, angle: float = 0.0) -> None:
        """Set the origin, the pixels per unit, whether to mirror, and a turn in degrees."""
        self.x, self.y, self.scale = x, y, scale
        self.flip = flip
        self.angle = angle

    def __call__(self, points: Sequence[Sequence[float]] | Points) -> Points:
        """Map points (N x 2) to pixels."""
        unit = np.array(points, dtype=np.float64).reshape(-1, 2)
        if self.flip:
            unit[:, 0] *= -1
        turn = np.deg2rad(self.angle)
        turned = unit @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        moved: Points = turned * self.scale + np.array([self.x, self.y])
        return moved

    def shape(self, parts: Shape) -> Shape:
        """Map every part of a shape."""
        return [self(part) for part in parts]


def smooth(points: Sequence[Sequence[float]] | Points, steps: int = 6, *, closed: bool = True) -> Points:
    """Draw a Catmull-Rom curve through points; closed ones run on into the first."""
    knots = np.asarray(points, dtype=np.float64)
    if closed:
        knots = np.vstack([knots[-1:], knots, knots[:2]])
    else:
        knots = np.vstack([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for before, start, end, after in zip(knots, knots[1:], knots[2:], knots[3:], strict=False):
        linear, square, cube = (
            end - before,
            2 * before - 5 * start + 4 * end - after,
            3 * (start - end) + after - before,
        )
        pieces.append(0.5 * (2 * start + linear * t + square * t**2 + cube * t**3))
    if not closed:
        pieces.append(knots[-2:-1])
    return np.vstack(pieces)


def ellipse(x: float, y: float, rx: float, ry: float, corners: int = 28) -> Points:
    """Make an ellipse as a polygon."""
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return np.stack([x + rx * np.cos(turn), y + ry * np.sin(turn)], axis=1)


def box(left: float, top: float, right: float, bottom: float) -> Points:
    """Make an upright rectangle."""
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def limb(joints: Sequence[Sequence[float]], widths: Sequence[float], steps: int = 6) -> Shape:
    """Make a rounded, tapering limb along joints; widths are half the thickness at each joint."""
    line = smooth(joints, steps, closed=False)
    along = np.linspace(0, len(widths) - 1, len(line))
    radii = np.interp(along, np.arange(len(widths)), widths)
    shape: Shape = [ellipse(x, y, radius, radius, 12) for (x, y), radius in zip(line, radii, strict=True)]
    for start, end, first, second in zip(line, line[1:], radii, radii[1:], strict=False):
        step = end - start
        normal = np.array([-step[1], step[0]]) / (np.hypot(*step) + 1e-9)
        shape.append(
            np.array([start + normal * first, end + normal * second, end - normal * second, start - normal * first])
        )
    return shape


class Canvas:
    """The tones of one picture, and the ways to put shapes into them."""

    def __init__(self, width: int, height: int, tone: float = 0.8) -> None:
        """Start with an even tone."""
        self.width, self.height = width, height
        self.tones: Tones = np.full((height, width), tone, dtype=np.float32)

    def fill(
        self, shape: Shape | Points, tone: float, *, relief: float = 0.0, soft: float = 0.0, opacity: float = 1.0
    ) -> None:
        """Fill a shape with a tone; `relief` rounds it by light and shade, `soft` blurs its edge (pixels)."""
        parts = shape if isinstance(shape, list) else [shape]
        window = self._window(parts, margin=int(3 * soft) + 2)
        if window is None:
            return
        left, top, right, bottom = window
        mask = self._mask(parts, window)
        if soft:
            mask = mask.filter(ImageFilter.GaussianBlur(soft))
        cover = np.asarray(mask, dtype=np.float32) / 255
        value: Tones | float = tone
        if relief:
            value = np.clip(tone + relief * _rounding(mask, max(right - left, bottom - top)), 0, 1).astype(np.float32)
        area = self.tones[top:bottom, left:right]
        area += (value - area) * (cover * opacity)

    def line(self, points: Points, width: float, tone: float, opacity: float = 1.0) -> None:
        """Draw a line of a width in pixels through points in pixels."""
        half = max(width, 0.8) / 2
        shape: Shape = []
        for start, end in pairwise(points):
            step = end - start
            normal = np.array([-step[1], step[0]]) / (np.hypot(*step) + 1e-9) * half
            shape.append(np.array([start + normal, end + normal, end - normal, start - normal]))
        self.fill(shape, tone, opacity=opacity)

    def shade(self, values: Tones) -> None:
        """Add tones all over the sheet, keeping within black and white."""
        self.tones = np.clip(self.tones + values, 0, 1).astype(np.float32)

    @contextmanager
    def set_off(self) -> Iterator[None]:
        """Lighten the ground around what is drawn meanwhile, as retouchers did to set figures off."""
        before = self.tones.copy()
        yield
        changed = Image.fromarray(np.uint8(np.abs(self.tones - before) > 0.08) * 255)
        # Closing fills the spots where a figure happens to have the tone of what it covers.
        # Blurring and cutting off grows and shrinks a mask ten times quicker than Pillow's rank filters.
        grown = changed.filter(ImageFilter.BoxBlur(4)).point(lambda value: 255 * (value > 0))
        drawn = np.asarray(grown.filter(ImageFilter.BoxBlur(4))) >= 255
        rows = np.flatnonzero(drawn.any(axis=1))
        if not len(rows):
            return
        glow = np.asarray(grown.filter(ImageFilter.GaussianBlur(2.5)), dtype=np.float32) / 255
        # Not around the feet, where the shadow joins a figure to the ground.
        above = np.clip((rows[-1] - np.arange(self.height)) / (0.25 * len(rows)) - 0.4, 0, 1)[:, None]
        self.tones += np.where(drawn, 0, (0.92 - self.tones) * 0.62 * glow * above).astype(np.float32)

    def _window(self, parts: Shape, margin: int) -> tuple[int, int, int, int] | None:
        every = np.vstack(parts)
        left, top = np.floor(every.min(axis=0)).astype(int) - margin
        right, bottom = np.ceil(every.max(axis=0)).astype(int) + margin
        left, top = max(int(left), 0), max(int(top), 0)
        right, bottom = min(int(right), self.width), min(int(bottom), self.height)
        return (left, top, right, bottom) if left < right and top < bottom else None

    def _mask(self, parts: Shape, window: tuple[int, int, int, int]) -> Image.Image:
        left, top, right, bottom = window
        mask = Image.new("L", ((right - left) * _OVERSAMPLING, (bottom - top) * _OVERSAMPLING))
        draw = ImageDraw.Draw(mask)
        for part in parts:
            moved = (part - (left, top)) * _OVERSAMPLING
            draw.polygon([(x, y) for x, y in moved.tolist()], fill=255)
        return mask.reduce(_OVERSAMPLING)


def _rounding(mask: Image.Image, size: int) -> Tones:
    """Shade a flat shape as if it were round: bright towards the light, dark away from it."""
    radius = min(max(size * 0.08, 1.5), 14.0)
    soft = np.asarray(mask.filter(ImageFilter.GaussianBlur(radius)), dtype=np.float32) / 255
    if min(soft.shape) < 2:
        return np.zeros_like(soft)
    down, right = np.gradient(soft)
    return np.asarray((right * -_LIGHT[0] + down * -_LIGHT[1]) * radius, dtype=np.float32)


def noise(rng: np.random.Generator, height: int, width: int, grain: float) -> Tones:
    """Make smooth noise between about -1 and 1 whose blotches have a size in pixels."""
    rows, columns = max(2, int(height / grain) + 2), max(2, int(width / grain) + 2)
    coarse = rng.normal(0, 0.5, (rows, columns)).astype(np.float32)
    picture = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(picture, dtype=np.float32)
