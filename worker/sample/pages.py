"""The page around a cut: margins, rules, and columns of text too small to read."""

import numpy as np
from PIL import Image, ImageDraw

from worker.sample.canvas import Tones


class Page:
    """A piece of newspaper with room for one picture; `lines` is what is printed solid, 1 is ink."""

    def __init__(self, rng: np.random.Generator, width: int, height: int) -> None:
        """Choose how the cut was clipped: the picture alone, with a caption, or with a neighbouring column."""
        self.width, self.height = width, height
        margin = int(rng.integers(6, 16))
        below = int(rng.integers(26, 60)) if rng.random() < 0.4 else margin
        beside = int(rng.integers(30, 70)) if rng.random() < 0.22 else margin
        # Some cuts are clipped right through the picture.
        if rng.random() < 0.25:
            margin = below = beside = 0
        self.box = (margin, margin, width - beside, height - below)
        self._sheet = Image.new("L", (width, height))
        self._draw = ImageDraw.Draw(self._sheet)
        if margin and rng.random() < 0.55:
            self._frame(rng)
        if below > margin:
            self._text(rng, (margin, height - below + 8, width - beside, height - 2), centred=True)
        if beside > margin:
            self._draw.line([(width - beside + 7, 0), (width - beside + 7, height)], fill=200)
            self._text(rng, (width - beside + 13, 4, width + 60, height), centred=False)

    @property
    def picture_size(self) -> tuple[int, int]:
        """Give width and height of the picture in pixels."""
        left, top, right, bottom = self.box
        return right - left, bottom - top

    @property
    def lines(self) -> Tones:
        """Give what is printed solid around the picture."""
        return np.asarray(np.array(self._sheet, dtype=np.float32) / 255, dtype=np.float32)

    def _frame(self, rng: np.random.Generator) -> None:
        left, top, right, bottom = self.box
        for gap in (2, 5)[: int(rng.integers(1, 3))]:
            self._draw.rectangle((left - gap, top - gap, right + gap, bottom + gap), outline=225)

    def _text(self, rng: np.random.Generator, area: tuple[int, int, int, int], *, centred: bool) -> None:
        left, top, right, bottom = area
        tall = int(rng.integers(5, 8))
        y = top + tall
        while y < bottom - 1:
            short = centred and y + tall * 2.4 > bottom
            inset = int((right - left) * rng.uniform(0.15, 0.35)) if short or (centred and y == top + tall) else 2
            self._row(rng, left + inset, right - inset, y, tall)
            y += int(tall * 2.3)

    def _row(self, rng: np.random.Generator, left: int, right: int, base: int, tall: int) -> None:
        """Set one row of words made of stems and bowls, which the eye takes for letters."""
        x = left
        while x < right - tall:
            for _letter in range(int(rng.integers(2, 9))):
                if x > right - tall:
                    return
                form = rng.integers(0, 5)
                rise = base - tall - (tall // 2 if form in (1, 3) else 0)
                if form != 4:
                    self._draw.line([(x, rise), (x, base)], fill=235)
                if form in (1, 2, 4):
                    self._draw.ellipse((x, base - tall, x + tall * 0.6, base), outline=215)
                x += int(tall * (0.85 if form in (1, 2, 4) else 0.55)) + 1
            x += tall // 2 + 2
