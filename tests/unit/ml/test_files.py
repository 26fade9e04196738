import errno
import json
import stat
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from worker.ml.files import (
    DiskFullError,
    directory_made,
    full_disk_explained,
    write_atomically,
    write_json,
)
from worker.ml.tensors import write_tensors


def no_space(path: Path) -> None:
    path.write_bytes(b"half")
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_said_plainly_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DiskFullError, match="disk is full"):
        write_atomically(tmp_path / "a.npz", no_space)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("old")
    with pytest.raises(DiskFullError):
        write_atomically(tmp_path / "a.json", no_space)
    assert (tmp_path / "a.json").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_other_failures_keep_their_name() -> None:
    with pytest.raises(PermissionError), full_disk_explained():
        raise PermissionError
    with pytest.raises(RuntimeError, match="something else"), full_disk_explained():
        raise RuntimeError("something else")
    with pytest.raises(DiskFullError), full_disk_explained():
        raise RuntimeError("I/O error: No space left on device (os error 28)")


def test_files_are_whole_and_readable_by_other_workers(tmp_path: Path) -> None:
    write_tensors(tmp_path / "new" / "w.safetensors", {"a": torch.arange(6.0).reshape(2, 3).T})
    write_json(tmp_path / "new" / "m.json", {"name": "Käthe"})
    assert torch.equal(load_file(tmp_path / "new" / "w.safetensors")["a"], torch.arange(6.0).reshape(2, 3).T)
    assert json.loads((tmp_path / "new" / "m.json").read_text(encoding="utf-8")) == {"name": "Käthe"}
    assert stat.S_IMODE((tmp_path / "new" / "m.json").stat().st_mode) == 0o644


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), directory_made(tmp_path / "run") as scratch:
        (scratch / "half").rename(scratch / "nowhere" / "half")
    assert list(tmp_path.iterdir()) == []
    with directory_made(tmp_path / "run") as scratch:
        (scratch / "whole").write_text("x")
    assert [path.name for path in tmp_path.rglob("*")] == ["run", "whole"]
