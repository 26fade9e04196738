"""Taking all splits back."""

import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import JobKind, Recipe, Split
from app.errors import ConflictError
from app.models import Image, Job, Run, SnapshotItem
from app.services import split_choices, split_plans, split_previews, split_resets
from tests.run_factory import World, make_world


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=45)


def test_the_impact_is_counted(session: Session, world: World) -> None:
    choice = split_choices.choice_of(world.project)
    material = split_plans.read(session, world.project.id, world.labels, choice)
    anew = split_previews.preview(material, world.labels, choice, anew=True)
    told = split_resets.impact(session, world.project, material, anew)
    moved = sum(old is not new for old, new in zip(world.splits, anew.planned, strict=True))
    both = sum(old is new is Split.VALIDATION for old, new in zip(world.splits, anew.planned, strict=True))
    assert (told.given, told.moved, told.finished_runs) == (45, moved, 1)
    assert (told.latest, told.validated, told.still_validating) == (world.run, 15, both)
    assert told.open_run is None


def test_all_splits_go_and_snapshots_stay(session: Session, world: World) -> None:
    other = make_world(session, n=6)
    split_resets.forget_splits(session, world.project)
    session.expire_all()
    assert {image.split for image in session.query(Image).filter_by(project_id=world.project.id)} == {None}
    assert None not in {image.split for image in session.query(Image).filter_by(project_id=other.project.id)}
    assert session.query(SnapshotItem).filter_by(run_id=world.run.id, split=Split.VALIDATION).count() == 15


def test_an_open_run_keeps_them(session: Session, world: World) -> None:
    job = Job(project_id=world.project.id, kind=JobKind.TRAIN)
    session.add(job)
    session.flush()
    session.add(Run(project_id=world.project.id, number=2, job_id=job.id, recipe=Recipe.QUICK, seed=1))
    session.flush()
    with pytest.raises(ConflictError, match="Run 2"):
        split_resets.forget_splits(session, world.project)
