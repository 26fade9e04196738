import os
import time
from pathlib import Path

from app.storage import Storage
from worker import scratch


def test_only_what_a_killed_worker_left_long_ago_is_removed(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    old = [storage.checkpoints / ".finetune-ab", storage.embeddings / "lite0" / ".tmp-cd.npz"]
    kept = [storage.checkpoints / ".finetune-now", storage.checkpoints / "7", storage.embeddings / "lite0" / "12.npz"]
    for path in (*old, *kept):
        (path.parent if path.suffix else path).mkdir(parents=True, exist_ok=True)
        (path if path.suffix else path / "weights").write_bytes(b"x")
    long_ago = time.time() - 2 * scratch.DAY_SECONDS
    for path in (*old, *kept[1:]):
        os.utime(path, (long_ago, long_ago))
    assert sorted(scratch.clear(storage)) == sorted(old)
    assert not any(path.exists() for path in old)
    assert all(path.exists() for path in kept)
    assert scratch.clear(storage) == []


def test_a_new_data_folder_has_nothing_to_clear(tmp_path: Path) -> None:
    assert scratch.clear(Storage(tmp_path / "new")) == []
