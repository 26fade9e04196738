"""The page of one label."""

from collections.abc import Callable

import numpy as np
import pytest
from fastapi.testclient import TestClient

from app.db import session_scope
from app.domain.statuses import Role
from app.models import Account, Label
from app.services import labels
from tests.factories import ImageFactory
from tests.integration.routes.label_world import LabelWorld, make_label_world
from tests.vectors import keep_vectors

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(loupe: object) -> LabelWorld:
    return make_label_world()


@pytest.fixture
def lead(world: LabelWorld, sign_in: SignIn) -> TestClient:
    return sign_in(world.people[Role.LEAD])


def test_the_page_tells_what_hangs_on_the_label_and_how_it_came_about(lead: TestClient, world: LabelWorld) -> None:
    page = lead.get(f"{world.root}/labels/{world.human.id}").text
    assert "It has 1 answer of 1 person in 1 image." in page
    assert "Added “human”, “animal”." in page
    assert "Merge into another label" in page


def test_two_wordings_are_compared(lead: TestClient, world: LabelWorld) -> None:
    for text in ("a person seen", "a beast seen"):
        form = {"name": "human", "colour": world.human.colour, "key": "1", "definition": text}
        assert lead.post(f"{world.root}/labels/{world.human.id}", data=form).status_code == 303
    page = lead.get(f"{world.root}/labels/{world.human.id}?a=3&b=2").text
    assert "From version 2 to version 3" in page
    assert "person </del>" in page
    assert "beast </ins>" in page
    for nonsense in ("?a=1&b=9", "?a=2&b=2", "?a=2"):
        assert "<del>" not in lead.get(f"{world.root}/labels/{world.human.id}{nonsense}").text


def test_an_archived_label_keeps_its_page(lead: TestClient, world: LabelWorld) -> None:
    with session_scope() as session:
        labels.remove_label(session, session.get_one(Label, world.human.id))
    page = lead.get(f"{world.root}/labels/{world.human.id}").text
    assert "Bring back" in page
    assert "Merge into another label" not in page


def test_an_annotator_reads_it_and_changes_nothing(sign_in: SignIn, world: LabelWorld) -> None:
    page = sign_in(world.people[Role.ANNOTATOR]).get(f"{world.root}/labels/{world.human.id}?find=barn").text
    assert "<form" not in page.partition("<main")[2]
    assert "barn.jpg" not in page


def test_a_reviewer_looks_for_examples(sign_in: SignIn, world: LabelWorld) -> None:
    client = sign_in(world.people[Role.REVIEWER])
    assert "barn.jpg" in client.get(f"{world.root}/labels/{world.human.id}?find=barn").text
    assert "No image has “mill”" in client.get(f"{world.root}/labels/{world.human.id}?find=mill").text


def test_a_reviewer_looks_for_examples_that_are_like_an_image(sign_in: SignIn, world: LabelWorld) -> None:
    client = sign_in(world.people[Role.REVIEWER])
    path = f"{world.root}/labels/{world.human.id}?like={world.image.id}"
    assert "has not been compared with the other images yet" in client.get(path).text
    with session_scope() as session:
        other = ImageFactory.create(session=session, project_id=world.image.project_id, name="mill.jpg")
    keep_vectors(world.project, [world.image.id, other.id], np.array([[1, 0], [0.6, 0.8]]))
    page = client.get(path).text
    assert "Most like “barn.jpg”" in page
    assert f'name="like" value="{world.image.id}"' in page
    form = {"image_id": str(other.id), "like": str(world.image.id)}
    answer = client.post(f"{world.root}/labels/{world.human.id}/examples", data=form)
    assert answer.headers["location"] == f"{path}#examples"
    assert "No other image is left" in client.get(path).text
    # Whoever chooses none is offered none.
    assert "Most like" not in sign_in(world.people[Role.ANNOTATOR]).get(path).text
