"""Versions of thresholds: listed, used again, named."""

import json
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.errors import InvalidInputError, NotFoundError
from app.services import threshold_sets, thresholds
from app.storage import get_storage
from tests.run_factory import World, make_world


@pytest.fixture
def world(session: Session) -> World:
    world = make_world(session)
    thresholds.set_values(session, world.run, {world.labels[0].id: 0.11}, world.lead, name="first try")
    thresholds.set_values(session, world.run, {world.labels[0].id: 0.22}, world.reviewer)
    return world


def test_versions_are_listed_with_who_made_them_the_newest_first(session: Session, world: World) -> None:
    listed = threshold_sets.list_sets(session, world.run)
    assert [(row.made.version, row.made.name, row.who) for row in listed] == [
        (3, "", "Reviewer"),
        (2, "first try", "Lead"),
        (1, "", ""),
    ]
    assert [row.made.is_active for row in listed] == [True, False, False]
    label = world.labels[0].id
    assert [row.rows[label].value for row in listed[:2]] == [0.22, 0.11]
    assert [threshold_sets.differing(listed, each.id) for each in world.labels] == [True, False, False, False]


def test_an_older_version_can_be_used_again(session: Session, world: World) -> None:
    folder = get_storage().checkpoints / str(world.run.checkpoint)
    folder.mkdir(parents=True)
    threshold_sets.activate(session, world.run, 2)
    assert thresholds.limits_of(session, world.run.id)[world.labels[0].id] == 0.11
    assert json.loads((folder / thresholds.COPY).read_text(encoding="utf-8"))["version"] == 2
    # The next one still gets a number of its own, and starts from the one in use.
    made = thresholds.set_values(session, world.run, {world.labels[1].id: 0.5}, None)
    assert made.version == 4
    assert thresholds.limits_of(session, world.run.id)[world.labels[0].id] == 0.11


def test_using_the_one_in_use_changes_nothing(session: Session, world: World) -> None:
    assert threshold_sets.activate(session, world.run, 3).is_active
    assert [row.made.is_active for row in threshold_sets.list_sets(session, world.run)] == [True, False, False]


def test_a_version_gets_another_name(session: Session, world: World, loupe: Path) -> None:
    folder = get_storage().checkpoints / str(world.run.checkpoint)
    folder.mkdir(parents=True)
    threshold_sets.rename(session, world.run, 2, "older")
    assert not (folder / thresholds.COPY).exists()
    threshold_sets.rename(session, world.run, 3, " newer ")
    assert json.loads((folder / thresholds.COPY).read_text(encoding="utf-8"))["name"] == "newer"
    assert [row.made.name for row in threshold_sets.list_sets(session, world.run)] == ["newer", "older", ""]
    with pytest.raises(InvalidInputError):
        threshold_sets.rename(session, world.run, 2, "n" * 121)


def test_a_version_that_does_not_exist_is_refused(session: Session, world: World) -> None:
    with pytest.raises(NotFoundError):
        threshold_sets.activate(session, world.run, 9)
    with pytest.raises(NotFoundError):
        threshold_sets.rename(session, world.run, 9, "name")
