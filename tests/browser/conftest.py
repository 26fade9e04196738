"""A live server of the test's own, pages signed in as anybody, and eyes for what goes wrong in them."""

import io
import re
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from PIL import Image as Picture
from PIL import ImageDraw
from playwright.sync_api import Browser, BrowserContext, Page, Request, Response, expect, sync_playwright

from app.config import ROOT
from app.db import session_scope
from app.domain.palette import PALETTE
from app.domain.statuses import Role
from app.main import create_app
from app.models import Account, Image, Label, Project
from app.services import accounts
from app.storage import get_storage, write_atomically
from tests.databases import postgres_database
from tests.factories import AccountFactory, ImageFactory, LabelFactory, MemberFactory, ProjectFactory

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# Long enough for two busy cores and two browsers; how quick a page is, `make bench` measures.
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """SQLite, unless a test asks for more: `parametrize("database_url", ["sqlite", "postgresql"], indirect=True)`."""
    if request.param == "sqlite":
        target = tmp_path / "loupe.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), target)
        yield f"sqlite:///{target}"
        return
    server, template = request.getfixturevalue("postgres_server"), request.getfixturevalue("postgres_template")
    with postgres_database(server, template) as url:
        yield url


@pytest.fixture
def live(loupe: Path, sent: list[tuple[str, int]]) -> Iterator[str]:
    """Serve the application on a free port; gives its address. Tasks go into `sent`."""
    # A page that still waits for an answer must not hold the test up: one second of grace.
    config = uvicorn.Config(
        create_app(), host="127.0.0.1", port=0, log_level="warning", ws="none", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=15)
    assert not thread.is_alive(), "the server did not stop"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Guard:
    """What went wrong in a page that nobody expected: console errors, refused or failed requests, CSP violations."""

    faults: list[str] = field(default_factory=list)
    expected: list[re.Pattern[str]] = field(default_factory=list)

    def expect(self, pattern: str) -> None:
        """Let faults that match pass."""
        self.expected.append(re.compile(pattern))

    def note(self, fault: str) -> None:
        self.faults.append(fault)

    def unexpected(self) -> list[str]:
        return [fault for fault in self.faults if not any(pattern.search(fault) for pattern in self.expected)]

    def watch(self, page: Page) -> None:
        page.on("console", lambda said: self.note(f"console: {said.text}") if said.type == "error" else None)
        page.on("pageerror", lambda error: self.note(f"script: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    def _failed(self, request: Request) -> None:
        # What a page had under way when it was left is cut off by the browser itself.
        if request.failure != "net::ERR_ABORTED":
            self.note(f"failed: {request.method} {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.note(f"refused: {response.status} {response.request.method} {response.url}")


@dataclass
class Visits:
    """Opens pages as anybody; each visitor is a browser of their own."""

    browser: Browser
    address: str
    opened: list[tuple[BrowserContext, Guard]] = field(default_factory=list)

    def __call__(self, path: str = "/", *, account: Account | None = None, **options: Any) -> Page:
        """Open a page, signed in as an account or as nobody; its guard is `guard_of(page)`."""
        context = self.browser.new_context(base_url=self.address, **({"viewport": WIDE} | options))
        context.set_default_timeout(PATIENCE_MS)
        if account is not None:
            with session_scope() as session:
                token = accounts.start_session(session, account)
            context.add_cookies([{"name": "loupe_session", "value": token, "url": self.address}])
        guard = Guard()
        context.on("page", guard.watch)
        self.opened.append((context, guard))
        page = context.new_page()
        page.goto(path)
        return page

    def guard_of(self, page: Page) -> Guard:
        return next(guard for context, guard in self.opened if context is page.context)


@pytest.fixture
def visit(chromium: Browser, live: str) -> Iterator[Visits]:
    """Open pages; whatever unexpected went wrong in any of them fails the test."""
    visits = Visits(chromium, live)
    yield visits
    for context, _guard in visits.opened:
        context.close()
    assert [fault for _context, guard in visits.opened for fault in guard.unexpected()] == []


@pytest.fixture
def assert_accessible() -> Callable[[Page], None]:
    """Let axe look at a page as it stands: no violations."""

    def check(page: Page) -> None:
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
        told = [
            f"{violation['id']}: {violation['help']}: " + "; ".join(str(node["target"]) for node in violation["nodes"])
            for violation in found["violations"]
        ]
        assert told == []

    return check


@dataclass
class Collection:
    """A project with labels and images, and a person in each role."""

    project: Project
    labels: list[Label]
    images: list[Image]
    lead: Account
    reviewer: Account
    annotator: Account

    @property
    def path(self) -> str:
        return f"/projects/{self.project.id}"


@pytest.fixture
def make_collection(loupe: Path) -> Callable[..., Collection]:
    """Make a collection whose images are really there, as drawn numbers in all renditions."""

    def make(images: int = 6, labels: tuple[str, ...] = ("human", "animal", "landscape")) -> Collection:
        with session_scope() as session:
            project = ProjectFactory.create(session=session, name=f"Collection {uuid.uuid4().hex[:6]}")
            people = {role: AccountFactory.create(session=session) for role in Role}
            for role, account in people.items():
                MemberFactory.create(session=session, project_id=project.id, account_id=account.id, role=role)
            return Collection(
                project,
                [
                    LabelFactory.create(
                        session=session,
                        project_id=project.id,
                        name=name,
                        key=str(place + 1),
                        colour=PALETTE[place],
                        definition=f"What counts as {name}.",
                        position=place,
                    )
                    for place, name in enumerate(labels)
                ],
                [_draw(ImageFactory.create(session=session, project_id=project.id)) for _ in range(images)],
                people[Role.LEAD],
                people[Role.REVIEWER],
                people[Role.ANNOTATOR],
            )

    return make


@pytest.fixture
def collection(make_collection: Callable[..., Collection]) -> Collection:
    """Six images and three labels, for tests that want no others."""
    return make_collection()


def _draw(image: Image) -> Image:
    """Draw an image's number and keep it as original, screen version and thumbnail."""
    shade = 60 + image.id * 37 % 150
    picture = Picture.new("RGB", (image.width, image.height), (shade, shade, shade))
    ImageDraw.Draw(picture).text((40, 40), str(image.id), fill="white", font_size=200)
    storage = get_storage()
    write_atomically(storage.original(image.sha256), [_encode(picture, "JPEG")])
    write_atomically(storage.rendition(image.sha256, "screen"), [_encode(picture, "WEBP")])
    picture.thumbnail((256, 256))
    write_atomically(storage.rendition(image.sha256, "thumbnail"), [_encode(picture, "WEBP")])
    return image


def _encode(picture: Picture.Image, format_name: str) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, format_name)
    return stream.getvalue()
