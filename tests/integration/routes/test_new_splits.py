"""Giving all images new splits, over HTTP."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobKind, Recipe
from app.models import Account, Image, Job, Run
from tests.run_factory import World, make_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(session: Session, sent: object) -> World:
    return make_world(session, n=30)


def test_the_page_says_what_it_touches_and_the_button_takes_the_splits_back(world: World, sign_in: SignIn) -> None:
    client, address = sign_in(world.lead), f"/projects/{world.project.id}/ready/new-splits"
    page = client.get(address).text
    assert "30 images have a split and lose it" in page
    assert "1 finished run keeps" in page
    assert "of the 10 validation images of run 1" in page
    answer = client.post(address)
    assert answer.headers["location"] == f"/projects/{world.project.id}/ready?done=forgotten"
    assert "have been taken back" in client.get(answer.headers["location"]).text
    with session_scope(writes=False) as session:
        assert {image.split for image in session.query(Image)} == {None}
    assert "nothing to take back" in client.get(address).text


def test_while_a_run_is_open_the_splits_stay(world: World, sign_in: SignIn) -> None:
    with session_scope() as session:
        job = Job(project_id=world.project.id, kind=JobKind.TRAIN)
        session.add(job)
        session.flush()
        session.add(Run(project_id=world.project.id, number=2, job_id=job.id, recipe=Recipe.QUICK, seed=1))
    client, address = sign_in(world.lead), f"/projects/{world.project.id}/ready/new-splits"
    page = client.get(address).text
    assert "Run 2 is under way" in page
    assert "Take all splits back" not in page
    assert client.post(address).status_code == 409
    with session_scope(writes=False) as session:
        assert None not in {image.split for image in session.query(Image)}
