"""Photograph the screens of the documentation: `make screenshots`.

Starts Loupe on a temporary data folder, makes an owner, goes once round the loop on the sample collection that Loupe
draws itself (train, tag, review, retrain) as a person would in a browser, and keeps a picture of each stop in
docs/images/.
"""

import io
import json
import os
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from docs import dependency_picture

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
LOUPE = [sys.executable, "-c", "from app.cli import main; main()"]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDTH, HEIGHT = 1280, 800
# Newsprint in full colour would take several times as much, in a repository that keeps every version.
MOST_BYTES = 250_000
# The page itself, its texts, buttons and labels keep their colours: those that most pixels have exactly, and those this
# far from grey. Newsprint is paler and gets by with what is left.
EXACT_COLOURS = 20
VIVID, VIVID_COLOURS = 70, 28
PALE_COLOURS = (200, 120, 64, 40, 28, 20, 14, 10)
# Drawing, embedding and training take a minute on two idle cores, and several where others are at work.
PATIENCE_MS = 300_000
READY_SECONDS = 60
EMAIL, NAME = "klara@example.org", "Klara Sommer"
TAGGED_BY_HAND = 24


@dataclass(frozen=True)
class Loupe:
    """A Loupe of our own: where it answers, where its data are, and its owner's password."""

    address: str
    data: Path
    password: str

    def true_labels(self) -> dict[str, list[str]]:
        """Read what each cut of the sample collection truly shows."""
        with closing(sqlite3.connect(f"file:{self.data / 'loupe.sqlite3'}?mode=ro", uri=True)) as database:
            (options,) = database.execute("SELECT options FROM imports WHERE source = 'sample'").fetchone()
        found: dict[str, list[str]] = json.loads(options)["sample"]["true_labels"]
        return found


@contextmanager
def running() -> Iterator[Loupe]:
    """Start Loupe with an owner on a free port, and stop it at the end."""
    with tempfile.TemporaryDirectory(prefix="loupe-screenshots-") as folder, closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        loupe = Loupe(f"http://127.0.0.1:{port}", Path(folder) / "data", secrets.token_urlsafe(12))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LOUPE_")}
        environment |= {"LOUPE_DATA": str(loupe.data), "LOUPE_PORT": str(port)}
        add = [*LOUPE, "user", "add", EMAIL, "--name", NAME, "--owner", "--password-stdin"]
        subprocess.run(add, env=environment, cwd=ROOT, input=loupe.password, text=True, check=True)
        process = subprocess.Popen([*LOUPE, "up"], env=environment, cwd=ROOT)
        try:
            wait_until_ready(loupe)
            yield loupe
        finally:
            process.terminate()
            process.wait()


def wait_until_ready(loupe: Loupe) -> None:
    """Wait until the web server answers."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            with urlopen(f"{loupe.address}/health", timeout=1):
                return
        except (URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def sign_in(page: Page, loupe: Loupe) -> None:
    """Sign the owner in."""
    page.goto("/sign-in")
    page.fill("input[name=email]", EMAIL)
    page.fill("input[name=password]", loupe.password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{loupe.address}/")


def draw_sample(page: Page) -> str:
    """Have the sample collection drawn; give the address of its project."""
    page.goto("/")
    page.click("form[action='/samples'] button")
    page.wait_for_url("**/imports/*")
    page.get_by_role("link", name="Start tagging").wait_for()
    return page.url.partition("/imports/")[0]


def train(page: Page, start: str) -> None:
    """Press a button that starts a training, and wait for its report."""
    page.click(start)
    page.wait_for_url("**/report*")


def tag(page: Page, project: str, truth: dict[str, list[str]]) -> None:
    """Tag some images rightly, and leave the next one with its labels chosen."""
    page.goto(f"{project}/annotate")
    name, tagged = choose(page, truth), 0
    # The image that stays for the picture shows labels that overlap.
    while tagged < TAGGED_BY_HAND or not {"human"} < set(truth[name]):
        page.keyboard.press("Enter" if truth[name] else "n")
        page.wait_for_function("name => document.querySelector('[data-image-name]').textContent !== name", arg=name)
        name, tagged = choose(page, truth), tagged + 1
    # Loaded anew, the desk does not boast of the pace of a script.
    page.reload()
    choose(page, truth)


def choose(page: Page, truth: dict[str, list[str]]) -> str:
    """Press the keys of the labels that the image before us shows; give its name."""
    page.wait_for_selector("[data-ground] img")
    name = page.inner_text("[data-image-name]").strip()
    for label in truth[name]:
        page.click(f".desk-label[data-name='{label}'] [data-present]")
    return name


def review(page: Page, report: str, truth: dict[str, list[str]]) -> None:
    """Judge every error of a run as somebody who knows, with a picture of the first wrong annotation."""
    # Whole addresses: a relative one would be sought below the root of the site.
    page.goto(f"{report.removesuffix('report')}errors/review?list=errors&split=all")
    total = int(page.get_attribute("[data-review]", "data-total") or 0)
    taken = False
    for position in range(total):
        page.wait_for_selector(f"[data-place][data-position='{position}']")
        name = page.inner_text(".review__facts > p.small a[href*='/images/']").strip()
        label = page.inner_text(".review__head h2 .label-name").strip()
        said = page.inner_text(".review__facts dl.definition dd strong >> nth=0").strip()
        wrong = (label in truth[name]) != (said == "present")
        if wrong and position > 2 and not taken:
            keep(page, "review")
            taken = True
        page.keyboard.press("x" if wrong else "m")
    page.get_by_text("All saved").wait_for()


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


def go_round(page: Page, loupe: Loupe) -> None:
    """Go once round the loop, with a picture at each stop."""
    sign_in(page, loupe)
    project = draw_sample(page)
    truth = loupe.true_labels()
    page.goto(f"{project}/runs")
    train(page, "section.train-now button[type=submit]")
    report = page.url.partition("?")[0]
    tag(page, project, truth)
    keep(page, "annotate")
    page.goto(f"{report.removesuffix('report')}errors")
    keep(page, "errors")
    review(page, report, truth)
    page.goto(project)
    keep(page, "overview")
    page.goto(f"{project}/labels")
    keep(page, "labels")
    page.goto(report)
    train(page, "main form[action$='/runs'] button[type=submit]")
    keep(page, "report", top="#figures")
    page.goto(f"{project}/compare")
    keep(page, "compare")


def main() -> None:
    """Draw and photograph everything."""
    IMAGES.mkdir(exist_ok=True)
    dependency_picture.main()
    with running() as loupe, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(
            base_url=loupe.address, viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light", locale="en-GB"
        )
        context.set_default_timeout(PATIENCE_MS)
        go_round(context.new_page(), loupe)
        browser.close()


if __name__ == "__main__":
    main()
