"""What a run keeps between two attempts at it."""

from pathlib import Path

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import JobStatus, Recipe, Split
from app.models import Epoch, Image, Project, Run, SnapshotItem
from app.services import run_attempts, runs, snapshots
from tests.factories import ImageFactory
from tests.integration.trainable import make_project


def started(session: Session, project: Project) -> Run:
    return runs.start_run(session, project, recipe=Recipe.QUICK, account=None)


def test_a_snapshot_counts_once_it_is_whole(session: Session, tmp_path: Path, sent: list[tuple[str, int]]) -> None:
    project = make_project(session, tmp_path, tagged=6, untagged=0)
    run = started(session, project)
    image: Image = ImageFactory.create(session=session, project_id=project.id)
    snapshots.write_items(session, run.id, [image.id], [Split.TRAIN], np.zeros((1, 2), dtype=np.int8))
    assert not run_attempts.has_snapshot(run)
    run_attempts.forget_snapshot(session, run)
    assert session.scalars(select(SnapshotItem)).all() == []
    run_attempts.mark_snapshot(run)
    session.flush()
    session.expire_all()
    assert run_attempts.has_snapshot(run)
    assert run.job.params["run_id"] == run.id


def test_epochs_are_forgotten_from_one_on(session: Session, tmp_path: Path, sent: list[tuple[str, int]]) -> None:
    run = started(session, make_project(session, tmp_path, tagged=6, untagged=0))
    session.add_all(Epoch(run_id=run.id, epoch=number, stage="frozen", seconds=1) for number in (1, 2, 3))
    session.flush()
    run_attempts.forget_epochs(session, run.id, 2)
    assert [row.epoch for row in runs.epochs(session, run)] == [1]


def test_open_runs_are_told_from_those_that_are_over(
    session: Session, tmp_path: Path, sent: list[tuple[str, int]]
) -> None:
    over = started(session, make_project(session, tmp_path, tagged=6, untagged=0))
    over.job.status = JobStatus.FAILED
    running = started(session, session.get_one(Project, over.project_id))
    assert run_attempts.open_runs(session, [over.id, running.id, 99]) == {running.id}
