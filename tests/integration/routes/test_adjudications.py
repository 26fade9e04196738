"""The screen on which disputes are settled, as its scripts speak with it."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import Role, TruthValue
from app.models import Account, Truth
from app.services import desk_settings, truths
from tests.factories import AccountFactory, MemberFactory
from tests.integration.services.test_agreements import Team

SignIn = Callable[[Account], TestClient]


class Room:
    """A project with three disputes, and a reviewer at the screen."""

    def __init__(self, session: Session, sign_in: SignIn) -> None:
        self.session, self.sign_in = session, sign_in
        self.team = Team(session, people=2, labels=1)
        self.team.say("pppp", "aaap")
        truths.refresh(session, [image.id for image in self.team.images])
        self.client = self.enter()

    def enter(self, role: Role = Role.REVIEWER) -> TestClient:
        account = AccountFactory.create(session=self.session)
        MemberFactory.create(session=self.session, project_id=self.team.project.id, account_id=account.id, role=role)
        self.session.commit()
        return self.sign_in(account)

    def ask(self, what: str, **body: Any) -> Any:
        answer = self.client.post(f"/api/v1/projects/{self.team.project.id}/adjudication/{what}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def settle(self, place: int, answer: str = "absent", **more: Any) -> str:
        key = uuid.uuid4().hex
        body = {"image_id": self.team.images[place].id, "client_key": key, "reason": "A statue."} | more
        self.ask("decide", decisions={str(self.team.labels[0].id): answer}, **body)
        return key

    def truth(self, place: int) -> TruthValue | None:
        with session_scope() as session:
            return session.scalar(select(Truth.value).where(Truth.image_id == self.team.images[place].id))


@pytest.fixture
def room(session: Session, sign_in: SignIn) -> Room:
    return Room(session, sign_in)


def ids(answer: Any) -> list[int]:
    return [case["id"] for case in answer["cases"]]


def test_the_page_opens_and_images_come_to_it(room: Room) -> None:
    page = room.client.get(f"/projects/{room.team.project.id}/adjudicate?show=all")
    assert page.status_code == 200
    assert "data-adjudication" in page.text
    first, second, third = (image.id for image in room.team.images[:3])
    answer = room.ask("next", count=2)
    assert ids(answer) == [first, second]
    assert answer["standing"] == {"left": 3, "elsewhere": 0, "settled": 0}
    assert room.team.people[0].name in answer["cases"][0]["html"]
    assert ids(room.ask("next", count=3, after=second, held=[first])) == [third, second]
    assert ids(room.ask("next", count=1, image=third)) == [third]


def test_names_are_hidden_where_the_project_says_so(room: Room) -> None:
    with session_scope() as session:
        desk_settings.change(session, room.team.project, {"names_hidden": True})
    room.client = room.enter(Role.LEAD)
    html = room.ask("next")["cases"][0]["html"]
    assert "Person A" in html
    assert room.team.people[0].name not in html


def test_a_decision_is_kept_and_taken_back(room: Room) -> None:
    key = room.settle(0)
    assert room.truth(0) is TruthValue.ABSENT
    assert room.ask("next")["standing"]["left"] == 2
    assert room.ask("undo", client_key=key) == {"image": room.team.images[0].id}
    assert room.truth(0) is TruthValue.DISPUTED
    assert room.ask("undo", client_key="never-arrived") == {"image": None}


def test_the_reason_stands_in_the_history_of_the_image(room: Room) -> None:
    room.settle(0)
    page = room.client.get(f"/projects/{room.team.project.id}/images/{room.team.images[0].id}")
    assert "A statue." in page.text
    assert "adjudicated" in page.text


def test_two_reviewers_get_different_images_and_the_later_one_is_told(room: Room) -> None:
    assert len(room.ask("next", count=2)["cases"]) == 2
    room.settle(0)
    room.client = room.enter()
    other = room.ask("next", count=5)
    assert ids(other) == [room.team.images[2].id]
    assert other["standing"] == {"left": 2, "elsewhere": 1, "settled": 1}
    late = room.client.post(
        f"/api/v1/projects/{room.team.project.id}/adjudication/decide",
        json={
            "image_id": room.team.images[0].id,
            "decisions": {str(room.team.labels[0].id): "present"},
            "client_key": uuid.uuid4().hex,
            "known": 0,
        },
    )
    assert late.status_code == 409
    assert "was first" in late.json()["error"]["sentence"]
    assert room.truth(0) is TruthValue.ABSENT


def test_leases_are_renewed_and_given_back(room: Room) -> None:
    first = room.team.images[0].id
    room.ask("next")
    assert room.ask("renew", image_ids=[first]) == {"held": [first]}
    room.ask("release", image_ids=[first])
    room.client = room.enter()
    assert ids(room.ask("next")) == [first]


def test_another_projects_image_is_not_decided_here(room: Room, session: Session) -> None:
    foreign = Team(session, people=2, labels=1)
    foreign.say("p", "a")
    session.commit()
    root = f"/api/v1/projects/{room.team.project.id}/adjudication"
    body = {
        "image_id": foreign.images[0].id,
        "decisions": {str(room.team.labels[0].id): "absent"},
        "client_key": "x" * 9,
    }
    assert room.client.post(f"{root}/decide", json=body).status_code == 404
    assert room.ask("renew", image_ids=[foreign.images[0].id]) == {"held": []}
    assert ids(room.ask("next", count=1, image=foreign.images[0].id)) == [room.team.images[0].id]


def test_an_annotator_sees_no_others_answers_before_answering(room: Room) -> None:
    with session_scope() as session:
        desk_settings.change(session, room.team.project, {"opinions": 3})
    person, label, image = room.team.people[0], room.team.labels[0], room.team.images[3]
    root = f"/projects/{room.team.project.id}/images"
    addresses = (f"{root}/{image.id}", f"{root}?label={label.id}&state=present", f"{root}?status=disputed")
    room.client = room.enter(Role.ANNOTATOR)
    for address in addresses:
        text = room.client.get(address).text
        assert person.name not in text
        assert "chip--present" not in text
    assert all(each.name in room.client.get(addresses[1]).text for each in room.team.images)
    room.client = room.enter(Role.REVIEWER)
    assert person.name in room.client.get(addresses[0]).text
    assert room.team.images[0].name not in room.client.get(addresses[1]).text
