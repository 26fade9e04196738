"""How long the thresholds page takes with many images and labels, and whether a slider lags.

    python bench/threshold_slider.py --images 20000 --labels 40

Makes a finished run in a temporary folder (bench/big_world.py), starts the web server on it and measures in Chromium:
from asking for the page until it is drawn, until the first sliders can be moved, and until every label is loaded; then
from one move of a slider, by key and by mouse, to the next frame that is painted. It ends by itself.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.big_world import BigWorld, big_world  # noqa: E402 - the path is set just above
from tests.processes import free_port  # noqa: E402

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MOVES = 200
PATIENCE_SECONDS = 60
SERVE = "import uvicorn, app.main; uvicorn.run(app.main.create_app(), port=int({port}), log_level='warning')"
# From the event to the first callback after the frame that shows it: what a hand on the slider waits for.
# A key held down comes again thirty times a second.
REPEAT_MS = 33
WATCH = """() => {
  window.painted = [];
  const slider = document.querySelector('[data-ready] [data-slider]');
  for (const kind of ['keydown', 'input'])
    slider.addEventListener(kind, (event) => {
      const began = event.timeStamp;
      requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => window.painted.push(performance.now() - began);
        channel.port2.postMessage(null);
      });
    });
}"""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a data folder on a free port; gives the address."""
    port = free_port()
    environment = os.environ | {"LOUPE_DATA": str(folder)}
    server = subprocess.Popen([sys.executable, "-c", SERVE.format(port=port)], env=environment, cwd=ROOT)
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not answers(address):
            if server.poll() is not None or time.monotonic() > deadline:
                raise TimeoutError(f"no answer at {address}")
            time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait()


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=1):
            return True
    except (urllib.error.URLError, OSError):
        return False


def opened(page: Page, path: str, labels: int) -> dict[str, float]:
    """Open the page; seconds until it is drawn, until the first sliders move, until all labels are there."""
    began = time.perf_counter()
    page.goto(path, wait_until="load")
    drawn = time.perf_counter() - began
    page.wait_for_selector("[data-ready]")
    first = time.perf_counter() - began
    for _screen in range(1000):
        if page.locator("[data-ready]").count() == labels:
            break
        page.mouse.wheel(0, 2000)
        page.wait_for_timeout(20)
    return {"page drawn": drawn, "first sliders": first, "all sliders, scrolling": time.perf_counter() - began}


def moved(page: Page) -> dict[str, list[float]]:
    """Move the first slider by keys and by mouse; milliseconds from each move to the painted frame."""
    page.evaluate("() => scrollTo(0, 0)")
    slider = page.locator("[data-ready] [data-slider]").first
    slider.scroll_into_view_if_needed()
    # The labels scrolled past fetch the images at their cuts; a hand on the first slider comes later.
    page.wait_for_load_state("networkidle")
    page.evaluate(WATCH)
    found = {}
    slider.focus()
    for step in range(MOVES):
        page.keyboard.press("ArrowRight" if step % 100 < 50 else "ArrowLeft")
        page.wait_for_timeout(REPEAT_MS)
    page.wait_for_timeout(100)
    found["key"] = page.evaluate("() => window.painted.splice(0)")
    box = slider.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] / 2)
    page.mouse.down()
    for step in range(MOVES):
        page.mouse.move(box["x"] + box["width"] * (0.2 + 0.6 * step / MOVES), box["y"] + box["height"] / 2)
    page.mouse.up()
    page.wait_for_timeout(100)
    found["mouse"] = page.evaluate("() => window.painted.splice(0)")
    return found


def measure(world: BigWorld, address: str, labels: int) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": "loupe_session", "value": world.lead_token, "url": address}])
        page = context.new_page()
        # Once to warm the server, whose first answer compiles the templates; then as it is met from then on.
        for name in ("first visit", "second visit"):
            took = opened(page, f"{world.path}/thresholds", labels)
            told = ", ".join(f"{what} {seconds:.2f} s" for what, seconds in took.items())
            print(f"{name}: {told}")
        for hand, waits in moved(page).items():
            ordered = sorted(waits)
            print(
                f"slider by {hand}, {len(waits)} moves: median {statistics.median(waits):.1f} ms, "
                f"95 % within {ordered[int(0.95 * len(ordered))]:.1f} ms, longest {ordered[-1]:.1f} ms"
            )
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--labels", type=int, default=40)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="loupe-slider-") as folder:
        world = big_world(Path(folder), given.images, given.labels)
        print(f"{given.images} validation images, {given.labels} labels, 5000 further images")
        with serving(Path(folder)) as address:
            measure(world, address, given.labels)


if __name__ == "__main__":
    main()
