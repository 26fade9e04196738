"""Label groups: what stands under which title."""

import pytest
from sqlalchemy.orm import Session

from app.models import Label, LabelGroup, Project
from app.services import label_groups, labels
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
