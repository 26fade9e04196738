import json
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.disk_room import make_room
from app.domain.statuses import JobStatus, Labelling, Recipe
from app.errors import ConflictError, NotFoundError
from app.models import Run
from app.services import model_files, threshold_sets, thresholds
from app.services.model_files import FileForm, FileStatus
from app.storage import get_storage, write_atomically
from tests.run_factory import World, make_world

MANIFEST = {
    "backbone": "tf_efficientnet_lite0",
    "backbone_digest": "ab",
    "views": ["whole", "centre"],
    "transform": {"size": 224, "interpolation": "bicubic"},
}


@pytest.fixture
def world(session: Session, sent: list[tuple[str, int]]) -> World:
    made = make_world(session, n=12)
    made.run.checkpoint = str(made.run.id)
    session.commit()
    folder = get_storage().checkpoints / str(made.run.id)
    write_atomically(folder / "weights.safetensors", [b"weights"])
    write_atomically(folder / "manifest.json", [json.dumps(MANIFEST).encode()])
    return made


def status(session: Session, run: Run, form: FileForm = FileForm.ONNX) -> FileStatus:
    return model_files.standing(session, get_storage(), run, form).status


def test_a_file_is_made_once_for_all_who_ask(session: Session, world: World, sent: list[tuple[str, int]]) -> None:
    storage = get_storage()
    assert status(session, world.run) is FileStatus.NONE
    job = model_files.ask(session, storage, world.run, world.lead, FileForm.ONNX)
    assert job is not None
    assert model_files.ask(session, storage, world.run, world.reviewer, FileForm.ONNX) is job
    other = model_files.ask(session, storage, world.run, world.lead, FileForm.FASTAI)
    assert other is not job
    session.commit()
    assert [task for task, _job in sent].count("loupe.model_file") == 2
    assert status(session, world.run) is FileStatus.WAITING
    job.status, job.error = JobStatus.FAILED, "The disk is full."
    found = model_files.standing(session, storage, world.run, FileForm.ONNX)
    assert (found.status, found.sentence) == (FileStatus.FAILED, "The disk is full.")
    assert model_files.ask(session, storage, world.run, world.lead, FileForm.ONNX) is not job


def test_a_file_holds_for_the_thresholds_in_force(session: Session, world: World) -> None:
    storage = get_storage()
    write_atomically(model_files.path_of(session, storage, world.run, FileForm.ONNX), [b"x" * 10])
    found = model_files.standing(session, storage, world.run, FileForm.ONNX)
    assert (found.status, found.size) == (FileStatus.READY, 10)
    assert model_files.ask(session, storage, world.run, world.lead, FileForm.ONNX) is None
    thresholds.set_values(session, world.run, {world.labels[0].id: 0.3}, account=world.lead)
    assert status(session, world.run) is FileStatus.NONE
    threshold_sets.activate(session, world.run, 1)
    assert status(session, world.run) is FileStatus.READY


def test_a_run_without_a_model_is_refused(session: Session, world: World) -> None:
    world.run.checkpoint = None
    with pytest.raises(ConflictError):
        model_files.ask(session, get_storage(), world.run, world.lead, FileForm.ONNX)
    with pytest.raises(ConflictError):
        model_files.weights_parts(session, get_storage(), world.run)


def test_the_weights_of_a_quick_run_bring_the_frozen_network_along(session: Session, world: World) -> None:
    storage = get_storage()
    with pytest.raises(ConflictError, match="not on this computer"):
        model_files.weights_parts(session, storage, world.run)
    write_atomically(storage.backbones / "tf_efficientnet_lite0-ab.safetensors", [b"network"])
    parts = {part.name: part.content for part in model_files.weights_parts(session, storage, world.run)}
    assert set(parts) == {
        "README.md", "loupe_model.py", "manifest.json", "weights.safetensors", "backbone.safetensors",
    }  # fmt: skip
    readme = parts["README.md"]
    assert isinstance(readme, bytes)
    for label in world.labels:
        assert label.name.encode() in readme
    script = parts["loupe_model.py"]
    assert isinstance(script, Path)
    assert "def load_model" in script.read_text(encoding="utf-8")


def test_a_fine_tuned_model_has_its_network_in_its_weights(session: Session, world: World) -> None:
    world.run.recipe = Recipe.FINETUNE
    names = [part.name for part in model_files.weights_parts(session, get_storage(), world.run)]
    assert "backbone.safetensors" not in names


def test_labels_that_exclude_each_other_have_no_thresholds(session: Session, world: World) -> None:
    world.run.labelling = Labelling.EXCLUSIVE
    facts = model_files.facts(session, world.run, MANIFEST)
    assert facts.thresholds == []


def test_a_checkpoint_that_has_gone_is_told(session: Session, world: World) -> None:
    (get_storage().checkpoints / str(world.run.id) / "manifest.json").unlink()
    with pytest.raises(NotFoundError, match="missing or damaged"):
        model_files.weights_parts(session, get_storage(), world.run)


def test_files_made_long_ago_make_room_for_new_ones(session: Session, world: World) -> None:
    storage = get_storage()
    paths = [storage.model_files(number) / "onnx-1.zip" for number in range(4)]
    for path in paths:
        write_atomically(path, [b"x" * 100])
    assert make_room(model_files.made(storage), 250, keep=paths[0]) == 2
    left = [path.exists() for path in paths]
    assert left[0]
    assert sum(left) == 2
