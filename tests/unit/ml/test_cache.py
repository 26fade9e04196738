import errno
import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from worker.ml.cache import EmbeddingCache
from worker.ml.files import DiskFullError

ROOT = Path(__file__).resolve().parents[3]


def rows(count: int, start: int = 0) -> tuple[list[str], np.ndarray]:
    values = np.arange(start, start + count, dtype=np.float16)[:, None] + np.zeros(4, dtype=np.float16)
    return [hashlib.sha256(str(number).encode()).hexdigest() for number in range(start, start + count)], values


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_another_backbone_finds_nothing(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path)
    cache.put("one", *rows(3))
    found, have = cache.get("two", rows(3)[0])
    assert found is None
    assert not have.any()


def test_a_file_that_a_crash_left_half_written_is_ignored(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path)
    cache.put("one", *rows(3))
    (tmp_path / "one" / ".tmp-crashed.npz").write_bytes(b"PK\x03\x04 half")
    found, have = EmbeddingCache(tmp_path).get("one", rows(4)[0])
    assert have.tolist() == [True, True, True, False]
    assert found is not None
    assert found[:, 0].tolist() == [0, 1, 2, 0]


def test_many_small_files_are_merged_and_nothing_is_lost(tmp_path: Path) -> None:
    cache, other = EmbeddingCache(tmp_path), EmbeddingCache(tmp_path)
    for number in range(100):
        cache.put("one", *rows(1, number))
        if number == 20:
            other.get("one", rows(1)[0])
    assert len(files(tmp_path)) < 40
    # One worker's index is older than the merge; it finds everything all the same.
    for reader in (cache, other, EmbeddingCache(tmp_path)):
        found, have = reader.get("one", rows(100)[0])
        assert have.all()
        assert found is not None
        assert (found == rows(100)[1]).all()


def test_a_file_merged_away_while_it_is_wanted_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = EmbeddingCache(tmp_path)
    cache.put("one", *rows(3))
    index = cache._refresh("one")
    files(tmp_path)[0].unlink()
    monkeypatch.setattr(cache, "_refresh", lambda _identity: index)
    _found, have = cache.get("one", rows(3)[0])
    assert not have.any()


def test_what_was_merged_away_under_a_reader_is_found_where_it_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, other = EmbeddingCache(tmp_path), EmbeddingCache(tmp_path)
    cache.put("one", *rows(3))
    (old,) = files(tmp_path)
    read = EmbeddingCache._read

    def merge_first(path: Path) -> np.ndarray | None:
        if path == old and path.exists():
            other.put("one", *rows(3))
            old.unlink()
        return read(path)

    monkeypatch.setattr(EmbeddingCache, "_read", staticmethod(merge_first))
    found, have = cache.get("one", rows(3)[0])
    assert have.all()
    assert found is not None
    assert (found == rows(3)[1]).all()


def test_what_stands_in_two_files_outlives_either(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path)
    cache.put("one", *rows(3))
    cache.put("one", *rows(3))
    assert cache.get("one", rows(3)[0])[1].all()
    first, second = files(tmp_path)
    for gone, kept in ((first, second), (second, first)):
        reader = EmbeddingCache(tmp_path)
        assert reader.get("one", rows(3)[0])[1].all()
        content = gone.read_bytes()
        gone.unlink()
        assert reader.get("one", rows(3)[0])[1].all(), kept
        gone.write_bytes(content)


def test_two_processes_write_and_read_at_once(tmp_path: Path) -> None:
    script = """
import hashlib, sys
from pathlib import Path
import numpy as np
from worker.ml.cache import EmbeddingCache
cache = EmbeddingCache(Path(sys.argv[1]))
keys = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(51)]
values = np.arange(51, dtype=np.float16)[:, None] + np.zeros(4, dtype=np.float16)
for number in range(50):
    cache.put("one", keys[number : number + 2], values[number : number + 2])
    found, have = cache.get("one", keys[: number + 2])
    assert have[number:].all(), number
    assert (found[have] == values[: number + 2][have]).all(), number
"""
    processes = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT) for _ in range(2)]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]
    found, have = EmbeddingCache(tmp_path).get("one", rows(51)[0])
    assert have.all()
    assert found is not None
    assert (found == rows(51)[1]).all()
    assert not [path for path in files(tmp_path) if path.name.startswith(".")]


def test_a_large_collection_takes_few_files_and_reads_back(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path)
    for start in range(0, 20_000, 2000):
        keys = [f"{number:064x}" for number in range(start, start + 2000)]
        cache.put("one", keys, np.full((2000, 8), start, dtype=np.float16))
    found, have = EmbeddingCache(tmp_path).get("one", [f"{number:064x}" for number in range(20_000)])
    assert have.all()
    assert found is not None
    assert found[::2000, 0].tolist() == list(range(0, 20_000, 2000))
    assert len(files(tmp_path)) == 10


def test_a_full_disk_is_said_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(DiskFullError):
        EmbeddingCache(tmp_path).put("one", *rows(2))
    assert files(tmp_path) == []
