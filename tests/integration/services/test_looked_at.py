"""Verdicts given before two runs were measured are counted: figures on those images flatter."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import Split, Verdict
from app.models import Review
from app.models.types import now
from app.services import evidence, looked_at, reviews
from tests.run_factory import World, make_world


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session)


def judge(session: Session, world: World, row: int, label: int, verdict: Verdict, key: str) -> Review:
    return reviews.judge(
        session,
        project=world.project,
        run=world.run,
        account=world.reviewer,
        image_id=world.images[row].id,
        label_id=world.labels[label].id,
        verdict=verdict,
        client_key=key,
    )


def test_images_verdicts_and_relabellings_are_counted(session: Session, world: World) -> None:
    rows = world.rows(Split.VALIDATION)
    judge(session, world, rows[0], 0, Verdict.LABEL_ERROR, "a")
    judge(session, world, rows[0], 1, Verdict.LABEL_ERROR, "b")
    judge(session, world, rows[1], 0, Verdict.MODEL_ERROR, "c")
    judge(session, world, 1, 0, Verdict.LABEL_ERROR, "d")  # a training image
    found = looked_at.until(session, world.project.id, evidence.load(session, world.run), now())
    assert found.image_ids.tolist() == [world.images[row].id for row in rows[:2]]
    assert (found.n_images, found.verdicts, found.relabelled, found.relabelled_images) == (2, 3, 2, 1)


def test_only_what_stood_at_the_moment_counts(session: Session, world: World) -> None:
    rows = world.rows(Split.VALIDATION)
    before = now()
    judge(session, world, rows[0], 0, Verdict.LABEL_ERROR, "a")
    seen = evidence.load(session, world.run)
    assert looked_at.until(session, world.project.id, seen, before - timedelta(seconds=1)).n_images == 0
    assert looked_at.until(session, world.project.id, seen, now()).relabelled == 1
    standing = now()
    reviews.undo(session, project=world.project, run=world.run, account=world.reviewer, client_key="a")
    assert looked_at.until(session, world.project.id, seen, standing).relabelled == 1
    assert looked_at.until(session, world.project.id, seen, now()).n_images == 0


def test_labels_that_are_not_compared_do_not_count(session: Session, world: World) -> None:
    rows = world.rows(Split.VALIDATION)
    judge(session, world, rows[0], 3, Verdict.LABEL_ERROR, "a")
    seen = evidence.load(session, world.run)
    part = seen.part(range(len(seen.image_ids)), [0, 1])
    assert looked_at.until(session, world.project.id, part, now()).n_images == 0
