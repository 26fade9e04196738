"""Skipped and flagged images in the browser."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import SkipReason
from app.models import Account, Image, Skip
from tests.run_factory import World, make_world

SignIn = Callable[[Account], TestClient]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def world(session: Session) -> World:
    """A project in which the annotator skipped two images."""
    made = make_world(session, n=4)
    for image, reason in zip(made.images, (SkipReason.DUPLICATE, None), strict=False):
        session.add(Skip(image_id=image.id, account_id=made.reviewer.id, reason=reason, note="see box 3"))
        image.needed = 1
    session.commit()
    return made


def root(world: World) -> str:
    return f"/projects/{world.project.id}/skipped"


def test_the_list_tells_reasons_and_notes(world: World, sign_in: SignIn) -> None:
    page = sign_in(world.reviewer).get(root(world)).text
    assert page.count("skipped-item__mat") == 2
    assert "Duplicate" in page
    assert "see box 3" in page
    narrowed = sign_in(world.reviewer).get(f"{root(world)}?reason=duplicate").text
    assert narrowed.count("skipped-item__mat") == 1


@pytest.mark.parametrize("query", ["?reason=nonsense", "?kind=nonsense", f"?person={'9' * 40}", "?person=x"])
def test_a_filter_that_makes_no_sense_is_passed_over(world: World, sign_in: SignIn, query: str) -> None:
    assert sign_in(world.reviewer).get(root(world) + query).text.count("skipped-item__mat") == 2


def test_annotators_do_not_see_it(world: World, sign_in: SignIn) -> None:
    assert sign_in(world.annotator).get(root(world)).status_code == 403


def test_chosen_images_are_left_out_and_taken_in_again(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.lead)
    chosen = [each.id for each in world.images[:2]]
    answer = client.post(root(world), data={"action": "exclude", "image": chosen}, headers=HTMX)
    assert "2 images were left out." in answer.text
    assert "<html" not in answer.text
    with session_scope() as session:
        assert all(session.get_one(Image, each).excluded_at for each in chosen)
    undone = client.post(root(world), data={"action": "include", "image": chosen}, headers=HTMX)
    assert "taken in again" in undone.text
    assert undone.text.count("skipped-item__mat") == 2


def test_what_is_given_back_is_no_longer_skipped(world: World, sign_in: SignIn) -> None:
    answer = sign_in(world.lead).post(root(world), data={"action": "give_back", "image": [world.images[0].id]})
    assert answer.text.count("skipped-item__mat") == 1
    with session_scope() as session:
        assert session.query(Skip).filter_by(image_id=world.images[0].id).one().undone_at is not None


def test_nothing_chosen_changes_nothing(world: World, sign_in: SignIn) -> None:
    answer = sign_in(world.lead).post(root(world), data={"action": "exclude"}, headers=HTMX)
    assert "nothing has changed" in answer.text


def test_what_was_done_under_a_filter_keeps_the_filter(world: World, sign_in: SignIn) -> None:
    data = {"action": "exclude", "image": [world.images[0].id]}
    answer = sign_in(world.lead).post(f"{root(world)}?reason=duplicate", data=data, headers=HTMX)
    assert "No image is like that" in answer.text


def test_an_empty_list_says_what_will_come_here(world: World, sign_in: SignIn) -> None:
    with session_scope() as session:
        session.query(Skip).delete()
    assert "Nothing is set aside" in sign_in(world.lead).get(root(world)).text
