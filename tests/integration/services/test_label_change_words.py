"""Changes in words."""

import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import LabelChangeKind
from app.models import Project
from app.services import (
    label_change_words,
    label_changes,
    label_grouping,
    label_merging,
    label_splitting,
    labels,
)
from app.services.label_impacts import Impact
from tests.factories import ProjectFactory


@pytest.fixture
def project(session: Session) -> Project:
    made: Project = ProjectFactory.create(session=session)
    return made


def told(session: Session, project: Project) -> list[str]:
    return [label_change_words.told(row) for row in reversed(label_changes.changes_of(session, project.id))]


def test_every_kind_of_change_is_told_in_a_sentence(session: Session, project: Project) -> None:
    a, b = labels.create_labels(session, project, "a, b", None)
    labels.update_label(session, a, name="aa", colour="plum", key="q", definition="x" * 100, account=None)
    labels.update_label(session, a, name="aa", colour="plum", key="", definition="", account=None)
    labels.move_label(session, project, b, -1)
    labels.remove_label(session, b)
    labels.restore_label(session, b)
    label_splitting.split(session, project, b, [("c", ""), ("d", "")], account=None)
    c = next(label for label in labels.live_labels(session, project.id) if label.name == "c")
    label_merging.merge(session, project, c, a, definition="", account=None)
    assert told(session, project) == [
        "Added “a”, “b”.",
        "Renamed “a” to “aa”.",
        "Gave “aa” another colour.",
        "Gave “aa” the key “q”.",
        "Defined “aa”: " + "x" * 79 + "…",
        "Took the key of “aa” away.",
        "Took the definition of “aa” away.",
        "Put the labels into another order.",
        "Archived “b”.",
        "Brought “b” back.",
        "Split “b” into “c”, “d”.",
        "Merged “c” into “aa”.",
    ]
    assert set(label_change_words._WORDS) == set(LabelChangeKind)


def test_changes_of_groups_are_told_apart(session: Session, project: Project) -> None:
    (a,) = labels.create_labels(session, project, "a", None)
    kind = label_grouping.make_group(session, project, title="Kind", exclusive=False, account=None)
    people = label_grouping.make_group(session, project, title="People", exclusive=False, account=None)
    label_grouping.place_label(session, project, a, group_id=kind.id, account=None)
    label_grouping.place_label(session, project, a, group_id=None, account=None)
    label_grouping.change_group(session, project, kind, title="Sort", exclusive=False, account=None)
    label_grouping.change_group(session, project, kind, title="Sort", exclusive=True, account=None)
    label_grouping.change_group(session, project, kind, title="Sort", exclusive=False, account=None)
    label_grouping.move_group(session, project, people, -1, None)
    label_grouping.remove_group(session, project, people, None)
    assert told(session, project)[1:] == [
        "Made the group “Kind”.",
        "Made the group “People”.",
        "Put “a” into the group “Kind”.",
        "Took “a” out of its group.",
        "Renamed the group “Kind” to “Sort”.",
        "Let only one label of “Sort” be present.",
        "Let several labels of “Sort” be present.",
        "Put the groups into another order.",
        "Dissolved the group “People”.",
    ]


@pytest.mark.parametrize(
    ("impact", "sentence"),
    [
        (Impact(0, 0, 0, 0, [], 0, 0), "Nobody has answered for it yet."),
        (Impact(1, 1, 0, 1, [], 0, 0), "It has 1 answer of 1 person in 1 image."),
        (Impact(9, 0, 9, 9, [], 0, 0), "It has 9 answers from tables in 9 images."),
        (
            Impact(312, 4, 5, 290, [1, 4], 0, 0),
            (
                "It has 312 answers of 4 people and from tables in 290 images. "
                "2 runs have learned it and keep their own wordings."
            ),
        ),
    ],
)
def test_what_hangs_on_a_label_is_told_in_numbers(impact: Impact, sentence: str) -> None:
    assert label_change_words.of_impact(impact) == sentence
