"""Leases on the pages of a question over HTTP."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.models import Account
from tests.run_factory import World, make_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=8, unknown=1.0)


def test_two_people_are_lent_different_images_and_give_them_back(world: World, sign_in: SignIn) -> None:
    api = f"/api/v1/projects/{world.project.id}/light-table"
    ids = [image.id for image in world.images]
    wanted = {"label_id": world.labels[0].id, "image_ids": ids, "count": 3}
    first = sign_in(world.annotator).post(f"{api}/claims", json=wanted)
    assert first.json() == {"held": ids[:3], "elsewhere": []}
    second = sign_in(world.reviewer).post(f"{api}/claims", json=wanted)
    assert second.json() == {"held": ids[3:6], "elsewhere": ids[:3]}
    given = {"label_id": world.labels[0].id, "image_ids": ids[:3]}
    assert sign_in(world.annotator).post(f"{api}/release", json=given).json() == {"released": ids[:3]}
    assert sign_in(world.lead).post(f"{api}/claims", json=wanted).json()["held"] == ids[:3]


def test_a_label_of_another_project_is_refused(world: World, sign_in: SignIn, session: Session) -> None:
    other = make_world(session, n=3)
    api = f"/api/v1/projects/{world.project.id}/light-table"
    wanted = {"label_id": other.labels[0].id, "image_ids": [world.images[0].id], "count": 1}
    client = sign_in(world.annotator)
    assert client.post(f"{api}/claims", json=wanted).status_code == 404
    assert client.post(f"{api}/release", json=wanted).status_code == 404
