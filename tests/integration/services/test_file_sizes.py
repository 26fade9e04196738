from pathlib import Path

from app.services import file_sizes
from app.storage import Storage


def test_bytes_below_a_folder_are_added_up(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "one").write_bytes(b"123")
    (tmp_path / "a" / "b" / "two").write_bytes(b"4567")
    assert file_sizes.of_folder(tmp_path) == 7
    assert sorted(Path(path).name for path, _size in file_sizes.files_below(tmp_path)) == ["one", "two"]


def test_a_folder_that_is_not_there_takes_nothing(tmp_path: Path) -> None:
    assert file_sizes.of_folder(tmp_path / "nowhere") == 0


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "large").write_bytes(b"x" * 100_000)
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link").symlink_to(outside)
    assert file_sizes.of_folder(inside) < 1000


def test_a_run_has_a_folder_of_each_kind(tmp_path: Path) -> None:
    folders = file_sizes.folders_of(Storage(tmp_path), 7)
    assert set(folders) == set(file_sizes.Kind)
    assert {folder.name for folder in folders.values()} == {"7"}
