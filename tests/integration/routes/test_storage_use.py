from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.models import Account
from app.storage import get_storage, write_atomically
from tests.run_factory import World, make_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=12)


def test_parts_and_runs_are_shown_and_freed(world: World, sign_in: SignIn) -> None:
    path = get_storage().activation_map(world.run.id, 1, 1)
    write_atomically(path, [b"x" * 5000])
    client = sign_in(world.lead)
    text = client.get(f"/projects/{world.project.id}/storage").text
    assert "5 kB" in text
    assert f"/projects/{world.project.id}/runs/1/delete" in text
    answer = client.post(f"/projects/{world.project.id}/storage/free", data={"kind": "maps"})
    assert answer.status_code == 303
    assert not path.exists()


@pytest.mark.parametrize("kind", ["checkpoint", "originals", ""])
def test_nothing_else_can_be_freed(world: World, sign_in: SignIn, kind: str) -> None:
    answer = sign_in(world.lead).post(f"/projects/{world.project.id}/storage/free", data={"kind": kind})
    assert answer.status_code == 422


def test_a_reviewer_may_not(world: World, sign_in: SignIn) -> None:
    assert sign_in(world.reviewer).get(f"/projects/{world.project.id}/storage").status_code == 403
