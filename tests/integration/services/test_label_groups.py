"""Label groups: what stands under which title."""

import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import Answer
from app.errors import InvalidInputError
from app.models import Label, LabelGroup, Project
from app.services import label_groups, labels
from tests.desk import Desk, make_desk
from tests.factories import ProjectFactory


@pytest.fixture
def project(session: Session) -> Project:
    made: Project = ProjectFactory.create(session=session)
    return made


def make(session: Session, project: Project, *names: str) -> list[Label]:
    return [labels.create_label(session, project, name=name) for name in names]


def shown(session: Session, project: Project, *, empty: bool = False) -> list[tuple[str, list[str]]]:
    sections = label_groups.grouped(session, project.id, empty=empty)
    return [(section.title, [label.name for label in section.labels]) for section in sections]


def test_a_project_without_labels_has_no_sections(session: Session, project: Project) -> None:
    assert label_groups.grouped(session, project.id) == []


def test_labels_of_no_group_come_first_and_groups_in_their_order(session: Session, project: Project) -> None:
    human, _animal, print_, photograph = make(session, project, "human", "animal", "engraving", "photograph")
    kind = LabelGroup(project_id=project.id, title="Kind of picture", exclusive=True, position=1)
    people = LabelGroup(project_id=project.id, title="People", position=0)
    empty = LabelGroup(project_id=project.id, title="Nothing yet", position=2)
    session.add_all([kind, people, empty])
    session.flush()
    print_.group_id = photograph.group_id = kind.id
    human.group_id = people.id
    session.flush()
    expected = [("", ["animal"]), ("People", ["human"]), ("Kind of picture", ["engraving", "photograph"])]
    assert shown(session, project) == expected
    assert shown(session, project, empty=True) == [*expected, ("Nothing yet", [])]
    labels.remove_label(session, human)
    assert shown(session, project) == [expected[0], expected[2]]


def make_kind(desk: Desk, *, exclusive: bool = True) -> LabelGroup:
    kind = LabelGroup(project_id=desk.project.id, title="Kind", exclusive=exclusive)
    desk.session.add(kind)
    desk.session.flush()
    desk.a.group_id = desk.b.group_id = kind.id
    desk.session.flush()
    return kind


def test_two_present_labels_of_an_exclusive_group_are_refused_by_name(session: Session) -> None:
    desk = make_desk(session)
    make_kind(desk)
    both = {desk.a.id: Answer.PRESENT, desk.b.id: Answer.PRESENT}
    with pytest.raises(InvalidInputError) as refusal:
        label_groups.refuse_two_present(session, desk.project.id, both)
    assert desk.a.name in refusal.value.sentence
    assert desk.b.name in refusal.value.sentence
    for fine in ({}, {desk.a.id: Answer.PRESENT}, {desk.a.id: Answer.PRESENT, desk.b.id: Answer.UNSURE}):
        label_groups.refuse_two_present(session, desk.project.id, fine)


def test_what_was_said_earlier_counts_but_does_not_hinder_answers_for_other_labels(session: Session) -> None:
    desk = make_desk(session)
    make_kind(desk)
    other = labels.create_label(session, desk.project, name="other")
    with pytest.raises(InvalidInputError):
        label_groups.refuse_two_present(
            session, desk.project.id, {desk.b.id: Answer.PRESENT}, {desk.a.id: Answer.PRESENT}
        )
    both = {desk.a.id: Answer.PRESENT, desk.b.id: Answer.PRESENT}
    label_groups.refuse_two_present(session, desk.project.id, {other.id: Answer.PRESENT}, both)
    label_groups.refuse_two_present(session, desk.project.id, {desk.a.id: Answer.ABSENT}, both)


def test_a_group_that_is_not_exclusive_refuses_nothing(session: Session) -> None:
    desk = make_desk(session)
    make_kind(desk, exclusive=False)
    label_groups.refuse_two_present(session, desk.project.id, {desk.a.id: Answer.PRESENT, desk.b.id: Answer.PRESENT})
    assert label_groups.exclusive_partners(session, desk.project.id) == {}


def test_answers_that_contradict_each_other_are_listed_and_stay(session: Session) -> None:
    desk = make_desk(session)
    desk.submit({desk.a: Answer.PRESENT, desk.b: Answer.PRESENT})
    kind = make_kind(desk)
    assert label_groups.exclusive_partners(session, desk.project.id) == {desk.a.id: {desk.b.id}, desk.b.id: {desk.a.id}}
    assert label_groups.contradictions(session, desk.project.id, kind.id) == [desk.image]
    assert label_groups.count_contradictions(session, desk.project.id) == {kind.id: 1}
    desk.submit({desk.a: Answer.PRESENT})
    assert label_groups.contradictions(session, desk.project.id, kind.id) == []
