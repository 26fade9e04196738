"""Undoing changes of labels, each kind, and what stands in the way."""

import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import LabelChangeKind
from app.errors import ConflictError
from app.models import Account, Label, LabelChange, Project
from app.services import label_changes, label_grouping, label_groups, label_undoing, labels
from tests.factories import AccountFactory, ProjectFactory


@pytest.fixture
def project(session: Session) -> Project:
    made: Project = ProjectFactory.create(session=session)
    return made


@pytest.fixture
def account(session: Session) -> Account:
    made: Account = AccountFactory.create(session=session)
    return made


def make(session: Session, project: Project, *names: str) -> list[Label]:
    return [labels.create_label(session, project, name=name) for name in names]


def latest(session: Session, project: Project) -> LabelChange:
    return label_changes.changes_of(session, project.id)[0].change


def undo(session: Session, project: Project, change: LabelChange) -> None:
    label_undoing.undo(session, project, change, None)


def update(session: Session, label: Label, **changes: str) -> None:
    fields = {"name": label.name, "colour": label.colour, "key": label.key, "definition": label.definition} | changes
    labels.update_label(session, label, **fields, account=None)


@pytest.mark.parametrize(
    ("field", "value"), [("name", "people"), ("colour", "plum"), ("key", "p"), ("definition", "persons")]
)
def test_a_changed_field_is_put_back_unless_it_was_changed_again(
    session: Session, project: Project, field: str, value: str
) -> None:
    (label,) = make(session, project, "human")
    before = getattr(label, field)
    update(session, label, **{field: value})
    first = latest(session, project)
    update(session, label, **{field: {"name": "x", "colour": "sky", "key": "x", "definition": "x"}[field]})
    second = latest(session, project)
    with pytest.raises(ConflictError):
        undo(session, project, first)
    undo(session, project, second)
    undo(session, project, first)
    assert getattr(label, field) == before
    assert label.definition_version == (5 if field == "definition" else 1)


def test_a_name_that_was_given_away_meanwhile_does_not_come_back(session: Session, project: Project) -> None:
    (label,) = make(session, project, "human")
    update(session, label, name="people")
    change = latest(session, project)
    make(session, project, "human")
    with pytest.raises(ConflictError):
        undo(session, project, change)
    assert change.undone_at is None


def test_a_field_of_an_archived_label_is_not_put_back(session: Session, project: Project) -> None:
    (label,) = make(session, project, "human")
    update(session, label, name="people")
    change = latest(session, project)
    labels.remove_label(session, label)
    with pytest.raises(ConflictError):
        undo(session, project, change)


def test_an_order_is_put_back_with_new_labels_behind(session: Session, project: Project) -> None:
    a, b, c = make(session, project, "a", "b", "c")
    labels.reorder(session, project, [c.id, b.id, a.id])
    change = latest(session, project)
    make(session, project, "d")
    labels.remove_label(session, b)
    undo(session, project, change)
    assert [label.name for label in labels.live_labels(session, project.id)] == ["a", "c", "d"]


def test_an_order_that_was_changed_again_is_not_put_back(session: Session, project: Project, account: Account) -> None:
    a, b, c = make(session, project, "a", "b", "c")
    labels.reorder(session, project, [c.id, b.id, a.id])
    change = latest(session, project)
    labels.reorder(session, project, [b.id, a.id, c.id], account)
    with pytest.raises(ConflictError):
        undo(session, project, change)


def test_adding_archiving_and_bringing_back_are_undone(session: Session, project: Project) -> None:
    first, second = labels.create_labels(session, project, "a, b", None)
    added = latest(session, project)
    labels.remove_label(session, first)
    archived = latest(session, project)
    undo(session, project, archived)
    assert first.removed_at is None
    labels.remove_label(session, first)
    labels.restore_label(session, first)
    undo(session, project, latest(session, project))
    assert first.removed_at is not None
    undo(session, project, added)
    assert second.removed_at is not None


def test_what_is_as_it_was_before_cannot_be_undone(session: Session, project: Project) -> None:
    (label,) = make(session, project, "a")
    added = latest(session, project)
    labels.remove_label(session, label)
    archived = latest(session, project)
    with pytest.raises(ConflictError):
        undo(session, project, added)
    labels.restore_label(session, label)
    with pytest.raises(ConflictError):
        undo(session, project, archived)


def test_groups_are_put_back_as_they_were(session: Session, project: Project) -> None:
    a, b, c = make(session, project, "a", "b", "c")
    kind = label_grouping.make_group(session, project, title="Kind", exclusive=True, account=None)
    for label in (a, b):
        label_grouping.place_label(session, project, label, group_id=kind.id, account=None)
    label_grouping.remove_group(session, project, kind, None)
    assert [section.title for section in label_groups.grouped(session, project.id)] == [""]
    removed = latest(session, project)
    labels.remove_label(session, a)
    undo(session, project, removed)
    sections = label_groups.grouped(session, project.id)
    assert [(each.title, each.exclusive, each.labels) for each in sections] == [("", False, [c]), ("Kind", True, [b])]


def test_groups_that_were_changed_again_are_not_put_back(session: Session, project: Project) -> None:
    label_grouping.make_group(session, project, title="Kind", exclusive=True, account=None)
    change = latest(session, project)
    label_grouping.make_group(session, project, title="People", exclusive=False, account=None)
    with pytest.raises(ConflictError):
        undo(session, project, change)
    undo(session, project, latest(session, project))
    undo(session, project, change)
    assert label_groups.groups_of(session, project.id) == []


def test_every_kind_of_change_can_be_undone() -> None:
    assert set(label_undoing._UNDO) == set(LabelChangeKind)
