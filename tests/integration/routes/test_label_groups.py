"""Groups of labels in the browser."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from app.db import session_scope
from app.domain.statuses import Answer, Role, View
from app.models import Account, Label, LabelGroup
from app.services import annotations, label_groups
from tests.integration.routes.label_world import LabelWorld, make_label_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(loupe: object) -> LabelWorld:
    return make_label_world()


@pytest.fixture
def lead(world: LabelWorld, sign_in: SignIn) -> TestClient:
    return sign_in(world.people[Role.LEAD])


def groups(world: LabelWorld) -> list[LabelGroup]:
    with session_scope(writes=False) as session:
        return label_groups.groups_of(session, world.project.id)


def test_groups_are_made_changed_moved_and_dissolved(lead: TestClient, world: LabelWorld) -> None:
    root = f"{world.root}/label-groups"
    for title in ("Kind", "People"):
        assert lead.post(root, data={"title": title}).status_code == 303
    kind, people = groups(world)
    assert lead.post(f"{root}/{kind.id}", data={"title": "Sort", "exclusive": "1"}).status_code == 303
    assert lead.post(f"{root}/{people.id}/move", data={"step": "-1"}).status_code == 303
    assert [(each.title, each.exclusive) for each in groups(world)] == [("People", False), ("Sort", True)]
    assert lead.post(f"{root}/{people.id}/remove").status_code == 303
    assert [each.title for each in groups(world)] == ["Sort"]
    assert lead.post(root, data={"title": "Sort"}).status_code == 409
    assert lead.post(root, data={"title": " "}).status_code == 422


def test_images_that_contradict_an_exclusive_group_are_listed(lead: TestClient, world: LabelWorld) -> None:
    with session_scope() as session:
        annotations.submit(
            session,
            project=world.project,
            image_id=world.image.id,
            account=world.people[Role.ANNOTATOR],
            answers={world.human.id: Answer.PRESENT, world.animal.id: Answer.PRESENT},
            view=View.ANNOTATE,
        )
    lead.post(f"{world.root}/label-groups", data={"title": "Kind", "exclusive": "1"})
    (kind,) = groups(world)
    page = f"{world.root}/label-groups/{kind.id}/contradictions"
    assert "Nothing contradicts itself" in lead.get(page).text
    with session_scope() as session:
        for label in (world.human, world.animal):
            session.get_one(Label, label.id).group_id = kind.id
    assert "barn.jpg" in lead.get(page).text
    assert "1 image has more than one" in lead.get(f"{world.root}/labels").text
