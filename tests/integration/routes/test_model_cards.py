from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db import session_scope
from app.models import Account, Run
from tests.run_factory import World, make_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=30)


def root(world: World) -> str:
    return f"/projects/{world.project.id}/runs/1/card"


def test_the_card_is_shown_and_sent(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.reviewer)
    text = client.get(root(world)).text
    assert "What it is not for" in text
    assert 'role="region"' in text
    for label in world.labels:
        assert label.definition in text
    answer = client.get(f"{root(world)}.md")
    assert answer.headers["content-type"].startswith("text/markdown")
    assert 'filename="run-1-model-card.md"' in answer.headers["content-disposition"]
    assert answer.text.startswith(f"# {world.project.name}, run 1\n")


def test_a_lead_adds_a_paragraph(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.lead)
    answer = client.post(f"{root(world)}/remark", data={"remark": "Made for the <b>exhibition</b>.\r\nNot for sale."})
    assert answer.status_code == 303
    with session_scope(writes=False) as session:
        assert session.get_one(Run, world.run.id).remark == "Made for the <b>exhibition</b>.\nNot for sale."
    text = client.get(root(world)).text
    assert "<b>exhibition" not in text
    assert "> Not for sale." in client.get(f"{root(world)}.md").text


def test_a_paragraph_that_is_too_long_is_not_lost(world: World, sign_in: SignIn) -> None:
    answer = sign_in(world.lead).post(f"{root(world)}/remark", data={"remark": "so long " * 600})
    assert answer.status_code == 422
    assert "under 4000 characters" in answer.text
    assert "so long so long" in answer.text


def test_a_reviewer_adds_nothing(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.reviewer)
    assert "/card/remark" not in client.get(root(world)).text
    assert client.post(f"{root(world)}/remark", data={"remark": "x"}).status_code == 403
