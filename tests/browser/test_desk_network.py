"""The desk when the network or the server goes away in the middle of tagging, in a real browser."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import select

from app.config import ROOT
from app.db import session_scope
from app.models import Annotation
from app.services import accounts
from tests.browser.conftest import PATIENCE_MS, Collection, Visits
from tests.browser.desk_page import HUMAN, NONE, answers_of, eventually, open_desk, shows, skips_of
from tests.processes import answers, free_port, until

pytestmark = pytest.mark.browser
CUT_OFF = r"ERR_|Failed to load resource|/annotate/|/screen"


class Server:
    """A web server of this test's own, as a process that can be killed."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.log = folder / "server.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "uvicorn", "app.main:create_app", "--factory", "--port", str(self.port)]
        with self.log.open("ab") as stream:
            self.process = subprocess.Popen(
                command, env=os.environ | {"PYTHONPATH": str(ROOT)}, cwd=ROOT, stdout=stream, stderr=stream
            )
        until(lambda: answers(self.port), lambda: self.log.read_text(encoding="utf-8"))

    def kill(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None


@pytest.fixture
def server(loupe: Path, tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def collection(make_collection: Callable[..., Collection]) -> Collection:
    return make_collection(images=8)


def in_order(collection: Collection) -> list[int]:
    """The images answered for, in the order in which the server got the answers, doubled ones twice."""
    with session_scope(writes=False) as session:
        query = select(Annotation.image_id).where(Annotation.project_id == collection.project.id)
        return list(session.scalars(query.order_by(Annotation.id)))


def test_the_screen_goes_on_while_no_answer_has_come(desk: Page, collection: Collection) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        # Only the first one: what comes behind it is sent once that one is confirmed.
        if held:
            route.continue_()
        else:
            held.append(route)

    desk.route("**/annotate/submit", hold)
    desk.wait_for_load_state("networkidle")
    for image in collection.images[1:5]:
        desk.keyboard.press("n")
        shows(desk, image)
    # The first save is on its way still, the others wait behind it: none is confirmed, four images are past.
    assert len(held) == 1
    assert in_order(collection) == []
    held[0].continue_()
    desk.unroute("**/annotate/submit")
    eventually(desk, lambda: len(in_order(collection)) == 4)
    expect(desk.get_by_text("Saved", exact=True)).to_be_visible()


@pytest.fixture
def desk(visit: Visits, collection: Collection) -> Page:
    return open_desk(visit, collection)


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_the_network_cut_and_restored_in_the_middle_loses_and_doubles_nothing(
    visit: Visits, desk: Page, collection: Collection
) -> None:
    visit.guard_of(desk).expect(CUT_OFF)
    images = collection.images
    desk.wait_for_load_state("networkidle")
    desk.keyboard.press("1")
    desk.keyboard.press("Enter")
    eventually(desk, lambda: answers_of(images[0]) == [HUMAN])
    desk.context.set_offline(True)
    desk.keyboard.press("n")
    desk.keyboard.press("s")
    desk.keyboard.press("n")
    desk.keyboard.press("u")
    desk.keyboard.press("1")
    desk.keyboard.press("Enter")
    expect(desk.locator("[data-unsaved]")).to_contain_text("are not saved yet")
    assert in_order(collection) == [images[0].id]
    desk.context.set_offline(False)
    expect(desk.locator("[data-unsaved]")).to_be_hidden(timeout=PATIENCE_MS)
    # The answer that was taken back while offline came and went; the last one counts.
    assert in_order(collection) == [image.id for image in (images[0], images[1], images[3], images[3])]
    assert answers_of(images[1]) == [NONE]
    assert answers_of(images[3]) == [HUMAN]
    assert skips_of(images[2]) == 1


def test_a_server_killed_and_started_again_in_the_middle_has_every_answer_once(
    chromium: Browser, server: Server, collection: Collection
) -> None:
    images = collection.images
    address = f"http://127.0.0.1:{server.port}"
    context = chromium.new_context(base_url=address, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    with session_scope() as session:
        token = accounts.start_session(session, collection.annotator)
    context.add_cookies([{"name": "loupe_session", "value": token, "url": address}])
    page = context.new_page()
    page.goto(f"{collection.path}/annotate")
    shows(page, images[0])
    page.wait_for_load_state("networkidle")
    page.keyboard.press("n")
    page.keyboard.press("n")
    server.kill()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    page.keyboard.press("n")
    shows(page, images[4])
    expect(page.locator("[data-unsaved]")).to_be_visible()
    # The tab is closed while answers wait, and opened again when the server is back.
    page.close(run_before_unload=False)
    server.start()
    page = context.new_page()
    page.goto(f"{collection.path}/annotate")
    shows(page, images[4])
    eventually(page, lambda: len(in_order(collection)) >= 4)
    expect(page.locator("[data-unsaved]")).to_be_hidden()
    assert in_order(collection) == [image.id for image in images[:4]]
    assert [answers_of(image) for image in images[:4]] == [[NONE], [NONE], [HUMAN], [NONE]]
    page.keyboard.press("n")
    eventually(page, lambda: answers_of(images[4]) == [NONE])
    context.close()
