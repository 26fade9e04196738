"""Exports over HTTP, on both databases."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, View
from app.models import Account, Project
from app.services import annotations
from tests.factories import ImageFactory, LabelFactory, ProjectFactory

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def project(session: Session, owner: Account) -> Project:
    made: Project = ProjectFactory.create(session=session, name="Fotos 1900/14, Köln")
    human = LabelFactory.create(session=session, project_id=made.id, name="human")
    for name, answers in (("a, b.jpg", {human.id: Answer.PRESENT}), ("none.jpg", {}), ("untagged.jpg", None)):
        image = ImageFactory.create(session=session, project_id=made.id, name=name)
        if answers is not None:
            annotations.submit(
                session, project=made, image_id=image.id, account=owner, answers=answers, view=View.ANNOTATE
            )
    session.commit()
    return made


def test_the_lessons_form_is_downloaded_under_the_projects_name(
    project: Project, owner: Account, sign_in: SignIn
) -> None:
    answer = sign_in(owner).get(f"/projects/{project.id}/export/lesson.csv")
    assert answer.text == 'file,label\r\n"a, b.jpg",human\r\nnone.jpg,\r\n'
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith(
        "attachment; filename*=UTF-8''Fotos-1900-14-K%C3%B6ln-labels-20"
    )


def test_the_full_form_has_every_image(project: Project, owner: Account, sign_in: SignIn) -> None:
    text = sign_in(owner).get(f"/projects/{project.id}/export/full.csv").text
    assert text.startswith("\ufefffile,status,labels,who,when,split,threshold set,answer: human,")
    assert [line.partition(".jpg")[2].strip('"').split(",")[1] for line in text.splitlines()[1:]] == [
        "tagged",
        "none apply",
        "not tagged",
    ]


def test_the_page_shows_how_both_begin(project: Project, owner: Account, sign_in: SignIn) -> None:
    page = sign_in(owner).get(f"/projects/{project.id}/export").text
    assert "a, b.jpg" in page
    assert "(empty: none apply)" in page


def test_an_empty_project_offers_to_bring_images_in(session: Session, owner: Account, sign_in: SignIn) -> None:
    empty = ProjectFactory.create(session=session)
    session.commit()
    assert f"/projects/{empty.id}/imports/new" in sign_in(owner).get(f"/projects/{empty.id}/export").text


def test_another_form_is_refused(project: Project, owner: Account, sign_in: SignIn) -> None:
    assert sign_in(owner).get(f"/projects/{project.id}/export/pickle.csv").status_code == 422
