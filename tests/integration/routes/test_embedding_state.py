"""The line of the train page that says how many images are prepared."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.models import Account
from app.services import similarity
from app.storage import get_storage
from tests.integration.services.test_embedding_state import keep, network
from tests.run_factory import World, make_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(session: Session, sent: list[tuple[str, int]]) -> World:
    return make_world(session)


def test_the_page_asks_and_is_told(session: Session, world: World, sign_in: SignIn) -> None:
    client, address = sign_in(world.lead), f"/projects/{world.project.id}/prepared"
    assert address in client.get(f"/projects/{world.project.id}/runs").text
    assert "0 of 60 images are prepared" in client.get(address).text
    similarity.request(session, world.project.id)
    session.commit()
    asked = client.get(address).text
    assert "being prepared for quick runs: 0 of 60" in asked
    assert "every 3s" in asked
    keep(network(), [image.sha256 for image in world.images])
    assert "All images are prepared" in client.get(address).text
    assert get_storage().embeddings.is_dir()


def test_annotators_have_no_business_here(world: World, sign_in: SignIn) -> None:
    assert sign_in(world.annotator).get(f"/projects/{world.project.id}/prepared").status_code == 403
