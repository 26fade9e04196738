"""How smoothly the light table scrolls through a large collection in Chromium, and what its page weighs.

    python bench/light_table.py [--images 100000] [--seconds 6] [--size 150]

Fills a database, serves the application, and scrolls: with the wheel, at the pace of somebody who looks, and by
dragging the scroll bar from end to end. Told are the times between frames, how long the page's own thread was at
work for each of them, which other programs on the machine hardly change, and what is in the page afterwards.
"""

import argparse
import io
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import uvicorn
from PIL import Image as Picture
from PIL import ImageDraw
from playwright.sync_api import CDPSession, Page, ViewportSize, sync_playwright
from sqlalchemy import select

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.db import session_scope  # noqa: E402 - the path is set just above
from app.main import create_app  # noqa: E402
from app.models import Image  # noqa: E402
from app.storage import get_storage, write_atomically  # noqa: E402
from bench.queue_world import QueueWorld, database, make_world  # noqa: E402

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
VIEWPORT = ViewportSize(width=1440, height=900)
# So many different pictures stand for all: a file system allows some ten thousand names of one file.
PICTURES = 40
# What a wheel turned steadily by somebody who looks moves in a second: three rows of tiles of 150 pixels.
WHEEL_PX_A_SECOND = 480
HURRY_PX_A_SECOND = 4_000
# The promise for what the server sends of the page itself.
HTML_MOST = 200_000
# Beyond the arrows that a scroll bar has at its ends, on its handle.
ARROW_PX = 24
# Frames as they come, by the time the browser gives them.
RECORD = """() => {
    window.frames_seen = [];
    const note = (at) => { window.frames_seen.push(at); window.recording = requestAnimationFrame(note); };
    window.recording = requestAnimationFrame(note);
}"""
STOP = "() => { cancelAnimationFrame(window.recording); return window.frames_seen; }"
WHOLE = """() => [...document.querySelectorAll(".lt-tile:not([hidden]) img")].every((one) => one.naturalWidth > 0)"""


@dataclass(frozen=True)
class Scrolled:
    """What was seen while scrolling: milliseconds between frames, and at work for each."""

    frames: list[float]
    task: float
    script: float
    style: float
    browser: float

    def tell(self, what: str) -> None:
        at = np.percentile(self.frames, (50, 95, 99))
        late = [100 * float(np.mean(np.array(self.frames) > limit)) for limit in (33.4, 50)]
        print(f"{what}: {len(self.frames)} frames, median {at[0]:.1f} ms, 95 % {at[1]:.1f}, 99 % {at[2]:.1f};")
        print(f"    over 33 ms {late[0]:.1f} %, over 50 ms {late[1]:.1f} %;", end=" ")
        print(f"processor's time for a frame: {self.task:.1f} ms of the page's thread, of it scripts", end=" ")
        print(f"{self.script:.1f}, style and layout {self.style:.1f}; {self.browser:.0f} ms of the whole browser")


def picture(number: int) -> bytes:
    """Draw a thumbnail with grain, as heavy as one of a photograph."""
    generator = np.random.default_rng(number)
    base = generator.integers(40, 200, 3)
    grain = generator.normal(0, 18, (240, 320, 3)) + base
    drawn = Picture.fromarray(np.clip(grain, 0, 255).astype(np.uint8))
    ImageDraw.Draw(drawn).text((90, 60), str(number), fill="white", font_size=110)
    stream = io.BytesIO()
    drawn.save(stream, "WEBP", quality=80)
    return stream.getvalue()


def draw_all() -> None:
    """Give every image a thumbnail; some hundred names stand for one file."""
    storage = get_storage()
    files = []
    for number in range(PICTURES):
        files.append(storage.root / f"picture-{number}")
        write_atomically(files[-1], [picture(number)])
    with session_scope(writes=False) as session:
        names = session.scalars(select(Image.sha256).order_by(Image.id)).all()
    for place, sha256 in enumerate(names):
        target = storage.rendition(sha256, "thumbnail")
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(files[place % PICTURES], target)


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


def spent(devtools: CDPSession) -> dict[str, float]:
    """Read how long the page's thread was at work so far, in seconds, and what its memory holds."""
    return {one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]}


@contextmanager
def recorded(page: Page, devtools: CDPSession, found: list[Scrolled]) -> Iterator[None]:
    """Record the frames of what happens meanwhile."""
    before, whole = spent(devtools), worked()
    page.evaluate(RECORD)
    yield
    at = np.array(page.evaluate(STOP))
    after, whole = spent(devtools), worked() - whole
    frames = np.diff(at)
    task, script, style, layout = (
        1000 * (after[name] - before[name]) / max(1, len(frames))
        for name in ("TaskDuration", "ScriptDuration", "RecalcStyleDuration", "LayoutDuration")
    )
    found.append(Scrolled(frames.tolist(), task, script, style + layout, 1000 * whole / max(1, len(frames))))


def wheel(page: Page, devtools: CDPSession, seconds: float, speed: int) -> Scrolled:
    """Turn the wheel over the middle of the table."""
    box = page.locator("[data-view]").bounding_box()
    assert box is not None
    found: list[Scrolled] = []
    with recorded(page, devtools, found):
        devtools.send(
            "Input.synthesizeScrollGesture",
            {
                "x": box["x"] + box["width"] / 2,
                "y": box["y"] + box["height"] / 2,
                "yDistance": -int(seconds * speed),
                "speed": speed,
                "gestureSourceType": "mouse",
            },
        )
    return found[0]


def drag(page: Page, devtools: CDPSession, seconds: float) -> Scrolled:
    """Drag the scroll bar from where it stands to the end and back."""
    box = page.locator("[data-view]").bounding_box()
    assert box is not None
    page.locator("[data-view]").evaluate(
        "view => { view.scrollTop = 0; view.onscroll = () => { if (view.scrollTop > 1e5) view.dataset.far = ''; }; }"
    )
    # The handle follows by itself, a little later.
    page.wait_for_timeout(500)
    x, top, bottom = box["x"] + box["width"] - 6, box["y"] + ARROW_PX, box["y"] + box["height"] - ARROW_PX
    page.mouse.move(x, top)
    found: list[Scrolled] = []
    page.mouse.down()
    with recorded(page, devtools, found):
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            # Up and down, each way in half of the time.
            along = abs(1 - 2 * left / seconds)
            page.mouse.move(x, bottom - along * (bottom - top))
            time.sleep(0.008)
    assert page.locator("[data-view]").evaluate("view => 'far' in view.dataset"), "the scroll bar was missed"
    page.mouse.up()
    return found[0]


def plain(page: Page, seconds: float) -> None:
    """Scroll a long page of plain text: what this browser on this machine does at its best just now."""
    lines = "".join(f"<p>{number} a line of text</p>" for number in range(2_000))
    page.set_content(f"<div data-view style='height: 780px; overflow: auto; background: #ddd'>{lines}</div>")
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    wheel(page, devtools, seconds, WHEEL_PX_A_SECOND).tell("to compare: plain text, the wheel at the same pace")


def weigh(page: Page, devtools: CDPSession) -> None:
    """Tell what is in the page now, and what its process holds."""
    devtools.send("HeapProfiler.collectGarbage")
    now = spent(devtools)
    held = [one.memory_info().rss for one in programs() if "--type=renderer" in one.cmdline()]
    html = len(page.content().encode())
    print(f"in the page: {now['Nodes']:.0f} nodes, {html / 1000:.0f} KB of HTML,", end=" ")
    print(f"{now['JSHeapUsedSize'] / 1e6:.1f} MB held by scripts; its process {max(held) / 1e6:.0f} MB")


def programs() -> list[psutil.Process]:
    """List the browser's processes."""
    return [one for one in psutil.Process().children(recursive=True) if "chrom" in one.name()]


def worked() -> float:
    """Tell how many seconds of the processor's time the browser has had, also for drawing where no other does that."""
    return sum(one.cpu_times().user + one.cpu_times().system for one in programs())


def measure(page: Page, world: QueueWorld, seconds: float, size: int) -> None:
    """Open the table and scroll."""
    devtools = page.context.new_cdp_session(page)
    # What the page's thread had of the processor, not what the clock says: others are at work on the machine too.
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.add_init_script(f"localStorage.setItem('loupe-table-size', '{size}')")
    began = time.perf_counter()
    answer = page.goto(f"/projects/{world.project_id}/light-table")
    assert answer is not None
    sent = len(answer.body())
    page.wait_for_function("() => document.querySelector('.lt-tile img')?.naturalWidth > 0")
    print(f"the page: {sent / 1000:.0f} KB of HTML (at most {HTML_MOST / 1000:.0f}), the first image in sight", end=" ")
    print(f"after {time.perf_counter() - began:.1f} s; {page.locator('.lt-tile:visible').count()} tiles in it")
    page.wait_for_timeout(1000)
    weigh(page, devtools)
    wheel(page, devtools, seconds, WHEEL_PX_A_SECOND).tell("wheel, three rows a second")
    wheel(page, devtools, seconds, HURRY_PX_A_SECOND).tell("wheel, in a hurry")
    drag(page, devtools, seconds).tell("scroll bar dragged from end to end and back")
    ended = time.perf_counter()
    page.wait_for_function(WHOLE)
    print(f"after the drag all pictures in sight are there within {time.perf_counter() - ended:.2f} s")
    weigh(page, devtools)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--size", type=int, default=150)
    given = parser.parse_args()
    with database("sqlite"):
        world = make_world(given.images, modelled=False)
        draw_all()
        (token,) = world.tokens.values()
        print(f"{given.images} images; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        with serving() as address, sync_playwright() as playwright:
            # The bar that is dragged must be there.
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox"], ignore_default_args=["--hide-scrollbars"]
            )
            context = browser.new_context(base_url=address, viewport=VIEWPORT)
            context.add_cookies([{"name": "loupe_session", "value": token, "url": address}])
            measure(context.new_page(), world, given.seconds, given.size)
            plain(browser.new_page(viewport=VIEWPORT), given.seconds)
            browser.close()
        print(f"load at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
