"""The grid shows a page of one label's places; a page of verdicts is saved once and taken back in one step."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Account, Review
from app.services import review_lists
from app.services.list_queries import ListQuery
from tests.run_factory import World, make_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=400, n_labels=2)


def root(world: World) -> str:
    return f"/projects/{world.project.id}/runs/1"


def places(session: Session, world: World, query: ListQuery) -> list[str]:
    found = [f"{image}-{label}" for image, label in review_lists.open_list(session, world.run, query).pairs()]
    session.commit()  # on SQLite the client would wait for this transaction
    return found


def tiles(page: str) -> list[str]:
    return [f"{image}-{label}" for image, label in re.findall(r'data-image="(\d+)"\s+data-label="(\d+)"', page)]


def send(
    client: TestClient, world: World, items: list[str], key: str = "batch-0001", verdict: str = "label_error"
) -> Any:
    verdicts = [
        {"image_id": int(item.split("-")[0]), "label_id": int(item.split("-")[1]), "verdict": verdict} for item in items
    ]
    body = {"batch_key": key, "verdicts": verdicts, "list_kind": "errors"}
    return client.post(f"/api/v1{root(world)}/verdicts/batch", json=body)


def test_the_pages_hold_one_label_in_the_order_of_the_list(session: Session, world: World, sign_in: SignIn) -> None:
    client = sign_in(world.reviewer)
    for label in world.labels:
        query = ListQuery(split=None, label=label.id)
        address = f"{root(world)}/errors/grid?{query.address()}"
        expected = places(session, world, query)
        assert len(expected) > 48
        assert tiles(client.get(address).text) == expected[:48]
        fragment = client.get(f"{address}&page=2", headers={"HX-Request": "true"}).text
        assert "<html" not in fragment
        assert tiles(fragment) == expected[48:96]
        assert f'data-grid-page="{-(-len(expected) // 48)}"' in client.get(f"{address}&page=999").text


def test_without_a_label_it_is_the_first_places(session: Session, world: World, sign_in: SignIn) -> None:
    first = places(session, world, ListQuery(split=None))[0]
    shown = tiles(sign_in(world.reviewer).get(f"{root(world)}/errors/grid?split=all").text)
    assert shown[0] == first
    assert {item.split("-")[1] for item in shown} == {first.split("-")[1]}


@pytest.mark.parametrize(
    "query", ["?split=test", "?label=999999", "?list=cell&cell=tp", "?reviewed=open", "?list=images"]
)
def test_other_lists_are_pages_too(world: World, sign_in: SignIn, query: str) -> None:
    answer = sign_in(world.reviewer).get(f"{root(world)}/errors/grid{query}")
    assert answer.status_code == (404 if "999999" in query else 200)


def test_a_page_is_saved_once_and_taken_back_at_once(session: Session, world: World, sign_in: SignIn) -> None:
    client = sign_in(world.reviewer)
    query = ListQuery(split=None, label=world.labels[0].id)
    items = places(session, world, query)[:20]
    for _time in range(2):
        answer = send(client, world, items)
        assert (answer.status_code, answer.json()) == (200, {"kept": 20, "reviewed": 20})
    page = client.get(f"{root(world)}/errors/grid?{query.address()}").text
    assert page.count("tile--judged") == 20
    assert "Of 20 places judged, 20 were wrong annotations" in page
    mine = client.get(f"/api/v1{root(world)}/verdicts/mine").json()["given"]
    assert [one["key"] for one in mine] == ["batch-0001"]
    answer = client.post(f"/api/v1{root(world)}/verdicts/undo", json={"client_key": "batch-0001"})
    assert answer.json() == {"undone": True, "count": 20, "reviewed": 0}
    session.expire_all()
    assert session.scalar(select(func.count()).where(Review.undone_at.is_(None))) == 0


def test_after_forty_places_without_a_wrong_annotation_the_page_says_so(
    session: Session, world: World, sign_in: SignIn
) -> None:
    client = sign_in(world.reviewer)
    query = ListQuery(split=None, label=world.labels[0].id)
    items = places(session, world, query)
    send(client, world, items[:3])
    send(client, world, items[3:43], "batch-0002", "model_error")
    for page in ("errors/review", "errors/grid"):
        shown = client.get(f"{root(world)}/{page}?{query.address()}").text
        assert "Of 43 places judged, 3 were wrong annotations" in shown
        assert "Of the last 40 places 0 were wrong annotations; it is probably no longer worth going on." in shown
    send(client, world, items[42:43], "batch-0003")
    assert "no longer worth" not in client.get(f"{root(world)}/errors/grid?{query.address()}").text


def test_nothing_too_much_and_nonsense_are_refused(session: Session, world: World, sign_in: SignIn) -> None:
    client = sign_in(world.reviewer)
    items = places(session, world, ListQuery(split=None, label=world.labels[0].id))
    assert send(client, world, []).status_code == 422
    assert send(client, world, (items * 3)[:49]).status_code == 422
    assert send(client, world, items[:2], key="short").status_code == 422
    assert send(client, world, ["999999-1"]).status_code == 404
    assert send(sign_in(world.annotator), world, items[:2]).status_code == 403
