"""The list of changes of labels."""

import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import LabelChangeKind
from app.errors import NotFoundError
from app.services import label_changes
from tests.desk import make_desk
from tests.factories import ProjectFactory


def test_changes_are_told_newest_first_and_by_label(session: Session) -> None:
    desk = make_desk(session)
    for label in (desk.a, desk.b):
        label_changes.record(
            session, desk.project.id, LabelChangeKind.ARCHIVE, {}, {}, label_ids=[label.id], account=desk.person
        )
    both = label_changes.changes_of(session, desk.project.id)
    assert [row.labels for row in both] == [[desk.b], [desk.a]]
    (only,) = label_changes.changes_of(session, desk.project.id, desk.a.id)
    assert (only.who, only.labels) == (desk.person.name, [desk.a])


def test_only_the_latest_change_of_the_same_person_and_kind_is_continued(session: Session) -> None:
    desk = make_desk(session)
    reorder = LabelChangeKind.REORDER
    assert label_changes.continued(session, desk.project.id, reorder, desk.person) is None
    made = label_changes.record(session, desk.project.id, reorder, {}, {}, label_ids=[], account=desk.person)
    assert label_changes.continued(session, desk.project.id, reorder, desk.person) is made
    assert label_changes.continued(session, desk.project.id, reorder, None) is None
    assert label_changes.continued(session, desk.project.id, LabelChangeKind.GROUP, desk.person) is None
    made.created_at -= label_changes.ONE_SITTING
    assert label_changes.continued(session, desk.project.id, reorder, desk.person) is None


def test_a_change_of_another_project_is_not_found(session: Session) -> None:
    desk = make_desk(session)
    made = label_changes.record(session, desk.project.id, LabelChangeKind.ADD, {}, {}, label_ids=[], account=None)
    with pytest.raises(NotFoundError):
        label_changes.get_change(session, ProjectFactory.create(session=session).id, made.id)
