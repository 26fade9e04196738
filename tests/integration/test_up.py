"""`loupe up` as a person meets it: starts all, survives deaths, stops all."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil
import pytest

from app.config import ROOT

WAIT_SECONDS = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], bool], what: str, seconds: float = WAIT_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.1)


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
                [sys.executable, "-c", "from app.cli import main; main()", "up"],
                env=self.environment,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def text(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def answers(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/health", timeout=1) as response:
                return bool(response.status == 200)
        except (URLError, OSError):
            return False

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
        until(lambda: "Ctrl-C" in self.text(), f"the greeting; so far: {self.text()}")


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path / "data")
    yield running
    for process in running.children() if running.process.poll() is None else []:
        process.kill()
    running.process.kill()
    running.process.wait()


@pytest.mark.enable_socket
def test_one_interrupt_stops_everything(up: Running) -> None:
    up.ready()
    assert up.answers()
    assert f"http://127.0.0.1:{up.port}/invitations/" in up.text()
    started = up.children()
    assert len(started) >= 4  # web server, Valkey, a worker for images, one for training
    os.killpg(up.process.pid, signal.SIGINT)
    assert up.process.wait(WAIT_SECONDS) == 0
    assert "Loupe has stopped." in up.text()
    assert [process for process in started if process.is_running()] == []
    assert "Traceback" not in up.text()


@pytest.mark.enable_socket
def test_a_dead_part_is_started_again(up: Running) -> None:
    up.ready()
    for words in ("worker.main images", "uvicorn"):
        victim = up.child(words)
        assert victim is not None
        victim.kill()
        until(partial(up.was_replaced, words, victim.pid), f"another {words}")
    until(up.answers, "the web server answers again")


@pytest.mark.enable_socket
def test_a_second_start_on_the_same_data_is_refused_in_words(up: Running) -> None:
    up.ready()
    second = subprocess.run(
        [sys.executable, "-c", "from app.cli import main; main()", "up"],
        env=up.environment,
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
        check=False,
    )
    assert second.returncode != 0
    assert second.stderr.strip() == "Loupe is already running on this data folder."


@pytest.mark.enable_socket
def test_when_the_supervisor_is_killed_its_parts_end_and_the_next_start_works(up: Running) -> None:
    up.ready()
    orphans = [process for process in up.children() if "valkey" not in process.name()]
    up.process.kill()
    up.process.wait()
    until(lambda: not any(process.is_running() for process in orphans), "orphans end by themselves")
    up.process = up.start()
    up.ready()
    assert up.answers()


def test_the_web_server_loads_no_training_stack() -> None:
    heavy = {"torch", "torchvision", "fastai", "timm", "sklearn", "scipy", "pandas", "worker"}
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, app.main; app.main.create_app(); print(*sorted(sys.modules))"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert heavy.isdisjoint(loaded)
