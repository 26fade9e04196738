from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobStatus
from app.models import Account, Run
from app.services import jobs
from app.storage import get_storage, write_atomically
from tests.run_factory import World, make_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=12)


def address(world: World) -> str:
    return f"/projects/{world.project.id}/runs/1/delete"


def test_what_would_go_and_what_would_stay_is_told_first(world: World, sign_in: SignIn) -> None:
    text = sign_in(world.lead).get(address(world)).text
    assert "this is the model in use" in text
    assert "predictions for 12 images" in text
    assert "all images, answers and the ground truth" in text


def test_a_run_is_deleted_with_its_files(world: World, sign_in: SignIn) -> None:
    folder = get_storage().checkpoints / str(world.run.id)
    write_atomically(folder / "weights.safetensors", [b"x"])
    client = sign_in(world.lead)
    answer = client.post(address(world))
    assert (answer.status_code, answer.headers["location"]) == (303, f"/projects/{world.project.id}/runs")
    assert not folder.exists()
    with session_scope(writes=False) as session:
        assert session.get_one(Run, world.run.id).deleted_at is not None
    for page in ("details", "report", "delete", "thresholds"):
        assert client.get(f"/projects/{world.project.id}/runs/1/{page}").status_code == 404
    for page in ("", "/runs", "/review", "/annotate", "/export", "/labels"):
        assert client.get(f"/projects/{world.project.id}{page}").status_code in {200, 303}


def test_a_run_on_its_way_is_refused(world: World, sign_in: SignIn) -> None:
    with session_scope() as session:
        jobs.get_job(session, world.run.job_id).status = JobStatus.RUNNING
    client = sign_in(world.lead)
    assert "Cancel it first" in client.get(address(world)).text
    folder = get_storage().checkpoints / str(world.run.id)
    write_atomically(folder / "weights.safetensors", [b"x"])
    assert client.post(address(world)).status_code == 409
    assert folder.is_dir()


def test_a_reviewer_may_not(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.reviewer)
    assert client.get(address(world)).status_code == 403
    assert client.post(address(world)).status_code == 403
