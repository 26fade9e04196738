"""Choosing examples in the browser."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from app.db import session_scope
from app.domain.statuses import ExampleKind, Role
from app.models import Account, Label
from app.services import label_examples
from tests.integration.routes.label_world import LabelWorld, make_label_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(loupe: object) -> LabelWorld:
    return make_label_world()


@pytest.fixture
def lead(world: LabelWorld, sign_in: SignIn) -> TestClient:
    return sign_in(world.people[Role.LEAD])


def kinds(world: LabelWorld) -> list[tuple[ExampleKind, str]]:
    with session_scope(writes=False) as session:
        return [(one.kind, one.note) for one in label_examples.examples_for(session, world.human)]


def test_a_reviewer_chooses_an_example_and_takes_it_away(sign_in: SignIn, world: LabelWorld) -> None:
    client, path = sign_in(world.people[Role.REVIEWER]), f"{world.root}/labels/{world.human.id}/examples"
    form = {"image_id": str(world.image.id), "kind": "borderline", "note": "a shadow", "find": "ba rn"}
    answer = client.post(path, data=form)
    assert answer.headers["location"] == f"{world.root}/labels/{world.human.id}?find=ba+rn#examples"
    assert kinds(world) == [(ExampleKind.BORDERLINE, "a shadow")]
    page = client.get(f"{world.root}/labels/{world.human.id}").text
    assert "a shadow" in page
    assert f"/images/{world.image.id}/thumbnail" in page
    answer = client.post(f"{path}/{world.image.id}/remove", data={"back": "image"})
    assert answer.headers["location"] == f"{world.root}/images/{world.image.id}#examples"
    assert kinds(world) == []


def test_what_is_no_kind_of_example_is_refused(lead: TestClient, world: LabelWorld) -> None:
    path = f"{world.root}/labels/{world.human.id}/examples"
    assert lead.post(path, data={"image_id": str(world.image.id), "kind": "lovely"}).status_code == 422
    assert kinds(world) == []


def test_an_image_is_made_an_example_on_its_own_page(lead: TestClient, world: LabelWorld) -> None:
    here = f"{world.root}/images/{world.image.id}"
    assert "Make it an example" in lead.get(here).text
    form = {"label_id": str(world.human.id), "image_id": str(world.image.id), "kind": "negative", "note": "a statue"}
    answer = lead.post(f"{world.root}/label-examples", data=form)
    assert answer.headers["location"] == f"{here}#examples"
    assert "Does not show it: a statue" in lead.get(here).text


def test_an_annotator_sees_of_what_an_image_is_an_example(sign_in: SignIn, world: LabelWorld) -> None:
    with session_scope() as session:
        label_examples.choose(
            session, world.human, world.image, kind=ExampleKind.POSITIVE, note="from behind", account=None
        )
    page = sign_in(world.people[Role.ANNOTATOR]).get(f"{world.root}/images/{world.image.id}").text
    assert "from behind" in page
    assert "Make it an example" not in page


def test_answers_under_a_merged_name_say_what_it_is_called_now(lead: TestClient, world: LabelWorld) -> None:
    with session_scope() as session:
        session.get_one(Label, world.human.id).merged_into_id = world.animal.id
    assert "now animal" in lead.get(f"{world.root}/images/{world.image.id}").text
