"""Making and changing label groups."""

import pytest
from sqlalchemy.orm import Session

from app.errors import ConflictError, InvalidInputError, NotFoundError
from app.models import Label, LabelGroup, Project
from app.services import label_changes, label_grouping, label_groups, labels
from tests.factories import ProjectFactory


@pytest.fixture
def project(session: Session) -> Project:
    made: Project = ProjectFactory.create(session=session)
    return made


def group(session: Session, project: Project, title: str, *, exclusive: bool = False) -> LabelGroup:
    return label_grouping.make_group(session, project, title=title, exclusive=exclusive, account=None)


def make(session: Session, project: Project, *names: str) -> list[Label]:
    return [labels.create_label(session, project, name=name) for name in names]


def titles(session: Session, project: Project) -> list[str]:
    return [each.title for each in label_groups.groups_of(session, project.id)]


def test_groups_are_made_renamed_moved_and_dissolved(session: Session, project: Project) -> None:
    kind, _people, place = (group(session, project, title) for title in (" Kind  of ", "People", "Place"))
    assert titles(session, project) == ["Kind of", "People", "Place"]
    label_grouping.change_group(session, project, kind, title="Kind", exclusive=True, account=None)
    label_grouping.move_group(session, project, place, -1, None)
    label_grouping.move_group(session, project, kind, -1, None)
    assert titles(session, project) == ["Kind", "Place", "People"]
    assert kind.exclusive
    (label,) = make(session, project, "map")
    label_grouping.place_label(session, project, label, group_id=kind.id, account=None)
    label_grouping.remove_group(session, project, kind, None)
    assert titles(session, project) == ["Place", "People"]
    assert label.group_id is None
    assert labels.live_labels(session, project.id) == [label]


@pytest.mark.parametrize("title", ["", "  ", "x" * 81, "a\x00b"])
def test_titles_that_cannot_be_shown_are_refused(session: Session, project: Project, title: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        group(session, project, title)
    assert "title" in refusal.value.fields


def test_a_taken_title_is_refused(session: Session, project: Project) -> None:
    group(session, project, "Kind")
    with pytest.raises(ConflictError):
        group(session, project, "Kind")


def test_a_label_is_put_before_another_or_at_the_end_of_a_group(session: Session, project: Project) -> None:
    a, b, c = make(session, project, "a", "b", "c")
    kind = group(session, project, "Kind")
    label_grouping.place_label(session, project, a, group_id=kind.id, account=None)
    label_grouping.place_label(session, project, c, group_id=kind.id, before_id=a.id, account=None)
    shown = [[label.name for label in each.labels] for each in label_groups.grouped(session, project.id)]
    assert shown == [["b"], ["c", "a"]]
    label_grouping.place_label(session, project, a, group_id=None, before_id=b.id, account=None)
    shown = [[label.name for label in each.labels] for each in label_groups.grouped(session, project.id)]
    assert shown == [["a", "b"], ["c"]]


def test_labels_and_groups_that_have_gone_are_refused(session: Session, project: Project) -> None:
    a, b = make(session, project, "a", "b")
    elsewhere = group(session, ProjectFactory.create(session=session), "Kind")
    with pytest.raises(NotFoundError):
        label_grouping.place_label(session, project, a, group_id=elsewhere.id, account=None)
    labels.remove_label(session, b)
    for label, before in ((b, None), (a, b.id)):
        with pytest.raises(ConflictError):
            label_grouping.place_label(session, project, label, group_id=None, before_id=before, account=None)


def test_what_changes_nothing_is_not_written_down(session: Session, project: Project) -> None:
    kind = group(session, project, "Kind")
    label_grouping.change_group(session, project, kind, title="Kind", exclusive=False, account=None)
    label_grouping.move_group(session, project, kind, 1, None)
    assert len(label_changes.changes_of(session, project.id)) == 1
