"""Lists of errors and the review screen keep their places; verdicts are saved once."""

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
    return make_world(session)


def root(world: World) -> str:
    return f"/projects/{world.project.id}/runs/1"


def places(session: Session, world: World, query: ListQuery | None = None) -> list[tuple[int, int]]:
    found = list(review_lists.open_list(session, world.run, query or ListQuery()).pairs())
    session.commit()  # on SQLite the client would wait for this transaction
    return found


def send(client: TestClient, world: World, pair: tuple[int, int], verdict: str, key: str) -> Any:
    body = {"image_id": pair[0], "label_id": pair[1], "verdict": verdict, "client_key": key}
    return client.post(f"/api/v1{root(world)}/verdicts", json=body)


def test_the_review_screen_shows_the_place_named(session: Session, world: World, sign_in: SignIn) -> None:
    client = sign_in(world.reviewer)
    image_id, label_id = places(session, world)[5]
    page = client.get(f"{root(world)}/errors/review?position=5").text
    assert f'data-image="{image_id}"' in page
    assert f'data-label="{label_id}"' in page
    fragment = client.get(f"{root(world)}/errors/review?position=5", headers={"HX-Request": "true"}).text
    assert "<html" not in fragment
    assert f'data-image="{image_id}"' in fragment


def test_a_place_that_a_threshold_has_moved_is_found_by_its_image(
    session: Session, world: World, sign_in: SignIn
) -> None:
    image_id, label_id = places(session, world)[5]
    page = sign_in(world.reviewer).get(f"{root(world)}/errors/review?position=1&item={image_id}-{label_id}").text
    assert 'data-position="5"' in page


def test_beyond_the_end_the_last_place_is_shown(session: Session, world: World, sign_in: SignIn) -> None:
    last = len(places(session, world)) - 1
    page = sign_in(world.reviewer).get(f"{root(world)}/errors/review?position=100000").text
    assert f'data-position="{last}"' in page


def test_an_empty_list_is_no_fault(world: World, sign_in: SignIn) -> None:
    assert "Nothing here" in sign_in(world.reviewer).get(f"{root(world)}/errors/review?split=test").text


def test_a_verdict_sent_twice_counts_once_and_keeps_the_place(session: Session, world: World, sign_in: SignIn) -> None:
    client = sign_in(world.reviewer)
    before = places(session, world)
    for _time in range(2):
        answer = send(client, world, before[2], "label_error", "key-00001")
        assert (answer.status_code, answer.json()["reviewed"]) == (200, 1)
    session.expire_all()
    assert session.scalar(select(func.count()).select_from(Review)) == 1
    assert places(session, world) == before
    page = client.get(f"{root(world)}/errors/review?position=2").text
    assert 'data-own-key="key-00001"' in page
    assert "Annotation wrong" in page
    assert "1 reviewed" in page


def test_undo_takes_it_back(session: Session, world: World, sign_in: SignIn) -> None:
    client = sign_in(world.reviewer)
    send(client, world, places(session, world)[0], "label_error", "key-00001")
    for key, undone in (("key-00001", True), ("key-never", False)):
        answer = client.post(f"/api/v1{root(world)}/verdicts/undo", json={"client_key": key})
        assert answer.json() == {"undone": undone, "count": int(undone), "reviewed": 0}


def test_only_reviewers_and_leads_judge(session: Session, world: World, sign_in: SignIn) -> None:
    pair = places(session, world)[0]
    assert send(sign_in(world.annotator), world, pair, "label_error", "key-00001").status_code == 403
    assert send(sign_in(world.lead), world, pair, "label_error", "key-00002").status_code == 200


@pytest.mark.parametrize(
    "changed", [{"verdict": "wrong"}, {"client_key": "short"}, {"client_key": "x" * 65}, {"image_id": None}]
)
def test_a_verdict_that_cannot_be_read_is_refused(
    session: Session, world: World, sign_in: SignIn, changed: dict[str, object]
) -> None:
    image_id, label_id = places(session, world)[0]
    body = {"image_id": image_id, "label_id": label_id, "verdict": "label_error", "client_key": "key-00001"} | changed
    assert sign_in(world.reviewer).post(f"/api/v1{root(world)}/verdicts", json=body).status_code == 422


def test_an_image_of_another_project_is_not_there(session: Session, world: World, sign_in: SignIn) -> None:
    other = make_world(session)
    pair = places(session, other)[0]
    assert send(sign_in(world.reviewer), world, pair, "label_error", "key-00001").status_code == 404
