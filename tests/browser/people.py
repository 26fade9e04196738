"""People at browsers of their own, before a Loupe that really runs."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Guard
from tests.processes import Running

PASSWORD = "correct horse battery"
# A first training loads the network; two busy cores take their time.
TRAINING_MS = 180_000


class Person:
    """Somebody in a browser of their own."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.context = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900})
        self.context.set_default_timeout(30_000)
        self.guard = Guard()
        self.context.on("page", self.guard.watch)
        self.page = self.context.new_page()

    def make_account(self, link: str, name: str, email: str) -> Page:
        self.page.goto(link)
        self.page.get_by_label("Your name").fill(name)
        self.page.get_by_label("E-mail address").fill(email)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_role("main").locator("button[type=submit]").click()
        return self.page


@contextmanager
def really_running(data: Path) -> Iterator[tuple[str, str]]:
    """Loupe with its workers and everything else; gives its address and the one-time link for the first account."""
    running = Running(data)
    try:
        running.ready()
        yield f"http://127.0.0.1:{running.port}", first_link(running.text())
    finally:
        running.end()


def first_link(text: str) -> str:
    """Find the link for the first account in what `loupe up` said."""
    link = re.search(r"http\S+/invitations/\S+", text)
    assert link is not None
    return link.group()


def train(page: Page, button: str, number: int) -> None:
    page.get_by_role("button", name=button, exact=True).first.click()
    expect(page).to_have_url(re.compile(rf"/runs/{number}/report"), timeout=TRAINING_MS)
