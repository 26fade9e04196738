"""How long somebody waits for the finest detail of a large scan: from the key to the last tile in sight, in Chromium.

    python bench/deep_zoom.py [--width PX] [--height PX] [--turns N]

Draws a scan as TIFF, imports it as people do, cuts it into tiles as the images worker does, and opens its page: how
long until it is shown, and from the key Z (true size) until every tile in sight is there. Each turn is a browser that
has nothing in its cache: once at once, as soon as the image is seen, and once after half a second of looking. Then the
way to other places. The peer is the same picture as one JPEG, which is what a page without tiles would have to send.
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import uvicorn
from PIL import Image as Picture
from PIL import ImageDraw
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import select

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.db import get_engine, session_scope  # noqa: E402 - the path is set just above
from app.domain.statuses import JobKind  # noqa: E402
from app.main import create_app  # noqa: E402
from app.migrating import migrate  # noqa: E402
from app.models import Account, Image, Job  # noqa: E402
from app.services import accounts, imports  # noqa: E402
from app.storage import get_storage  # noqa: E402
from tests.factories import AccountFactory, MemberFactory, ProjectFactory  # noqa: E402
from worker.jobs import imports as imports_job  # noqa: E402
from worker.jobs import tiles as tiles_job  # noqa: E402
from worker.running import run_job  # noqa: E402

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# The promise that is measured here.
PROMISED_MS = 1000
WHOLE = "**/whole.jpg"
BAND = 500
# From the key to the frame that shows all tiles in sight.
SHARP = """async key => {
    const start = performance.now();
    document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    if (key.startsWith("Arrow")) await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    while (!document.querySelector(".deep-zoom[data-whole]:not([data-idle])"))
        await new Promise((done) => setTimeout(done, 2));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - start;
}"""
# From the address to the frame that shows one large picture.
DECODED = """async () => {
    const start = performance.now();
    const picture = Object.assign(new Image(), { src: "/whole.jpg" });
    await picture.decode();
    document.body.append(picture);
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - start;
}"""
# When the screen version was there, counted from the click on the link.
SHOWN = """() => performance.getEntriesByType("resource").find((each) => each.name.endsWith("/screen")).responseEnd"""


def draw(path: Path, width: int, height: int) -> None:
    """Draw paper with its grain, uneven light, and thousands of small captions, and save it as an uncompressed TIFF."""
    generator = np.random.default_rng(0)
    across = np.linspace(0, 9, width, dtype=np.float32)
    picture = Picture.new("RGB", (width, height))
    for top in range(0, height, BAND):
        down = np.linspace(top / height, min(1.0, (top + BAND) / height), min(BAND, height - top), dtype=np.float32)
        light = 200 + 30 * np.sin(across)[None, :] * np.cos(7 * down)[:, None]
        grain = generator.normal(0, 4, (*light.shape, 3)).astype(np.float32)
        band = np.clip(light[..., None] + grain - (0, 8, 25), 0, 255).astype(np.uint8)
        picture.paste(Picture.fromarray(band), (0, top))
    pen = ImageDraw.Draw(picture)
    for number in range(width * height // 36_000):
        place = int(generator.integers(0, width)), int(generator.integers(0, height))
        pen.text(place, f"No. {number}", fill=(40, 30, 30), font_size=40)
    picture.save(path)


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def prepared(folder: Path) -> tuple[Account, Image]:
    """Import a folder with one scan and cut it into tiles; prints how long each took."""
    migrate(get_engine())
    with session_scope() as session:
        project = ProjectFactory.create(session=session)
        account: Account = AccountFactory.create(session=session)
        MemberFactory.create(session=session, project_id=project.id, account_id=account.id)
        made = imports.import_folder(session, project, folder)
    job_id = made.job_id or 0
    print(f"import: {timed(lambda: run_job(job_id, imports_job.work)):.1f} s")
    with session_scope(writes=False) as session:
        job = session.scalars(select(Job).where(Job.kind == JobKind.TILES)).one()
        image = session.scalars(select(Image)).one()
    print(f"tiles: {timed(lambda: run_job(job.id, tiles_job.work)):.1f} s, in the background", end="; ")
    storage = get_storage()
    sizes = [storage.original(image.sha256).stat().st_size, storage.tiles(image.sha256).stat().st_size]
    print("the scan has {:.0f} MB, its tiles {:.0f} MB in one file".format(*(size / 1e6 for size in sizes)))
    return account, image


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


@contextmanager
def visiting(browser: Browser, address: str, account: Account) -> Iterator[BrowserContext]:
    """A browser with an empty cache, signed in."""
    context = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900})
    with session_scope() as session:
        token = accounts.start_session(session, account)
    context.add_cookies([{"name": "loupe_session", "value": token, "url": address}])
    yield context
    context.close()


def looked_at(context: BrowserContext, image: Image, dwell: float) -> tuple[Page, float, float]:
    """Open the page of a scan, wait so many milliseconds, and press Z; gives what both took in milliseconds."""
    page = context.new_page()
    page.goto(f"/projects/{image.project_id}/images/{image.id}")
    page.wait_for_function("document.querySelector('.viewer__stage img').complete")
    shown = float(page.evaluate(SHOWN))
    page.wait_for_timeout(dwell)
    return page, shown, float(page.evaluate(SHARP, "z"))


def told(what: str, found: list[float]) -> None:
    """Print how long one waited."""
    late = sum(wait > PROMISED_MS for wait in found)
    print(f"{what}: median {statistics.median(found):.0f} ms, longest {max(found):.0f} ms; {late} of {len(found)} late")


def measure(browser: Browser, address: str, account: Account, image: Image, turns: int) -> None:
    """Look at the scan again and again."""
    shown: list[float] = []
    at_once: list[float] = []
    after: list[float] = []
    elsewhere: list[float] = []
    for turn in range(2 * turns):
        with visiting(browser, address, account) as context:
            page, first, sharp = looked_at(context, image, dwell=500 * (turn % 2))
            shown.append(first)
            (after if turn % 2 else at_once).append(sharp)
            elsewhere += [float(page.evaluate(SHARP, key)) for key in ("ArrowRight", "ArrowDown", "ArrowDown")]
    told("page opened, until the scan is shown whole", shown)
    told("key Z at once, until every pixel in sight is there", at_once)
    told("key Z after half a second of looking", after)
    told("an arrow key, to a place not seen yet", elsewhere)


def compare(browser: Browser, address: str, account: Account, picture: Path, turns: int) -> None:
    """Show the same picture as one JPEG."""
    Picture.MAX_IMAGE_PIXELS = None
    stream = io.BytesIO()
    Picture.open(picture).save(stream, "JPEG", quality=88, subsampling="4:4:4")
    found = []
    for _turn in range(turns):
        with visiting(browser, address, account) as context:
            page = context.new_page()
            page.route(WHOLE, lambda route: route.fulfill(body=stream.getvalue(), content_type="image/jpeg"))
            page.goto("/")
            found.append(float(page.evaluate(DECODED)))
    told(f"the same as one JPEG of {len(stream.getvalue()) / 1e6:.0f} MB", found)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, default=12_000)
    parser.add_argument("--height", type=int, default=9_000)
    parser.add_argument("--turns", type=int, default=5)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="loupe-bench-") as folder:
        os.environ["LOUPE_DATA"] = str(Path(folder) / "data")
        source = Path(folder) / "in"
        source.mkdir()
        draw(source / "scan.tif", chosen.width, chosen.height)
        print(
            f"a scan of {chosen.width} x {chosen.height} pixels; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
        )
        account, image = prepared(source)
        with serving() as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            measure(browser, address, account, image, chosen.turns)
            compare(browser, address, account, source / "scan.tif", chosen.turns)
            browser.close()


if __name__ == "__main__":
    main()
