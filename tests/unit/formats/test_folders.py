"""Folders on the server: only what lies in them, and only ordinary files."""

import io
import os
from pathlib import Path

import pytest

from app.formats.entries import EntryRefused, SourceLimits, SourceRefused
from app.formats.folders import walk_folder


def made(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return folder


def test_files_are_listed_by_relative_path_in_order(tmp_path: Path) -> None:
    source = walk_folder(made(tmp_path, "b.jpg", "1900/c.jpg", "1900/old/a.jpg", "labels.csv"))
    assert [entry.name for entry in source.entries] == ["b.jpg", "1900/c.jpg", "1900/old/a.jpg"]
    assert [entry.name for entry in source.csv_entries] == ["labels.csv"]
    target = io.BytesIO()
    assert source.entries[1].copy_to(target) == len("1900/c.jpg")
    assert target.getvalue() == b"1900/c.jpg"
    assert source.refused == []


def test_hidden_files_and_litter_are_left_out(tmp_path: Path) -> None:
    source = walk_folder(made(tmp_path, ".hidden.jpg", ".git/a.jpg", "__MACOSX/a.jpg", "Thumbs.db", "a.jpg"))
    assert [entry.name for entry in source.entries] == ["a.jpg"]
    assert source.refused == []


def test_links_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    outside = made(tmp_path / "outside", "secret.jpg", "more/x.jpg")
    folder = made(tmp_path / "in", "a.jpg", "sub/b.jpg")
    (folder / "out.jpg").symlink_to(outside / "secret.jpg")
    (folder / "outdir").symlink_to(outside / "more")
    (folder / "gone.jpg").symlink_to(folder / "nothing.jpg")
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "inside.jpg").symlink_to(folder / "a.jpg")
    (folder / "subagain").symlink_to(folder / "sub")
    source = walk_folder(folder)
    assert [entry.name for entry in source.entries] == ["a.jpg", "inside.jpg", "sub/b.jpg"]
    reasons = {refusal.file: refusal.reason for refusal in source.refused}
    assert "leads out of the folder" in reasons["out.jpg"]
    assert "leads out of the folder" in reasons["outdir"]
    assert "not there" in reasons["gone.jpg"]
    assert "not there" in reasons["loop"]
    assert "same import" in reasons["subagain"]


def test_a_folder_given_by_a_link_is_walked(tmp_path: Path) -> None:
    made(tmp_path / "real", "a.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert [entry.name for entry in walk_folder(tmp_path / "link").entries] == ["a.jpg"]


def test_pipes_are_refused_and_never_waited_for(tmp_path: Path) -> None:
    made(tmp_path, "a.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    source = walk_folder(tmp_path)
    assert "special file" in source.refused[0].reason
    (tmp_path / "a.jpg").unlink()
    os.mkfifo(tmp_path / "a.jpg")
    with pytest.raises(EntryRefused, match="no longer an ordinary file"):
        source.entries[0].copy_to(io.BytesIO())


def test_a_file_exchanged_for_a_link_is_refused(tmp_path: Path) -> None:
    source = walk_folder(made(tmp_path, "a.jpg"))
    (tmp_path / "a.jpg").unlink()
    (tmp_path / "a.jpg").symlink_to("/etc/hostname")
    with pytest.raises(EntryRefused, match="cannot be read"):
        source.entries[0].copy_to(io.BytesIO())


def test_a_file_that_vanished_is_refused(tmp_path: Path) -> None:
    source = walk_folder(made(tmp_path, "a.jpg"))
    (tmp_path / "a.jpg").unlink()
    with pytest.raises(EntryRefused, match="cannot be read: No such file"):
        source.entries[0].copy_to(io.BytesIO())


def test_a_folder_that_cannot_be_opened_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = made(tmp_path, "a.jpg", "locked/b.jpg")
    scan = os.scandir

    def locked(path: str) -> object:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", locked)
    source = walk_folder(folder)
    assert [entry.name for entry in source.entries] == ["a.jpg"]
    (refusal,) = source.refused
    assert refusal.file == "locked"
    assert "Permission denied" in refusal.reason


def test_names_that_are_no_text_and_archives_are_refused(tmp_path: Path) -> None:
    made(tmp_path, "a.jpg", "more.zip")
    (tmp_path / os.fsdecode(b"bad\xff.jpg")).write_bytes(b"x")
    reasons = {refusal.file: refusal.reason for refusal in walk_folder(tmp_path).refused}
    assert "cannot be written or shown" in reasons["bad\ufffd.jpg"]
    assert "archive inside" in reasons["more.zip"]


def test_limits_hold(tmp_path: Path) -> None:
    folder = made(tmp_path, "a.jpg", "b.jpg", "c.jpg")
    with pytest.raises(SourceRefused, match="more than 2 files"):
        walk_folder(folder, SourceLimits(entries=2))
    assert "more than 0 MB" in walk_folder(folder, SourceLimits(entry_bytes=3)).refused[0].reason
    source = walk_folder(folder, SourceLimits(entry_bytes=10))
    (folder / "a.jpg").write_bytes(b"x" * 11)
    with pytest.raises(EntryRefused, match="more than 0 MB"):
        source.entries[0].copy_to(io.BytesIO())


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    made(tmp_path, "a.jpg")
    with pytest.raises(SourceRefused, match="no folder"):
        walk_folder(tmp_path / "missing")
    with pytest.raises(SourceRefused, match="not a folder"):
        walk_folder(tmp_path / "a.jpg")


def test_a_backslash_in_a_name_is_an_ordinary_letter(tmp_path: Path) -> None:
    source = walk_folder(made(tmp_path, "a\\b.jpg"))
    assert [entry.name for entry in source.entries] == ["a\\b.jpg"]
