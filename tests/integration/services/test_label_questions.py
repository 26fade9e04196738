"""Questions for one label: which images are asked, and how far that is."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import Answer
from app.errors import NotFoundError
from app.models import Image, Label, LabelQuestion
from app.models.types import now
from app.services import label_questions
from tests.desk import Desk, make_desk
from tests.factories import ImageFactory, LabelFactory, ProjectFactory


def make_question(desk: Desk, label: Label) -> LabelQuestion:
    question = LabelQuestion(label_id=label.id, asked_at=now())
    desk.session.add(question)
    desk.session.flush()
    return question


def test_only_images_answered_before_are_asked_and_each_until_somebody_answers(session: Session) -> None:
    desk = make_desk(session)
    second, _unseen = (ImageFactory.create(session=session, project_id=desk.project.id) for _each in range(2))
    for image in (desk.image, second):
        desk.submit({desk.a: Answer.PRESENT}, image_id=image.id)
    new = LabelFactory.create(session=session, project_id=desk.project.id)
    question = make_question(desk, new)
    (shown,) = label_questions.open_questions(session, desk.project.id)
    assert (shown.id, shown.label, shown.asked, shown.answered, shown.left) == (question.id, new, 2, 0, 2)
    desk.submit({new: Answer.UNSURE}, asked={new.id: 1}, whole=False)
    (shown,) = label_questions.open_questions(session, desk.project.id)
    assert (shown.asked, shown.answered, shown.left) == (2, 1, 1)
    waiting = session.scalars(select(Image.id).where(label_questions.still_asked(new.id)))
    assert list(waiting) == [second.id]


def test_an_excluded_image_is_not_asked(session: Session) -> None:
    desk = make_desk(session)
    desk.submit({desk.a: Answer.PRESENT})
    new = LabelFactory.create(session=session, project_id=desk.project.id)
    assert label_questions.count_left(session, new) == 1
    desk.image.excluded_at = now()
    session.flush()
    assert label_questions.count_left(session, new) == 0


def test_an_image_that_came_later_was_never_part_of_the_question(session: Session) -> None:
    desk = make_desk(session)
    new = LabelFactory.create(session=session, project_id=desk.project.id)
    session.add(LabelQuestion(label_id=new.id, asked_at=now() - timedelta(minutes=1)))
    session.flush()
    desk.submit({new: Answer.PRESENT})
    (shown,) = label_questions.open_questions(session, desk.project.id)
    assert (shown.asked, shown.answered, shown.left) == (0, 0, 0)


def test_closed_questions_and_archived_labels_ask_nothing(session: Session) -> None:
    desk = make_desk(session)
    make_question(desk, desk.a).closed_at = now()
    make_question(desk, desk.b)
    desk.b.removed_at = now()
    session.flush()
    assert label_questions.open_questions(session, desk.project.id) == []


def test_a_question_of_another_project_is_not_found(session: Session) -> None:
    desk = make_desk(session)
    question = make_question(desk, desk.a)
    assert label_questions.get_question(session, desk.project.id, question.id) is question
    elsewhere = ProjectFactory.create(session=session)
    with pytest.raises(NotFoundError):
        label_questions.get_question(session, elsewhere.id, question.id)
