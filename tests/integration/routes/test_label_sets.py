"""The label set as a file over HTTP."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.domain.statuses import Role
from app.models import Account
from app.services import labels
from tests.integration.routes.label_world import LabelWorld, make_label_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(session: Session) -> LabelWorld:
    return make_label_world()


def test_labels_come_as_a_table_and_as_json_for_every_member(world: LabelWorld, sign_in: SignIn) -> None:
    client = sign_in(world.people[Role.ANNOTATOR])
    table = client.get(f"{world.root}/label-set/labels.csv")
    assert table.text.splitlines()[0] == "name,colour,key,definition,group,exclusive"
    assert 'filename="labels.csv"' in table.headers["content-disposition"]
    told = client.get(f"{world.root}/label-set/labels.json").json()
    assert [each["name"] for each in told["labels"]] == ["human", "animal"]


def test_a_file_makes_the_labels_that_are_missing(world: LabelWorld, sign_in: SignIn, session: Session) -> None:
    client = sign_in(world.people[Role.LEAD])
    assert "As a file" in client.get(f"{world.root}/labels").text
    assert "2 labels are in use" in client.get(f"{world.root}/label-set").text
    files = {"file": ("labels.csv", b"name,definition\nhuman,\nplough,With a blade.\n", "text/csv")}
    told = client.post(f"{world.root}/label-set", files=files).text
    assert "1 label was made." in told
    assert "human" in told
    assert [label.name for label in labels.live_labels(session, world.project.id)] == ["human", "animal", "plough"]


@pytest.mark.parametrize(
    ("data", "why"), [(b"", "choose a file"), (b"\x89PNG", "not a text file"), (b"name\nok\n" + b"x" * 200, "x" * 20)]
)
def test_a_refused_file_changes_nothing_and_says_why(
    world: LabelWorld, sign_in: SignIn, session: Session, data: bytes, why: str
) -> None:
    client = sign_in(world.people[Role.LEAD])
    answer = client.post(f"{world.root}/label-set", files={"file": ("labels.csv", data)})
    assert answer.status_code == 422
    assert why in answer.text
    assert len(labels.live_labels(session, world.project.id)) == 2
