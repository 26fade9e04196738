import io
import tracemalloc
import zipfile
from pathlib import Path

from app.formats.stored_zip import Part, stored_zip


def test_a_zip_holds_what_was_put_in(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(bytes(range(256)) * 20_000)
    parts = [Part("README.md", "Grüße".encode()), Part("weights", tmp_path / "weights"), Part("empty", b"")]
    with zipfile.ZipFile(io.BytesIO(b"".join(stored_zip(parts)))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["README.md", "weights", "empty"]
        assert archive.read("README.md").decode() == "Grüße"
        assert archive.read("weights") == (tmp_path / "weights").read_bytes()


def test_it_is_the_same_whenever_it_is_made(tmp_path: Path) -> None:
    parts = [Part("a", b"1"), Part("b", b"2")]
    assert b"".join(stored_zip(parts)) == b"".join(stored_zip(parts))


def test_a_large_file_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(64 << 20)
    tracemalloc.start()
    total = sum(len(piece) for piece in stored_zip([Part("large", path)]))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total > 64 << 20
    assert peak < 16 << 20
