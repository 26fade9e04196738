"""A Loupe of our own, with people in it."""

import json
import os
import secrets
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

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]
LOUPE = [sys.executable, "-c", "from app.cli import main; main()"]
READY_SECONDS = 60
# Both are owners: how people are invited is no matter of these pictures.
PEOPLE = {"klara@example.org": "Klara Sommer", "anton@example.org": "Anton Lindqvist"}
KLARA, ANTON = PEOPLE


@dataclass(frozen=True)
class Loupe:
    """A Loupe of our own: where it answers, where its data are, and its people's password."""

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
    """Start Loupe with two people on a free port, and stop it at the end."""
    with tempfile.TemporaryDirectory(prefix="loupe-screenshots-") as folder, closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        loupe = Loupe(f"http://127.0.0.1:{port}", Path(folder) / "data", secrets.token_urlsafe(12))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LOUPE_")}
        environment |= {"LOUPE_DATA": str(loupe.data), "LOUPE_PORT": str(port)}
        for email, name in PEOPLE.items():
            add = [*LOUPE, "user", "add", email, "--name", name, "--owner", "--password-stdin"]
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


def sign_in(page: Page, loupe: Loupe, email: str = KLARA) -> None:
    """Sign somebody in."""
    page.goto("/sign-in")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", loupe.password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{loupe.address}/")
