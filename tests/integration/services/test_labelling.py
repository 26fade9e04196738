"""Labels overlap unless all of them form one exclusive group."""

import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import Labelling
from app.models import Label, Project
from app.services import label_grouping, labels
from app.services.labelling import labelling_of
from tests.factories import ProjectFactory


@pytest.fixture
def project(session: Session) -> Project:
    made: Project = ProjectFactory.create(session=session)
    return made


def grouped(session: Session, project: Project, *names: str, exclusive: bool = True) -> list[Label]:
    """Make labels in a group of their own."""
    group = label_grouping.make_group(session, project, title=" ".join(names), exclusive=exclusive, account=None)
    made = [labels.create_label(session, project, name=name) for name in names]
    for label in made:
        label_grouping.place_label(session, project, label, group_id=group.id, account=None)
    return made


def test_without_labels_and_groups_labels_overlap(session: Session, project: Project) -> None:
    assert labelling_of(session, project) is Labelling.OVERLAPPING
    labels.create_label(session, project, name="map")
    assert labelling_of(session, project) is Labelling.OVERLAPPING


def test_one_exclusive_group_of_all_labels_is_exclusive(session: Session, project: Project) -> None:
    grouped(session, project, "map", "letter")
    assert labelling_of(session, project) is Labelling.EXCLUSIVE


def test_a_label_outside_or_a_second_group_makes_labels_overlap(session: Session, project: Project) -> None:
    grouped(session, project, "map", "letter")
    free = labels.create_label(session, project, name="stamp")
    assert labelling_of(session, project) is Labelling.OVERLAPPING
    labels.remove_label(session, free)
    assert labelling_of(session, project) is Labelling.EXCLUSIVE
    grouped(session, project, "ink", "pencil")
    assert labelling_of(session, project) is Labelling.OVERLAPPING


def test_a_group_that_is_not_exclusive_or_has_one_label_makes_labels_overlap(
    session: Session, project: Project
) -> None:
    (only,) = grouped(session, project, "map")
    assert labelling_of(session, project) is Labelling.OVERLAPPING
    labels.remove_label(session, only)
    grouped(session, project, "letter", "stamp", exclusive=False)
    assert labelling_of(session, project) is Labelling.OVERLAPPING
