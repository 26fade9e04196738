"""Print a picture as a newspaper of the time would have: screened, unevenly inked, on paper that has aged since."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from worker.sample.canvas import Tones, noise
from worker.sample.pages import Page

# Degrees by which a cut sits askew in its forme or under the camera.
_MOST_SKEW = 1.6


@dataclass(frozen=True)
class Press:
    """How one cut is printed: an engraving in lines or a halftone in dots, and how well."""

    engraved: bool
    # Pixels between dots or lines.
    period: float
    angle: float
    contrast: float
    inking: float


def choose_press(rng: np.random.Generator, *, engraved: bool) -> Press:
    """Draw the manner of printing."""
    period = rng.uniform(3.4, 4.4) if engraved else rng.uniform(3.2, 4.8)
    # The screen of a black plate stands at 45 degrees, where the eye notices it least; engravers cut nearly level.
    angle = rng.uniform(-12, 12) if engraved else 45 + rng.uniform(-4, 4)
    return Press(engraved, float(period), float(angle), float(rng.uniform(1.0, 1.25)), float(rng.uniform(-0.05, 0.06)))


def print_cut(tones: Tones, press: Press, rng: np.random.Generator, page: Page) -> Image.Image:
    """Turn modelled tones and the page around them into an aged print in colour."""
    height, width = tones.shape
    toned = np.clip((tones - 0.5) * press.contrast + 0.5 - press.inking, 0.02, 0.97)
    toned = toned + 0.06 * noise(rng, height, width, 70) + 0.025 * noise(rng, height, width, 6)
    ink = _engraving(toned, press, rng) if press.engraved else _halftone(toned, press)
    sheet = page.lines
    left, top, right, bottom = page.box
    sheet[top:bottom, left:right] = ink
    ink = _uneven(sheet, rng)
    return _on_paper(ink, rng)


def _grid(height: int, width: int, angle: float) -> tuple[Tones, Tones]:
    """Give coordinates along and across a direction in degrees, for every pixel."""
    turn = np.deg2rad(angle)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    cosine, sine = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    return x * cosine + y * sine, y * cosine - x * sine


def _halftone(tones: Tones, press: Press) -> Tones:
    """Screen tones into dots whose size tells the darkness; 1 is ink."""
    height, width = tones.shape
    along, across = _grid(height, width, press.angle)
    wave = np.float32(2 * np.pi / press.period)
    screen = 0.5 + 0.25 * (np.cos(along * wave) + np.cos(across * wave))
    # A soft threshold leaves the edges of the dots slightly blurred, as ink does on newsprint.
    return np.asarray(1 / (1 + np.exp((tones - screen) * 13)), dtype=np.float32)


def _engraving(tones: Tones, press: Press, rng: np.random.Generator) -> Tones:
    """Cut tones into lines that swell in the dark, cross-hatched in the shadows, with contours; 1 is ink."""
    height, width = tones.shape
    bend = noise(rng, height, width, 60) * 5
    ink = np.zeros_like(tones)
    # Each further set of lines begins at a darker tone.
    for turn, begin, period in ((0.0, 0.86, 1.0), (58.0, 0.46, 1.05), (-50.0, 0.24, 1.1)):
        _along, across = _grid(height, width, press.angle + turn)
        wave = 0.5 + 0.5 * np.cos((across + bend) * np.float32(2 * np.pi / (press.period * period)))
        share = np.clip((begin - tones) / begin, 0, 0.85)
        ink = np.maximum(ink, 1 / (1 + np.exp((1 - share - wave) * 11)) * (share > 0.02))
    return np.asarray(np.maximum(ink, _contours(tones)), dtype=np.float32)


def _contours(tones: Tones) -> Tones:
    """Find the edges that an engraver would outline."""
    grey = Image.fromarray(np.uint8(np.clip(tones, 0, 1) * 255)).filter(ImageFilter.GaussianBlur(1.1))
    down, right = np.gradient(np.asarray(grey, dtype=np.float32) / 255)
    return np.asarray(np.clip((np.hypot(down, right) - 0.035) * 16, 0, 0.95), dtype=np.float32)


def _uneven(ink: Tones, rng: np.random.Generator) -> Tones:
    """Let the ink be thin in places, with voids where the paper did not take it and specks where it spattered."""
    height, width = ink.shape
    thin = 1 - 0.14 * np.clip(noise(rng, height, width, 45) + 0.1, 0, 1.5)
    fibres = noise(rng, height, width, 2.2)
    ink = ink * thin * np.where(fibres > 1.02, 0.35, 1.0)
    specks = noise(rng, height, width, 3.0) > 1.62
    return np.clip(np.where(specks, np.maximum(ink, 0.75), ink), 0, 1).astype(np.float32)


def _on_paper(ink: Tones, rng: np.random.Generator) -> Image.Image:
    """Lay ink on newsprint that has yellowed from its edges, and scan it."""
    height, width = ink.shape
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
    edge = np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1 - y))
    age = rng.uniform(0.25, 1.0)
    yellowing = age * (0.35 + 0.5 * np.exp(-edge * 9)) + 0.12 * noise(rng, height, width, 110)
    yellowing += _foxing(rng, height, width) * rng.uniform(0, 0.5)
    grain = 0.018 * rng.normal(0, 1, ink.shape).astype(np.float32) + 0.02 * noise(rng, height, width, 3)
    fresh = np.array([240, 232, 214], dtype=np.float32) - rng.uniform(0, 8, 3).astype(np.float32)
    brown = np.array([201, 168, 116], dtype=np.float32)
    share = np.clip(yellowing, 0, 1)[..., None]
    paper = (fresh * (1 - share) + brown * share) * (1 + grain[..., None])
    black = np.array([44, 38, 34], dtype=np.float32) + rng.uniform(-8, 14)
    cover = (ink * rng.uniform(0.84, 0.96))[..., None]
    scan = np.clip(paper * (1 - cover) + black * cover, 0, 255).astype(np.uint8)
    picture = Image.fromarray(scan).filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 0.6))))
    return _skewed(picture, float(rng.normal(0, 0.5)))


def _foxing(rng: np.random.Generator, height: int, width: int) -> Tones:
    """Make the brown spots of damp paper."""
    return np.asarray(np.clip(noise(rng, height, width, 26) - 0.75, 0, 1), dtype=np.float32)


def _skewed(picture: Image.Image, degrees: float) -> Image.Image:
    """Turn a picture a little and cut off the corners that this leaves empty."""
    degrees = float(np.clip(degrees, -_MOST_SKEW, _MOST_SKEW))
    width, height = picture.size
    turned = picture.rotate(degrees, Image.Resampling.BILINEAR)
    lost = np.sin(abs(np.deg2rad(degrees)))
    across, down = int(height * lost) + 1, int(width * lost) + 1
    return turned.crop((across, down, width - across, height - down))
