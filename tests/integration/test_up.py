"""`loupe up` as a person meets it: starts all, survives deaths, stops all."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from app.config import ROOT
from tests.processes import WAIT_SECONDS, Running, loupe_command, until


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path / "data")
    yield running
    running.end()


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
        [*loupe_command(), "up"],
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
