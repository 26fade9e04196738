"""Merging and splitting in the browser."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from app.db import session_scope
from app.domain.statuses import Role
from app.models import Account
from app.services import labels
from tests.integration.routes.label_world import LabelWorld, make_label_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(loupe: object) -> LabelWorld:
    return make_label_world()


@pytest.fixture
def lead(world: LabelWorld, sign_in: SignIn) -> TestClient:
    return sign_in(world.people[Role.LEAD])


def names(world: LabelWorld) -> list[str]:
    with session_scope(writes=False) as session:
        return [label.name for label in labels.live_labels(session, world.project.id)]


def test_what_a_merge_will_touch_is_said_before_it_is_done(lead: TestClient, world: LabelWorld) -> None:
    path = f"{world.root}/labels/{world.human.id}/merge"
    assert "Choose a label" in lead.get(path).text
    page = lead.get(f"{path}?into={world.animal.id}").text
    assert "In 1 image “human” is present and “animal” is not" in page
    assert names(world) == ["human", "animal"]
    answer = lead.post(path, data={"into": str(world.animal.id), "definition": "a living thing"})
    assert answer.headers["location"] == f"{world.root}/labels/{world.animal.id}"
    assert names(world) == ["animal"]
    assert "merged into “animal”" in lead.get(f"{world.root}/labels/{world.human.id}").text
    assert "It has 2 answers of 1 person in 1 image." in lead.get(f"{world.root}/labels/{world.animal.id}").text


def test_a_label_is_not_merged_into_itself(lead: TestClient, world: LabelWorld) -> None:
    answer = lead.post(f"{world.root}/labels/{world.human.id}/merge", data={"into": str(world.human.id)})
    assert answer.status_code == 422
    assert names(world) == ["human", "animal"]


def test_a_label_is_split_into_as_many_parts_as_wanted(lead: TestClient, world: LabelWorld) -> None:
    path = f"{world.root}/labels/{world.human.id}/split"
    assert "In 1 image it is present or disputed" in lead.get(path).text
    typed = {"name": ["man", "woman"], "definition": ["grown up", ""]}
    more = lead.post(path, data=typed | {"more": "true"}).text
    assert "Part 3" in more
    assert "grown up" in more
    answer = lead.post(path, data={"name": ["man", "woman", ""], "definition": ["", "", ""]})
    assert answer.status_code == 303
    assert names(world) == ["man", "woman", "animal"]
    assert "split into man, woman" in lead.get(f"{world.root}/labels").text


def test_a_split_that_cannot_be_keeps_what_was_typed(lead: TestClient, world: LabelWorld) -> None:
    path = f"{world.root}/labels/{world.human.id}/split"
    for parts in (["man", ""], ["man", "animal"]):
        answer = lead.post(path, data={"name": parts, "definition": ["half a thought", ""]})
        assert answer.status_code == 422
        assert "half a thought" in answer.text
    assert names(world) == ["human", "animal"]
