"""How long reviewers and annotators wait for the next image: from the key to the frame that shows it, in Chromium.

    python bench/review_speed.py [--images N] [--delay MS] [--pace MS]

Makes a finished run with pictures of 2048 px, starts the web server, opens the review screen, and presses M again and
again at a steady pace, with every answer of the server held back. The wait runs from the key to the end of the frame
that shows the next image. Then the same in the grid: from the key that confirms a page of 48 to the frame that shows
the next page; and at the annotator's desk, from the key "none apply" to the next image, decoded and whole.
Wall-clock: run it on an idle machine.
"""

import argparse
import io
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import uvicorn
from PIL import Image as Picture
from playwright.sync_api import Browser, Page, Route, sync_playwright
from sqlalchemy import update

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.db import get_engine, session_scope  # noqa: E402 - the path is set just above
from app.domain.statuses import Split  # noqa: E402
from app.main import create_app  # noqa: E402
from app.migrating import migrate  # noqa: E402
from app.models import Image  # noqa: E402
from app.services import accounts  # noqa: E402
from app.storage import Rendition, get_storage, write_atomically  # noqa: E402
from tests.run_factory import World, make_world  # noqa: E402

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# The promise that is measured here.
PROMISED_MS = 50
TURNS = 40
LONG_SIDE = 2048
# What waits behind the callback of a frame comes when that frame was painted.
WATCH = """async ([key, modifiers, attribute]) => {
    const shown = () => document.querySelector(`[data-${attribute}]`).getAttribute(`data-${attribute}`);
    const before = shown();
    const start = performance.now();
    document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...modifiers }));
    while (shown() === before) await new Promise((done) => setTimeout(done));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - start;
}"""

# The same for the picture on the desk, which has to be decoded as well.
WATCH_DESK = """async ([key]) => {
    const picture = () => document.querySelector("[data-ground] img");
    const before = picture().currentSrc;
    const start = performance.now();
    document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    while (!picture()?.complete || picture().currentSrc === before) await new Promise((done) => setTimeout(done));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - start;
}"""


def world_with_pictures(images: int) -> World:
    """A finished run, and for each image of it noise like a photograph's in the size that the screen shows."""
    migrate(get_engine())
    with session_scope() as session:
        world = make_world(session, n=images)
        # One more opinion on each image, so that there is something to do at the desk.
        session.execute(update(Image).values(opinions=2, needed=1))
    storage, generator = get_storage(), np.random.default_rng(0)
    for image in world.images:
        cells = generator.integers(0, 255, (96, 128, 3), dtype=np.uint8)
        picture = Picture.fromarray(cells).resize((LONG_SIDE, LONG_SIDE * 3 // 4), Picture.Resampling.BICUBIC)
        sides: list[tuple[Rendition, int]] = [("screen", LONG_SIDE), ("thumbnail", 320)]
        for kind, side in sides:
            stream = io.BytesIO()
            picture.resize((side, side * 3 // 4)).save(stream, "JPEG", quality=85)
            write_atomically(storage.rendition(image.sha256, kind), [stream.getvalue()])
    return world


@contextmanager
def serving() -> Iterator[str]:
    """The web server, without workers; gives its address."""
    server = uvicorn.Server(uvicorn.Config(create_app(), host="127.0.0.1", port=0, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=10)


def opened(browser: Browser, address: str, world: World, delay: float) -> Page:
    """A page of the reviewer's, with every answer but those for scripts and styles held back."""
    context = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900})
    with session_scope() as session:
        token = accounts.start_session(session, world.reviewer)
    context.add_cookies([{"name": "loupe_session", "value": token, "url": address}])
    page = context.new_page()

    def hold(route: Route) -> None:
        page.wait_for_timeout(delay)
        route.continue_()

    page.route("**/projects/**", hold)
    return page


def waits(page: Page, watch: str, given: list[object], pace: float, turns: int) -> list[float]:
    """Press a key at a steady pace; gives the milliseconds of each wait."""
    found = []
    for _turn in range(turns):
        found.append(float(page.evaluate(watch, given)))
        page.wait_for_timeout(max(0.0, pace - found[-1]))
    return found


def told(what: str, found: list[float]) -> None:
    """Print how long one waited."""
    late = sum(wait > PROMISED_MS for wait in found)
    print(
        f"{what}: median {statistics.median(found):.0f} ms, 95 of 100 within {np.percentile(found, 95):.0f} ms,"
        f" longest {max(found):.0f} ms; {late} of {len(found)} later than {PROMISED_MS} ms"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=400)
    parser.add_argument("--delay", type=float, default=300, help="milliseconds every answer is held back")
    parser.add_argument("--pace", type=float, default=700, help="milliseconds from key to key")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="loupe-review-") as folder:
        os.environ["LOUPE_DATA"] = folder
        world = world_with_pictures(given.images)
        root = f"/projects/{world.project.id}/runs/1/errors"
        with serving() as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = opened(browser, address, world, given.delay)
            page.goto(f"{root}/review?split=all")
            page.wait_for_timeout(4 * given.delay + 1000)
            told("Next place", waits(page, WATCH, ["m", {}, "position"], given.pace, TURNS))
            page.goto(f"{root}/grid?split={Split.TRAIN.value}&list=cell&cell=tn")
            page.wait_for_timeout(4 * given.delay + 2000)
            told("Next page of the grid", waits(page, WATCH, ["Enter", {"ctrlKey": True}, "grid-page"], 5000, 3))
            page.goto(f"/projects/{world.project.id}/annotate")
            page.wait_for_timeout(4 * given.delay + 2000)
            told("Next image at the desk", waits(page, WATCH_DESK, ["n"], given.pace, TURNS))
            browser.close()


if __name__ == "__main__":
    main()
