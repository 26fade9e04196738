"""Embeddings keep to the room they have, and survive whoever dies while writing them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from app.config import get_settings
from app.disk_room import make_room, used_bytes
from tests.unit.ml.test_cache import ROOT, files, rows
from worker.ml import cache
from worker.ml.cache import EmbeddingCache, files_of


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    kept = EmbeddingCache(tmp_path)
    for number, identity in enumerate(("one", "two", "three")):
        kept.put(identity, *rows(50))
        (path,) = files(tmp_path / identity)
        os.utime(path, (number, number))
    # Somebody reads the oldest, which makes it the last to go.
    EmbeddingCache(tmp_path).get("one", rows(50)[0])
    assert make_room(files_of(tmp_path), used_bytes(files_of(tmp_path))) == 0
    assert make_room(files_of(tmp_path), used_bytes(files_of(tmp_path)) - 1) == 1
    assert {path.parent.name for path in files(tmp_path)} == {"one", "three"}
    (three,) = files(tmp_path / "three")
    assert make_room(files_of(tmp_path), 0, keep=three) == 1
    assert files(tmp_path) == [three]


def test_writing_keeps_to_the_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "GIGABYTE", 3000)
    monkeypatch.setattr(get_settings(), "embeddings_max_gb", 1)
    kept = EmbeddingCache(tmp_path)
    for number in range(6):
        kept.put(f"network {number}", *rows(20))
        time.sleep(0.01)
    assert used_bytes(files_of(tmp_path)) <= 3000
    # What was just written is there; what went is looked at again, and nobody fails.
    assert kept.get("network 5", rows(20)[0])[1].all()
    assert not kept.get("network 0", rows(20)[0])[1].any()


def test_workers_killed_while_writing_leave_nothing_that_misleads(tmp_path: Path) -> None:
    """Kill writers again and again: every embedding that is found is right, and those confirmed before are there."""
    script = """
import hashlib, sys
from pathlib import Path
import numpy as np
from worker.ml.cache import EmbeddingCache
cache = EmbeddingCache(Path(sys.argv[1]))
number = int(sys.argv[2])
while True:
    keys = [hashlib.sha256(str(each).encode()).hexdigest() for each in range(number, number + 40)]
    values = np.arange(number, number + 40, dtype=np.float16)[:, None] + np.zeros(4, dtype=np.float16)
    cache.put("one", keys, values)
    print(number, flush=True)
    number = (number + 40) % 2000
"""
    confirmed: set[int] = set()
    for turn in range(4):
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", script, str(tmp_path), str((turn * 2 + which) * 200)],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                text=True,
            )
            for which in range(2)
        ]
        for writer in writers:
            assert writer.stdout is not None
            confirmed.add(int(writer.stdout.readline()))
        time.sleep(0.05 * turn)
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
            rest, _errors = writer.communicate()
            confirmed.update(int(line) for line in rest.split("\n")[:-1])
    found, have = EmbeddingCache(tmp_path).get("one", rows(2048)[0])
    assert found is not None
    assert (found[have] == rows(2048)[1][have]).all()
    for start in confirmed:
        assert have[start : start + 40].all()
    # Another worker goes on as if nothing had been.
    EmbeddingCache(tmp_path).put("one", *rows(2048))
    assert EmbeddingCache(tmp_path).get("one", rows(2048)[0])[1].all()
    assert np.isfinite(found).all()
