"""Comments over HTTP: written on the judge screen and on an image's page, removed by who wrote them."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Account, Annotation, Comment
from app.services import desk_settings
from tests.run_factory import World, make_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=9)


def page(world: World) -> str:
    return f"/projects/{world.project.id}/images/{world.images[0].id}"


def send(client: TestClient, world: World, text: str, key: str = "key-00001") -> Any:
    body = {"text": text, "label_id": world.labels[0].id, "client_key": key}
    return client.post(f"/api/v1{page(world)}/comments", json=body)


def test_a_comment_is_kept_once_and_seen_on_both_pages(session: Session, world: World, sign_in: SignIn) -> None:
    client = sign_in(world.reviewer)
    told = [send(client, world, "Is that <b>a plough</b>?").json()["comment"] for _time in range(2)]
    assert told[0] == told[1]
    for address in (page(world), f"/projects/{world.project.id}/runs/1/errors/review?split=all&list=images"):
        shown = client.get(address).text
        assert "<b>a plough" not in shown
    assert "Is that &lt;b&gt;a plough&lt;/b&gt;?" in client.get(page(world)).text
    session.expire_all()
    assert len(session.scalars(select(Comment)).all()) == 1


def test_the_form_on_the_images_page_writes_and_removes(session: Session, world: World, sign_in: SignIn) -> None:
    client = sign_in(world.annotator)
    answer = client.post(f"{page(world)}/comments", data={"text": "See box 4."})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{page(world)}#comments")
    comment_id = session.scalars(select(Comment.id)).one()
    session.commit()
    assert f"/comments/{comment_id}/remove" in client.get(page(world)).text
    assert f"/comments/{comment_id}/remove" not in sign_in(world.reviewer).get(page(world)).text
    sign_in(world.annotator).post(f"{page(world)}/comments/{comment_id}/remove")
    assert "See box 4." not in client.get(page(world)).text


def test_nothing_and_the_comment_of_another_are_refused(session: Session, world: World, sign_in: SignIn) -> None:
    client = sign_in(world.reviewer)
    assert send(client, world, "  ").status_code == 422
    comment_id = send(client, world, "Mine").json()["comment"]
    other = sign_in(world.lead)
    assert other.post(f"/api/v1{page(world)}/comments/{comment_id}/remove").status_code == 403
    assert sign_in(world.reviewer).post(f"/api/v1{page(world)}/comments/{comment_id}/remove").json() == {
        "removed": True
    }


def test_earlier_comments_are_told_as_far_as_one_may_see_them(session: Session, world: World, sign_in: SignIn) -> None:
    send(sign_in(world.reviewer), world, "A plough?")
    client = sign_in(world.annotator)
    (told,) = client.get(f"/api/v1{page(world)}/comments").json()["comments"]
    assert (told["who"], told["label"], told["text"]) == ("Reviewer", world.labels[0].name, "A plough?")
    # Blind, and not answered by this person yet: others' remarks would tell.
    desk_settings.change(session, world.project, {"opinions": 2})
    for annotation in session.scalars(select(Annotation).where(Annotation.image_id == world.images[0].id)):
        annotation.superseded_at = annotation.created_at
    session.commit()
    assert client.get(f"/api/v1{page(world)}/comments").json() == {"comments": []}
    assert len(sign_in(world.lead).get(f"/api/v1{page(world)}/comments").json()["comments"]) == 1
