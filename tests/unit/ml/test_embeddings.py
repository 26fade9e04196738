from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.unit.ml.pictures import draw, save, seen_by, tiny_backbone
from worker.ml import embeddings
from worker.ml.cache import EmbeddingCache
from worker.ml.callbacks import Cancelled, Progress
from worker.ml.dataset import ImageUnreadableError, Item
from worker.ml.embeddings import embed


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


def test_embeddings_come_in_the_order_asked_for(tmp_path: Path) -> None:
    items, _truth = draw(tmp_path / "images", 9)
    cache = EmbeddingCache(tmp_path / "cache")
    one_by_one = np.vstack([embed([item], tiny_backbone(), EmbeddingCache(tmp_path / item.sha256)) for item in items])
    shuffled = [items[place] for place in (4, 8, 0, 2)]
    assert (embed(shuffled, tiny_backbone(), cache) == one_by_one[[4, 8, 0, 2]]).all()
    assert (embed(items, tiny_backbone(), cache) == one_by_one).all()
    assert isinstance(items[0], Item)
