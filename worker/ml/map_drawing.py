"""Draw a class-activation map as a picture to lay over its image."""

import io
from math import ceil, floor

import numpy as np
import numpy.typing as npt
from PIL import Image

from worker.ml.activation import ActivationMap, ViewMap

Density = npt.NDArray[np.float32]

# Longer side of the picture, in pixels: a map has some 7 x 7 cells, so that more would only be larger.
SIDE = 448
# From nothing to the strongest place: dark blue to light yellow, rising in lightness throughout. People who confuse red
# and green tell these apart, and so does a grey printer. The image grows dark where the network sees nothing and is
# tinted where it sees most: a tint alone is lost on yellowed paper, a veil alone on a night scene.
_RAMP = np.array([(13, 42, 128), (74, 78, 132), (126, 120, 122), (188, 168, 92), (255, 232, 72)], dtype=np.float64)
# How much of the image is covered at these shares of the strongest place; it stays visible everywhere.
_SHARES, _COVER = (0.0, 0.4, 1.0), (0.62, 0.22, 0.5)
# More steps nobody tells apart, and the file would be three times as large.
_STEPS = 64


def place(seen: ActivationMap) -> Density:
    """Lay the views over each other where they were cut from the image.

    Returns:
        float32 [height, width] in the aspect of the image, the longer side `SIDE`: what each place speaks for the
        label, per share of the image. A view adds nothing outside of what it shows, and comes in softly at an edge that
        lies within the image. The mean over all places is the sum of the cells, but for that softness.

    """
    width = SIDE if seen.aspect >= 1 else max(1, round(SIDE * seen.aspect))
    height = SIDE if seen.aspect <= 1 else max(1, round(SIDE / seen.aspect))
    canvas = np.zeros((height, width), dtype=np.float32)
    for view in seen.views:
        _add(canvas, view)
    return canvas


def draw(seen: ActivationMap) -> bytes | None:
    """Draw where the network looks as a PNG with transparency; None where nothing speaks for the label."""
    density = place(seen)
    strongest = float(density.max(initial=0.0))
    if strongest <= 0:
        return None
    steps = np.clip(np.rint(density / strongest * (_STEPS - 1)), 0, _STEPS - 1).astype(np.uint8)
    colours, cover = _palette()
    picture = Image.fromarray(steps, "L")
    picture.putpalette(colours)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", transparency=cover)
    return buffer.getvalue()


def _palette() -> tuple[bytes, bytes]:
    """Return the colours of all steps, red, green and blue in turn, and how much each covers of the image."""
    share = np.linspace(0, 1, _STEPS)
    stops = np.linspace(0, 1, len(_RAMP))
    colours = np.stack([np.interp(share, stops, channel) for channel in _RAMP.T], axis=1)
    cover = 255 * np.interp(share, _SHARES, _COVER)
    return colours.round().astype(np.uint8).tobytes(), cover.round().astype(np.uint8).tobytes()


def _add(canvas: Density, view: ViewMap) -> None:
    """Add a view's cells, smoothly enlarged, to the part of the canvas that the view shows."""
    height, width = canvas.shape
    left, top, right, bottom = (
        share * size for share, size in zip(view.box, (width, height, width, height), strict=True)
    )
    rows, columns = view.cells.shape
    cell = ((right - left) / columns, (bottom - top) / rows)
    # Per share of the image, so that a view of a small part counts there in full.
    density = view.cells * (width * height / (cell[0] * cell[1]))
    # A view that fills up the image with bars reaches beyond it.
    x = np.arange(max(0, floor(left)), min(width, ceil(right)))
    y = np.arange(max(0, floor(top)), min(height, ceil(bottom)))
    enlarged = _sampled(density, (x + 0.5 - left) / cell[0], (y + 0.5 - top) / cell[1])
    enlarged *= np.outer(_edge(y, top, bottom, height, cell[1]), _edge(x, left, right, width, cell[0]))
    canvas[y[0] : y[-1] + 1, x[0] : x[-1] + 1] += enlarged


def _sampled(cells: Density, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> Density:
    """Sample cells bicubically at columns x and rows y, counted in cells from the upper left corner."""
    sampled: Density = (_weights(y, cells.shape[0]) @ cells @ _weights(x, cells.shape[1]).T).astype(np.float32)
    return sampled


def _weights(at: npt.NDArray[np.float64], cells: int) -> npt.NDArray[np.float64]:
    """Return the weight of each cell at each place, float64 [n, cells]: Catmull-Rom's cubic, edge cells repeated.

    Source: R. Keys, Cubic convolution interpolation for digital image processing, IEEE TASSP 1981.
    """
    weights = np.zeros((len(at), cells))
    first = np.floor(at - 0.5).astype(int)
    t = at - 0.5 - first
    steps = (
        ((-0.5 * t + 1) * t - 0.5) * t,
        (1.5 * t - 2.5) * t * t + 1,
        ((-1.5 * t + 2) * t + 0.5) * t,
        (0.5 * t - 0.5) * t * t,
    )
    for step, weight in enumerate(steps):
        np.add.at(weights, (np.arange(len(at)), np.clip(first - 1 + step, 0, cells - 1)), weight)
    return weights


def _edge(at: npt.NDArray[np.int_], low: float, high: float, size: int, cell: float) -> npt.NDArray[np.float64]:
    """Return how much of a view counts at each pixel: all of it, but less within half a cell of an inner edge."""
    middle, soft = at + 0.5, cell / 2
    share = np.ones(len(at))
    if low > 0:
        share = np.minimum(share, (middle - low) / soft)
    if high < size:
        share = np.minimum(share, (high - middle) / soft)
    return np.clip(share, 0, 1)
