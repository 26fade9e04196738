"""Training workers as processes of their own, as `loupe up` starts them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.broker import TRAINING_QUEUE
from app.config import ROOT
from app.db import session_scope
from app.services import jobs
from tests.processes import until


@contextmanager
def training_worker(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker that takes work already, and is ended at the latest when the test is over."""
    with log.open("ab") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "worker.main", TRAINING_QUEUE],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
            stdout=stream,
            stderr=stream,
        )
    try:
        until(lambda: "ready." in log.read_text(encoding="utf-8") and _is_there(), log.read_text)
        yield process
    finally:
        process.kill()
        process.wait()


def _is_there() -> bool:
    with session_scope(writes=False) as opened:
        return jobs.worker_alive(opened, TRAINING_QUEUE)
