"""The map of where a network looks: asked for, waited for, and sent as a picture that browsers keep."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.models import Account, Job
from app.storage import get_storage
from tests.run_factory import World, make_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=24)


def address(world: World, row: int = 0, label: int = 0) -> str:
    place = f"{world.images[row].id}/{world.labels[label].id}"
    return f"/projects/{world.project.id}/runs/1/maps/{place}"


def test_a_map_is_asked_for_and_then_waited_for(
    world: World, session: Session, sign_in: SignIn, sent: list[tuple[str, int]]
) -> None:
    client = sign_in(world.reviewer)
    before = client.get(address(world))
    assert (before.status_code, before.json()["status"]) == (404, "none")
    also = f"{world.images[1].id}-{world.labels[1].id},{world.images[2].id}-{world.labels[0].id}"
    asked = client.post(address(world), params={"also": also})
    assert (asked.status_code, asked.json()["status"]) == (202, "waiting")
    (task, job_id) = sent[-1]
    assert task == "loupe.activation"
    assert len(session.get_one(Job, job_id).params["places"]) == 3
    waiting = client.get(address(world))
    assert (waiting.status_code, waiting.json()["status"]) == (202, "waiting")
    assert waiting.json()["sentence"]
    client.post(address(world))
    assert sent[-1] == (task, job_id)


def test_a_map_is_a_picture_that_only_this_browser_keeps(world: World, sign_in: SignIn) -> None:
    path = get_storage().activation_map(world.run.id, world.images[0].id, world.labels[0].id)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\x89PNG")
    client = sign_in(world.reviewer)
    assert client.post(address(world)).json()["status"] == "ready"
    got = client.get(address(world))
    assert (got.status_code, got.headers["content-type"], got.content) == (200, "image/png", b"\x89PNG")
    assert got.headers["cache-control"].startswith("private")
    again = client.get(address(world), headers={"if-none-match": got.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_nothing_to_see_is_an_answer(world: World, sign_in: SignIn) -> None:
    path = get_storage().empty_map(world.run.id, world.images[0].id, world.labels[0].id)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    client = sign_in(world.reviewer)
    assert client.post(address(world)).status_code == 200
    got = client.get(address(world))
    assert (got.status_code, got.json()["status"]) == (404, "nothing")


@pytest.mark.parametrize("also", ["1", "1-", "1-2,", "x-1", "1-2;3-4", "1-2," * 120 + "1-2"])
def test_places_that_are_none_are_refused(world: World, sign_in: SignIn, also: str) -> None:
    assert sign_in(world.reviewer).post(address(world), params={"also": also}).status_code == 422


def test_annotators_do_not_ask(world: World, sign_in: SignIn) -> None:
    assert sign_in(world.annotator).post(address(world)).status_code == 403
