import errno
import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.unit.ml.pictures import draw, save, seen_by, tiny_backbone
from worker.ml import embeddings
from worker.ml.callbacks import Cancelled, Progress
from worker.ml.dataset import ImageUnreadableError, Item
from worker.ml.embeddings import EmbeddingCache, embed
from worker.ml.files import DiskFullError

ROOT = Path(__file__).resolve().parents[3]


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def rows(count: int, start: int = 0) -> tuple[list[str], np.ndarray]:
    values = np.arange(start, start + count, dtype=np.float16)[:, None] + np.zeros(4, dtype=np.float16)
    return [sha(str(number)) for number in range(start, start + count)], values


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_what_was_computed_once_is_read_and_equal(tmp_path: Path) -> None:
    items, _truth = draw(tmp_path / "images", 11)
    first, again = tiny_backbone(), tiny_backbone()
    fresh = embed(items, first, EmbeddingCache(tmp_path / "cache"))
    kept = embed(items[::-1], again, EmbeddingCache(tmp_path / "cache"))
    assert fresh.dtype == np.float32
    assert fresh.shape == (11, 12)
    assert (fresh == kept[::-1]).all()
    assert seen_by(again) == 0
    # Each image was seen in two views.
    assert seen_by(first) == 22


def test_only_new_images_are_computed_and_the_same_content_once(tmp_path: Path) -> None:
    items, _truth = draw(tmp_path / "images", 6)
    cache = EmbeddingCache(tmp_path / "cache")
    embed(items[:4], tiny_backbone(), cache)
    backbone = tiny_backbone()
    found = embed([*items, items[5], items[0]], backbone, cache)
    assert seen_by(backbone) == 4
    assert (found[5] == found[6]).all()
    assert (found[0] == found[7]).all()


def test_another_backbone_finds_nothing(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path)
    cache.put("one", *rows(3))
    found, have = cache.get("two", rows(3)[0])
    assert found is None
    assert not have.any()


def test_no_images_are_no_embeddings(tmp_path: Path) -> None:
    assert len(embed([], tiny_backbone(), EmbeddingCache(tmp_path))) == 0


@pytest.mark.parametrize("harm", ["cut", "flip", "empty", "text"])
def test_a_damaged_file_is_noticed_and_its_images_computed_again(tmp_path: Path, harm: str) -> None:
    items, _truth = draw(tmp_path / "images", 5)
    fresh = embed(items, tiny_backbone(), EmbeddingCache(tmp_path / "cache"))
    (path,) = files(tmp_path / "cache")
    whole = path.read_bytes()
    middle = whole.index(fresh[0].astype(np.float16).tobytes())
    flipped = whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :]
    path.write_bytes({"cut": whole[: len(whole) // 2], "flip": flipped, "empty": b"", "text": b"not an archive"}[harm])
    backbone = tiny_backbone()
    assert (embed(items, backbone, EmbeddingCache(tmp_path / "cache")) == fresh).all()
    assert seen_by(backbone) == 10


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


def test_two_processes_write_and_read_at_once(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from tests.unit.ml.test_embeddings import rows
from worker.ml.embeddings import EmbeddingCache
cache = EmbeddingCache(Path(sys.argv[1]))
for number in range(0, 50):
    cache.put("one", *rows(2, number))
    found, have = cache.get("one", rows(number + 2)[0])
    assert have[number:].all(), number
    assert (found[have] == rows(number + 2)[1][have]).all(), number
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


def test_stopping_keeps_what_was_computed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.ml.callbacks.Monitor.INTERVAL", 0)
    items, _truth = draw(tmp_path / "images", 60)
    seen: list[Progress] = []
    with pytest.raises(Cancelled):
        embed(items, tiny_backbone(), EmbeddingCache(tmp_path / "cache"), seen.append, lambda: len(seen) == 3)
    backbone = tiny_backbone()
    embed(items, backbone, EmbeddingCache(tmp_path / "cache"))
    assert seen[-1].done == 8
    assert seen_by(backbone) == 2 * (60 - 8)


def test_a_damaged_image_is_named_and_the_others_are_kept(tmp_path: Path) -> None:
    items, _truth = draw(tmp_path / "images", 30)
    items[20] = save(Image.new("RGB", (9, 9)), tmp_path / "torn.png")
    items[20].path.write_bytes(b"")
    with pytest.raises(ImageUnreadableError, match=r"torn\.png") as caught:
        embed(items, tiny_backbone(), EmbeddingCache(tmp_path / "cache"))
    assert caught.value.item == items[20]
    backbone = tiny_backbone()
    embed([item for item in items if item != items[20]], backbone, EmbeddingCache(tmp_path / "cache"))
    assert seen_by(backbone) <= 2 * 9


def test_progress_counts_what_is_kept_as_done(tmp_path: Path) -> None:
    items, _truth = draw(tmp_path / "images", 10)
    cache = EmbeddingCache(tmp_path / "cache")
    embed(items[:6], tiny_backbone(), cache)
    seen: list[Progress] = []
    embed(items, tiny_backbone(), cache, seen.append)
    assert [(report.done, report.total) for report in seen] == [(6, 10), (10, 10)]


def test_large_collections_are_written_a_file_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings, "SHARD", 8)
    items, _truth = draw(tmp_path / "images", 20)
    embed(items, tiny_backbone(), EmbeddingCache(tmp_path / "cache"))
    assert len(files(tmp_path / "cache")) == 3


def test_a_full_disk_is_said_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(DiskFullError):
        EmbeddingCache(tmp_path).put("one", *rows(2))
    assert files(tmp_path) == []


def test_embeddings_come_in_the_order_asked_for(tmp_path: Path) -> None:
    items, _truth = draw(tmp_path / "images", 9)
    cache = EmbeddingCache(tmp_path / "cache")
    one_by_one = np.vstack([embed([item], tiny_backbone(), EmbeddingCache(tmp_path / item.sha256)) for item in items])
    shuffled = [items[place] for place in (4, 8, 0, 2)]
    assert (embed(shuffled, tiny_backbone(), cache) == one_by_one[[4, 8, 0, 2]]).all()
    assert (embed(items, tiny_backbone(), cache) == one_by_one).all()
    assert isinstance(items[0], Item)
