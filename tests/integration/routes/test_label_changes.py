"""The list of changes, and undoing them."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from app.db import session_scope
from app.domain.statuses import Role
from app.models import Account, Label, Project
from app.services import label_changes, label_merging, label_splitting, labels
from tests.integration.routes.label_world import LabelWorld, make_label_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(loupe: object) -> LabelWorld:
    return make_label_world()


@pytest.fixture
def lead(world: LabelWorld, sign_in: SignIn) -> TestClient:
    return sign_in(world.people[Role.LEAD])


def latest(world: LabelWorld) -> int:
    with session_scope(writes=False) as session:
        return label_changes.changes_of(session, world.project.id)[0].change.id


def test_changes_are_listed_with_what_undoing_each_does(lead: TestClient, world: LabelWorld) -> None:
    with session_scope() as session:
        project = session.get_one(Project, world.project.id)
        human, animal = (session.get_one(Label, one.id) for one in (world.human, world.animal))
        label_merging.merge(session, project, animal, human, definition="", account=None)
        label_splitting.split(session, project, human, [("man", ""), ("woman", "")], account=None)
    page = lead.get(f"{world.root}/label-changes").text
    for sentence in ("Merged “animal” into “human”.", "Split “human” into “man”, “woman”.", "Both labels stand apart"):
        assert sentence in page


def test_a_change_is_undone_once(lead: TestClient, world: LabelWorld) -> None:
    with session_scope() as session:
        labels.remove_label(session, session.get_one(Label, world.human.id))
    path = f"{world.root}/label-changes/{latest(world)}/undo"
    answer = lead.post(path, data={"back": str(world.human.id)})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{world.root}/labels/{world.human.id}")
    with session_scope(writes=False) as session:
        assert session.get_one(Label, world.human.id).removed_at is None
    again = lead.post(path)
    assert again.status_code == 409
    assert "This change was undone already." in again.text


def test_what_stands_in_the_way_is_told_in_the_list(lead: TestClient, world: LabelWorld) -> None:
    with session_scope() as session:
        labels.remove_label(session, session.get_one(Label, world.human.id))
    change = latest(world)
    with session_scope() as session:
        labels.create_label(session, session.get_one(Project, world.project.id), name="human")
    answer = lead.post(f"{world.root}/label-changes/{change}/undo")
    assert answer.status_code == 409
    assert "There is already a label “human”." in answer.text


def test_a_project_without_changes_says_so(lead: TestClient, world: LabelWorld) -> None:
    with session_scope() as session:
        for row in label_changes.changes_of(session, world.project.id):
            session.delete(row.change)
    assert "No changes yet" in lead.get(f"{world.root}/label-changes").text
