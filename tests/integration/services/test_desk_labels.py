"""The labels as the desk shows them, on both databases."""

import pytest
from sqlalchemy.orm import Session

from app.errors import NotFoundError
from app.models import LabelGroup, LabelQuestion
from app.models.types import now
from app.services import desk_labels
from tests.desk import make_desk
from tests.factories import ProjectFactory


def test_labels_come_by_group(session: Session) -> None:
    desk = make_desk(session)
    group = LabelGroup(project_id=desk.project.id, title="Kind", exclusive=True)
    session.add(group)
    session.flush()
    desk.b.group_id = group.id
    told = desk_labels.desk_labels(session, desk.project.id)
    assert [(section.title, section.exclusive, section.labels) for section in told.sections] == [
        ("", False, [desk.a]),
        ("Kind", True, [desk.b]),
    ]
    assert (told.count, told.examples) == (2, {})
    assert told.digest == desk_labels.digest(session, desk.project.id)


def test_the_digest_changes_with_whatever_is_shown(session: Session) -> None:
    desk = make_desk(session)
    seen = [desk_labels.digest(session, desk.project.id)]

    def changed() -> bool:
        session.flush()
        seen.append(desk_labels.digest(session, desk.project.id))
        return seen[-1] not in seen[:-1]

    assert not changed()
    desk.a.name = "harbour"
    assert changed()
    desk.a.definition_version += 1
    assert changed()
    desk.a.key = ""
    assert changed()
    group = LabelGroup(project_id=desk.project.id, title="Kind")
    session.add(group)
    session.flush()
    desk.b.group_id = group.id
    assert changed()
    group.exclusive = True
    assert changed()
    desk.b.removed_at = now()
    assert changed()


def test_a_project_without_labels_has_none(session: Session) -> None:
    desk = make_desk(session)
    desk.a.removed_at = desk.b.removed_at = now()
    session.flush()
    assert desk_labels.desk_labels(session, desk.project.id).count == 0


def test_a_question_names_its_label(session: Session) -> None:
    desk = make_desk(session)
    question = LabelQuestion(label_id=desk.b.id)
    session.add(question)
    session.flush()
    assert desk_labels.asked(session, desk.project.id, question.id) is desk.b
    with pytest.raises(NotFoundError):
        desk_labels.asked(session, ProjectFactory.create(session=session).id, question.id)
