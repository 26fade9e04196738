import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from app.domain.statuses import Recipe
from tests.unit.ml.pictures import tiny_backbone
from worker.ml.checkpoint import (
    CheckpointUnusableError,
    Manifest,
    manifest_for,
    read_manifest,
    read_weights,
    write_checkpoint,
)


def manifest() -> Manifest:
    return manifest_for(Recipe.QUICK, ["a", "ß"], tiny_backbone(), seed=7, config={"x": 1}, details={"y": [2]})


def test_a_checkpoint_reads_as_it_was_written(tmp_path: Path) -> None:
    written = manifest()
    write_checkpoint(tmp_path / "run", written, {"w": torch.arange(4.0)})
    assert read_manifest(tmp_path / "run") == written
    assert torch.equal(read_weights(tmp_path / "run")["w"], torch.arange(4.0))
    assert {"python", "torch", "timm", "numpy"} <= set(written.versions)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["manifest.json", "run", "weights.safetensors"]


def test_a_checkpoint_never_changes(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "run", manifest(), {"w": torch.zeros(1)})
    with pytest.raises(CheckpointUnusableError, match="already"):
        write_checkpoint(tmp_path / "run", replace(manifest(), seed=8), {"w": torch.ones(1)})
    assert read_manifest(tmp_path / "run").seed == 7


def test_a_crash_while_writing_leaves_no_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("worker.ml.checkpoint.write_json", crash)
    with pytest.raises(KeyboardInterrupt):
        write_checkpoint(tmp_path / "run", manifest(), {"w": torch.zeros(1)})
    assert list(tmp_path.iterdir()) == []


def test_another_format_is_refused(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "run", manifest(), {"w": torch.zeros(1)})
    path = tmp_path / "run" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))
    with pytest.raises(CheckpointUnusableError, match="another version"):
        read_manifest(tmp_path / "run")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": 1}', b"\xff\xfe"])
def test_a_damaged_manifest_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(CheckpointUnusableError, match="missing or damaged"):
        read_manifest(tmp_path)


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointUnusableError, match="missing or damaged"):
        read_weights(tmp_path)
    (tmp_path / "weights.safetensors").write_bytes(b"\x80\x04 a pickle, perhaps")
    with pytest.raises(CheckpointUnusableError, match="missing or damaged"):
        read_weights(tmp_path)
