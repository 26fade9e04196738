"""`loupe runs`: listing runs, and writing the files of their models."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from app import cli
from app.commands import runs as commands
from app.db import session_scope
from app.domain.statuses import JobStatus, Recipe
from app.errors import ConflictError, NotFoundError
from app.models import Job
from app.services import model_files
from app.services.model_files import FileForm
from app.storage import get_storage, write_atomically
from tests.run_factory import World, make_world

MANIFEST = {
    "backbone": "tf_efficientnet_lite0",
    "backbone_digest": "ab",
    "views": ["whole"],
    "transform": {"size": 224, "interpolation": "bicubic"},
}
Shell = Callable[..., str]


@pytest.fixture
def world(session: Session, sent: list[tuple[str, int]]) -> World:
    made = make_world(session, n=12)
    made.run.checkpoint = str(made.run.id)
    made.run.recipe, made.run.is_active = Recipe.FINETUNE, True
    made.run.tags, made.run.remark = ["maps"], "Before the maps were split.\nMore."
    session.commit()
    folder = get_storage().checkpoints / str(made.run.id)
    write_atomically(folder / "weights.safetensors", [b"weights"])
    write_atomically(folder / "manifest.json", [json.dumps(MANIFEST).encode()])
    return made


@pytest.fixture
def shell(loupe: Path) -> Shell:
    """Run a command in this process; gives what it prints, and raises its refusal."""

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(cli.app, arguments)
        if done.exception is not None:
            raise done.exception
        return done.stdout

    return run


def place_of(world: World, form: FileForm) -> Path:
    with session_scope(writes=False) as opened:
        return model_files.path_of(opened, get_storage(), world.run, form)


def test_runs_are_listed_with_what_is_known_of_them(world: World, shell: Shell) -> None:
    project = world.project.name
    listed = json.loads(shell("runs", "list", project, "--json"))
    assert listed["project"] == project
    (row,) = listed["runs"]
    assert (row["run"], row["recipe"], row["state"], row["active"]) == (1, "finetune", "succeeded", True)
    text = shell("runs", "list", project)
    assert "1 * finetune" in text
    assert "maps · Before the maps were split." in text
    assert "More." not in text
    assert json.loads(shell("runs", "list", project, "--recipe", "quick", "--json"))["runs"] == []
    assert shell("runs", "list", project, "--tag", "ships").strip() == "There is no such run."


def test_weights_and_card_are_written_as_the_pages_give_them(world: World, shell: Shell, tmp_path: Path) -> None:
    out = tmp_path / "w.zip"
    told = json.loads(shell("runs", "file", world.project.name, "weights", "--out", str(out), "--json"))
    assert (told["run"], told["kind"], told["out"], told["bytes"]) == (1, "weights", str(out), out.stat().st_size)
    with zipfile.ZipFile(out) as archive:
        assert archive.read("weights.safetensors") == b"weights"
    folder = tmp_path / "files"
    folder.mkdir()
    shell("runs", "file", world.project.name, "card", "--run", "1", "--out", str(folder))
    card = (folder / "run-1-model-card.md").read_text(encoding="utf-8")
    for label in world.labels:
        assert label.name in card


def test_a_file_that_is_there_is_not_made_again(
    world: World, shell: Shell, tmp_path: Path, sent: list[tuple[str, int]]
) -> None:
    write_atomically(place_of(world, FileForm.ONNX), [b"made before"])
    shell("runs", "file", world.project.name, "onnx", "--out", str(tmp_path))
    assert (tmp_path / "run-1-onnx.zip").read_bytes() == b"made before"
    assert sent == []


def test_a_file_that_is_missing_is_asked_for_and_waited_for(
    world: World, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = place_of(world, FileForm.FASTAI)

    def made(job_id: int, _say: Callable[[str], None]) -> None:
        with session_scope() as opened:
            job = opened.get_one(Job, job_id)
            assert job.params == {"run_id": world.run.id, "form": "fastai"}
            job.status = JobStatus.SUCCEEDED
        write_atomically(target, [b"made now"])

    monkeypatch.setattr(commands, "wait_for", made)
    shell("runs", "file", world.project.name, "fastai", "--out", str(tmp_path / "a.zip"))
    assert (tmp_path / "a.zip").read_bytes() == b"made now"
    target.unlink()
    monkeypatch.setattr(commands, "wait_for", lambda _job_id, _say: None)
    with pytest.raises(ConflictError, match="changed meanwhile"):
        shell("runs", "file", world.project.name, "fastai", "--out", str(tmp_path / "b.zip"))
    assert not (tmp_path / "b.zip").exists()


def test_a_run_without_files_is_refused_and_nothing_is_written(
    session: Session, world: World, shell: Shell, tmp_path: Path
) -> None:
    world.run.checkpoint = None
    session.commit()
    for kind in ("weights", "onnx", "fastai"):
        with pytest.raises(ConflictError, match="no checkpoint"):
            shell("runs", "file", world.project.name, kind, "--out", str(tmp_path / "x.zip"))
    with pytest.raises(NotFoundError):
        shell("runs", "file", world.project.name, "card", "--run", "9", "--out", str(tmp_path / "x.md"))
    assert list(tmp_path.glob("x.*")) == []
