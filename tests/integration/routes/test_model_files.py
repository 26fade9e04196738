import io
import json
import zipfile
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobStatus, Recipe
from app.models import Account, Run
from app.services import jobs, model_files
from app.services.model_files import FileForm
from app.storage import get_storage, write_atomically
from tests.integration.services.test_model_files import MANIFEST
from tests.run_factory import World, make_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(session: Session) -> World:
    made = make_world(session, n=12)
    made.run.checkpoint, made.run.recipe = str(made.run.id), Recipe.FINETUNE
    session.commit()
    folder = get_storage().checkpoints / str(made.run.id)
    write_atomically(folder / "weights.safetensors", [b"weights"])
    write_atomically(folder / "manifest.json", [json.dumps(MANIFEST).encode()])
    return made


def root(world: World) -> str:
    return f"/projects/{world.project.id}/runs/1/files"


def test_the_weights_come_as_a_zip(world: World, sign_in: SignIn) -> None:
    answer = sign_in(world.lead).get(f"{root(world)}/weights.zip")
    assert answer.headers["content-type"] == "application/zip"
    assert 'filename="run-1-model.zip"' in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert archive.read("weights.safetensors") == b"weights"


def test_a_file_is_asked_for_watched_and_fetched(world: World, sign_in: SignIn, sent: list[tuple[str, int]]) -> None:
    client = sign_in(world.lead)
    assert "Make this file" in client.get(root(world)).text
    assert client.get(f"{root(world)}/onnx.zip").status_code == 404
    for _click in range(2):
        assert client.post(f"{root(world)}/onnx").headers["location"] == root(world)
    assert [task for task, _job in sent] == ["loupe.model_file"]
    text = client.get(f"{root(world)}/state").text
    assert 'hx-trigger="every 2s"' in text
    assert "<html" not in text
    with session_scope() as session:
        run = session.get_one(Run, world.run.id)
        write_atomically(model_files.path_of(session, get_storage(), run, FileForm.ONNX), [b"zip"])
    text = client.get(root(world)).text
    assert "ready" in text
    answer = client.get(f"{root(world)}/onnx.zip")
    assert answer.content == b"zip"
    assert "run-1-onnx.zip" in answer.headers["content-disposition"]


def test_a_failure_is_told_and_can_be_tried_again(world: World, sign_in: SignIn, sent: list[tuple[str, int]]) -> None:
    client = sign_in(world.lead)
    client.post(f"{root(world)}/fastai")
    with session_scope() as session:
        job = jobs.get_job(session, sent[0][1])
        job.status, job.error = JobStatus.FAILED, "The disk is full."
    text = client.get(root(world)).text
    assert "The disk is full." in text
    assert "Try again" in text


def test_a_form_that_does_not_exist_is_not_found(world: World, sign_in: SignIn) -> None:
    assert sign_in(world.lead).post(f"{root(world)}/word").status_code in {404, 422}


def test_a_reviewer_sees_what_there_is_and_takes_nothing(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.reviewer)
    text = client.get(root(world)).text
    assert "weights.zip" not in text
    assert client.get(f"{root(world)}/weights.zip").status_code == 403
    assert client.post(f"{root(world)}/onnx").status_code == 403
