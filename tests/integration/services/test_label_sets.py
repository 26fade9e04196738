"""Label sets taken out of one project and brought into another, on both databases."""

import pytest
from sqlalchemy.orm import Session

from app.errors import InvalidInputError
from app.formats.label_set import LabelRow
from app.services import label_grouping, label_groups, label_sets, labels
from tests.factories import AccountFactory, ProjectFactory


def test_a_set_is_the_same_in_another_project(session: Session) -> None:
    one, two = ProjectFactory.create(session=session), ProjectFactory.create(session=session)
    lead = AccountFactory.create(session=session)
    human = labels.create_label(session, one, name="human", colour="cobalt", key="h", definition="People.")
    labels.create_labels(session, one, "map, engraving", lead)
    group = label_grouping.make_group(session, one, title="Technique", exclusive=True, account=lead)
    for label in labels.live_labels(session, one.id)[1:]:
        label_grouping.place_label(session, one, label, group_id=group.id, account=lead)
    rows = label_sets.rows_of(session, one)
    assert rows[0] == LabelRow("human", human.colour, "h", "People.", "", exclusive=False)
    assert [(row.name, row.group, row.exclusive) for row in rows[1:]] == [
        ("map", "Technique", True),
        ("engraving", "Technique", True),
    ]
    brought = label_sets.bring_in(session, two, rows, lead)
    assert (brought.made, brought.known, brought.notes) == (["human", "map", "engraving"], [], [])
    assert label_sets.rows_of(session, two) == rows
    # Once more changes nothing.
    assert label_sets.bring_in(session, two, rows, lead).known == ["human", "map", "engraving"]
    assert len(label_groups.groups_of(session, two.id)) == 1


def test_what_is_there_stays_and_what_cannot_be_taken_is_told(session: Session) -> None:
    project, lead = ProjectFactory.create(session=session), AccountFactory.create(session=session)
    labels.create_label(session, project, name="human", colour="cobalt", key="1", definition="Mine.")
    rows = [
        LabelRow("human", "ochre", "2", "Theirs."),
        LabelRow("animal", "no colour", "1"),
        LabelRow("cart", key="§"),
    ]
    brought = label_sets.bring_in(session, project, rows, lead)
    assert (brought.made, brought.known) == (["animal", "cart"], ["human"])
    assert len(brought.notes) == 2
    first, second, third = labels.live_labels(session, project.id)
    assert (first.definition, first.key) == ("Mine.", "1")
    assert second.key not in {"", "1"}
    assert third.key not in {"", "1", second.key}


def test_a_name_that_no_label_can_have_is_named(session: Session) -> None:
    project, lead = ProjectFactory.create(session=session), AccountFactory.create(session=session)
    with pytest.raises(InvalidInputError, match="x" * 20):
        label_sets.bring_in(session, project, [LabelRow("x" * 200)], lead)
