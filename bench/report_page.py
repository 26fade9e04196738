"""How long the report of a large run takes to open: 20 000 validation images, 40 labels, in Chromium.

Makes such a run in a temporary folder, with what a worker reckons when a training ends, starts the web server on it,
and opens pages as a reviewer would, each several times. Printed is the time from the click to the page being loaded,
median and worst; charts are drawn after that. `python bench/report_page.py [images] [labels]`.
"""

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page, sync_playwright  # noqa: E402 - the path is set just above

from app.db import session_scope  # noqa: E402
from app.models import Run  # noqa: E402
from app.services import measurements  # noqa: E402
from bench.big_world import BigWorld, big_world  # noqa: E402

TIMES = 7
READY_SECONDS = 60
# What the whole navigation may take.
GOAL_MS = 1000
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NAVIGATION = "performance.getEntriesByType('navigation')[0].toJSON()"
DRAWN = ".chart__plot svg"


def prepare(world: BigWorld) -> float:
    """Reckon what a worker would have, in seconds."""
    began = time.perf_counter()
    with session_scope() as session:
        measurements.prepare(session, session.query(Run).filter_by(number=world.run_number).one())
    return time.perf_counter() - began


def wait_for(address: str) -> None:
    """Wait until the server answers."""
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        try:
            urlopen(f"{address}/health", timeout=1).close()
        except (URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise SystemExit("The web server did not answer.")


def opened(page: Page, address: str) -> tuple[float, float]:
    """Open a page; give the milliseconds until the server had answered, and until it was loaded."""
    page.goto(address, wait_until="load")
    timing = page.evaluate(NAVIGATION)
    return timing["responseEnd"], timing["loadEventEnd"]


def measure(page: Page, name: str, address: str) -> None:
    """Open a page several times and print how long it took."""
    timings = [opened(page, address) for _time in range(TIMES)]
    answered, loaded = ([each[place] for each in timings] for place in (0, 1))
    verdict = "within" if statistics.median(loaded) < GOAL_MS else "ABOVE"
    print(
        f"{name:36} answered {statistics.median(answered):5.0f} ms   loaded {statistics.median(loaded):5.0f} ms   "
        f"worst {max(loaded):5.0f} ms   {verdict} {GOAL_MS} ms",
        flush=True,
    )


def visit(world: BigWorld, address: str) -> None:
    """Open the pages of the run in Chromium."""
    root = f"{address}{world.path}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": "loupe_session", "value": world.lead_token, "url": address}])
        page = context.new_page()
        page.goto(f"{root}/report")
        began = time.perf_counter()
        page.wait_for_selector(DRAWN)
        print(f"first chart drawn after another {1000 * (time.perf_counter() - began):.0f} ms")
        measure(page, "report, tuned thresholds", f"{root}/report")
        measure(page, "report, 0.5 for all", f"{root}/report?at=half")
        measure(page, "report, F2, sorted by recall", f"{root}/report?beta=2&sort=-recall")
        measure(page, "report, 0/0 counted as 1", f"{root}/report?undefined=1")
        measure(page, "one label with its curves", f"{root}/report/labels/1")
        browser.close()


def main() -> None:
    """Make the world, start the server, measure, stop."""
    sizes = [int(size) for size in sys.argv[1:3]]
    with tempfile.TemporaryDirectory(prefix="loupe-bench-") as folder, closing(socket.socket()) as probe:
        world = big_world(Path(folder), *sizes)
        print(f"reckoned once by the worker: {prepare(world):.1f} s")
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        server = [sys.executable, "-m", "uvicorn", "app.main:create_app", "--factory", "--port", str(port)]
        environment = {**os.environ, "LOUPE_DATA": folder}
        process = subprocess.Popen([*server, "--log-level", "warning"], env=environment, cwd=ROOT)
        try:
            wait_for(f"http://127.0.0.1:{port}")
            visit(world, f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
