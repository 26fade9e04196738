"""Whether a project is ready, over HTTP."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import SplitMethod
from app.models import Account, Image, Project
from app.routes import ready
from tests.factories import ProjectFactory
from tests.run_factory import World, make_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(session: Session, sent: object) -> World:
    return make_world(session, n=30)


def test_the_page_says_how_well_labels_are_known_and_links_to_their_images(world: World, sign_in: SignIn) -> None:
    page = sign_in(world.lead).get(f"/projects/{world.project.id}/ready").text
    assert "A training can start" in page
    assert "recall is known to" in page
    label = world.labels[0]
    present = int((world.truth[world.rows(world.splits[0]), 0] == 1).sum())
    link = f"/projects/{world.project.id}/images?split=validation&label={label.id}&state=present"
    assert f'href="{link}">{present}</a>' in page


def test_a_project_with_nothing_in_it_says_what_is_missing(owner: Account, sign_in: SignIn) -> None:
    with session_scope() as session:
        project = ProjectFactory.create(session=session)
    page = sign_in(owner).get(f"/projects/{project.id}/ready")
    assert page.status_code == 200
    assert "There are no images" in page.text


def test_a_large_collection_is_looked_through_once_the_page_is_there(
    world: World, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "LARGE", 10)
    client, address = sign_in(world.lead), f"/projects/{world.project.id}/ready"
    page = client.get(f"{address}?method=random").text
    assert "Looking through 30 images" in page
    assert f'hx-get="{address}?method=random&amp;whole=1"' in page
    assert "Label by label" in client.get(f"{address}?whole=1").text
    fragment = client.get(f"{address}?whole=1", headers={"hx-request": "true"}).text
    assert "Label by label" in fragment
    assert "<html" not in fragment


def test_a_way_of_dividing_is_previewed_before_it_is_kept(world: World, sign_in: SignIn) -> None:
    with session_scope() as session:
        session.query(Image).update({Image.split: None})
    client, address = sign_in(world.lead), f"/projects/{world.project.id}/ready"
    given = {"method": "random", "valid_percent": "20", "test_percent": "10", "seed": "5"}
    shown = client.get(f"{address}/preview", params=given).text
    assert "Annotated images without a split: 30" in shown
    assert "Divide new images so" in shown
    with session_scope(writes=False) as session:
        assert session.get_one(Project, world.project.id).split_method is SplitMethod.STRATIFIED
    answer = client.post(f"{address}/splits", data=given)
    assert answer.headers["location"] == f"{address}?done=kept#divide"
    with session_scope(writes=False) as session:
        kept = session.get_one(Project, world.project.id)
        assert (kept.split_method, kept.seed) == (SplitMethod.RANDOM, 5)
        assert (kept.valid_share, kept.test_share) == pytest.approx((0.2, 0.1))
    assert "This is how images are divided now" in client.get(f"{address}/preview").text


def test_settings_that_cannot_be_used_are_named(world: World, sign_in: SignIn) -> None:
    client, address = sign_in(world.lead), f"/projects/{world.project.id}/ready"
    assert "5 to 60 per cent" in client.get(f"{address}/preview", params={"valid_percent": "3"}).text
    page = client.get(address, params={"valid_percent": "3", "method": "random"}).text
    assert 'name="valid_percent" value="3"' in page
    assert 'value="random" checked' in page
    assert client.post(f"{address}/splits", data={"valid_percent": "3"}).status_code == 422
    assert "Please choose what tells the images apart" in client.get(f"{address}?method=grouped").text
