"""Asking earlier images for a label, in the browser."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from app.db import session_scope
from app.domain.statuses import Answer, Role, View
from app.models import Account, Project
from app.services import annotations, label_questions, labels
from tests.integration.routes.label_world import LabelWorld, make_label_world

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def world(loupe: object) -> LabelWorld:
    return make_label_world()


@pytest.fixture
def lead(world: LabelWorld, sign_in: SignIn) -> TestClient:
    return sign_in(world.people[Role.LEAD])


def test_earlier_images_are_asked_for_a_new_label_until_the_question_is_closed(
    lead: TestClient, world: LabelWorld
) -> None:
    with session_scope() as session:
        mill = labels.create_label(session, session.get_one(Project, world.project.id), name="mill")
    here = f"{world.root}/labels/{mill.id}"
    assert "1 image was answered before this label was there" in lead.get(here).text
    assert lead.post(f"{here}/ask").headers["location"] == here
    with session_scope(writes=False) as session:
        (question,) = label_questions.open_questions(session, world.project.id)
    for page in (lead.get(here).text, lead.get(f"{world.root}/labels").text):
        assert "0 of 1 answered, 1 left" in page
        assert f"{world.root}/annotate?question={question.id}" in page
        assert f"{world.root}/light-table?ask={mill.id}" in page
    assert lead.post(f"{world.root}/label-questions/{question.id}/close").headers["location"] == here
    assert "of 1 answered" not in lead.get(here).text


def test_a_question_that_has_nothing_left_to_ask_is_told_on_its_label_alone(
    lead: TestClient, world: LabelWorld
) -> None:
    with session_scope() as session:
        project = session.get_one(Project, world.project.id)
        mill = labels.create_label(session, project, name="mill")
        label_questions.ask(session, mill, None)
        annotations.submit(
            session,
            project=project,
            image_id=world.image.id,
            account=world.people[Role.ANNOTATOR],
            answers={mill.id: Answer.PRESENT},
            view=View.ANNOTATE,
            asked={mill.id: 1},
            whole=False,
        )
    assert "all of them are answered" in lead.get(f"{world.root}/labels/{mill.id}").text
    assert "label-question" not in lead.get(f"{world.root}/labels", headers={"HX-Request": "true"}).text
