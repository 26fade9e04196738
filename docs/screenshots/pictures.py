"""Pictures of a window, small enough for a repository that keeps every version."""

import io
import sys

import numpy as np
from PIL import Image
from playwright.sync_api import Page

from docs.screenshots.running import ROOT

IMAGES = ROOT / "docs" / "images"
# Newsprint in full colour would take several times as much.
MOST_BYTES = 250_000
# The page itself, its texts, buttons and labels keep their colours: those that most pixels have exactly, and those this
# far from grey. Newsprint is paler and gets by with what is left.
EXACT_COLOURS = 20
VIVID, VIVID_COLOURS = 70, 28
PALE_COLOURS = (200, 120, 64, 40, 28, 20, 14, 10)


def keep(page: Page, name: str, *, top: str = "") -> None:
    """Photograph the window, from an element on if one is named, in few enough colours to be small."""
    if top:
        page.locator(top).evaluate("element => window.scrollTo(0, element.offsetTop - 16)")
    page.mouse.move(0, 0)
    page.wait_for_load_state("networkidle")
    shot = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    for colours in PALE_COLOURS:
        buffer = io.BytesIO()
        reduced(shot, colours).save(buffer, "PNG", optimize=True)
        if buffer.tell() < MOST_BYTES:
            break
    (IMAGES / f"{name}.png").write_bytes(buffer.getvalue())
    sys.stdout.write(f"{name}.png: {buffer.tell() // 1000} kB with {colours} pale colours\n")


def reduced(shot: Image.Image, pale_colours: int) -> Image.Image:
    """Bring a picture down to a palette in which few pale colours stand beside those of the page."""
    pixels = np.asarray(shot).reshape(-1, 3)
    values, counts = np.unique(pixels, axis=0, return_counts=True)
    palette: list[int] = values[np.argsort(-counts)[:EXACT_COLOURS]].ravel().tolist()
    vivid = np.ptp(pixels.astype(np.int16), axis=1) > VIVID
    for part, colours in ((pixels[vivid], VIVID_COLOURS), (pixels[~vivid], pale_colours)):
        if len(part):
            palette += Image.fromarray(part[None]).quantize(colours).getpalette() or []
    holder = Image.new("P", (1, 1))
    holder.putpalette(palette)
    return shot.quantize(palette=holder, dither=Image.Dither.NONE)
