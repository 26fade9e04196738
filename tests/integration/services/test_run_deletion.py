from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.statuses import JobKind, JobStatus, Recipe, Verdict
from app.errors import ConflictError, NotFoundError
from app.models import Epoch, Job, KeptReport, Prediction, Review, Run, SnapshotItem, Threshold, ThresholdSet, Truth
from app.models.types import now
from app.services import (
    comparisons,
    evidence,
    jobs,
    looked_at,
    measurements,
    overview,
    reviews,
    run_deletion,
    run_rows,
    runs,
    tidying,
)
from app.storage import get_storage, write_atomically
from tests.run_factory import World, make_run, make_world


@pytest.fixture
def world(session: Session, sent: list[tuple[str, int]]) -> World:
    return make_world(session, n=30)


def other_run(session: Session, world: World, number: int = 2) -> Run:
    made = make_run(
        session,
        world.project,
        world.labels,
        world.images,
        world.splits,
        world.truth,
        world.probabilities,
        number=number,
        active=False,
    )
    session.commit()
    return made


def count(session: Session, table: Any, run: Run) -> int:
    return session.scalar(select(func.count()).select_from(table).where(table.run_id == run.id)) or 0


def judge(session: Session, world: World, verdict: Verdict, row: int = 0) -> None:
    reviews.judge(
        session,
        project=world.project,
        run=world.run,
        account=world.reviewer,
        image_id=world.images[row].id,
        label_id=world.labels[0].id,
        verdict=verdict,
        client_key=f"key-{row}",
    )
    session.commit()


def test_what_depends_on_a_run_is_told_beforehand(session: Session, world: World) -> None:
    child = other_run(session, world)
    child.parent_id = world.run.id
    judge(session, world, Verdict.LABEL_ERROR)
    storage = get_storage()
    write_atomically(storage.checkpoints / str(world.run.id) / "weights.safetensors", [b"x" * 100])
    write_atomically(storage.activation_map(world.run.id, 1, 2), [b"y" * 10])
    told = run_deletion.consequences(session, storage, world.run)
    assert told.is_active
    assert (told.verdicts, told.threshold_sets, told.predictions) == (1, 1, 30)
    assert (told.others, told.children, told.freed) == (1, (2,), 110)
    assert not told.has_inspection


def test_its_rows_and_files_go(session: Session, world: World) -> None:
    storage, run = get_storage(), world.run
    folder = storage.checkpoints / str(run.id)
    write_atomically(folder / "weights.safetensors", [b"x"])
    measurements.prepare(session, run)
    session.commit()
    assert count(session, KeptReport, run) > 0
    run_deletion.delete_run(session, run)
    session.commit()
    for table in (Prediction, SnapshotItem, Epoch, KeptReport, ThresholdSet):
        assert count(session, table, run) == 0
    assert session.scalars(select(Threshold)).all() == []
    assert folder.is_dir()
    run_deletion.free(storage, run.id)
    assert not folder.exists()


def test_it_is_found_nowhere_and_its_number_is_not_given_again(session: Session, world: World) -> None:
    newer = other_run(session, world)
    run_deletion.delete_run(session, newer)
    session.commit()
    with pytest.raises(NotFoundError):
        runs.get_run(session, world.project.id, 2)
    assert [row.number for row in run_rows.lines(session, world.project.id)] == [1]
    assert [run.number for run in comparisons.finished_runs(session, world.project.id)] == [1]
    assert overview.overview(session, world.project).n_runs == 1
    again = runs.start_run(session, world.project, recipe=Recipe.QUICK, account=None)
    assert again.number == 3


def test_the_active_one_gives_no_suggestions_any_more(session: Session, world: World) -> None:
    run_deletion.delete_run(session, world.run)
    session.commit()
    assert runs.active_run(session, world.project.id) is None
    assert runs.latest_run(session, world.project.id) is None


def test_verdicts_and_what_they_settled_stay(session: Session, world: World) -> None:
    newer = other_run(session, world)
    row = world.splits.index(next(split for split in world.splits if split == "validation"))
    judge(session, world, Verdict.LABEL_ERROR, row)
    place = (Truth.image_id == world.images[row].id, Truth.label_id == world.labels[0].id)
    before = session.scalars(select(Truth.value).where(*place)).one()
    run_deletion.delete_run(session, world.run)
    session.commit()
    assert session.scalars(select(Truth.value).where(*place)).one() is before
    assert session.scalars(select(Review.verdict)).all() == [Verdict.LABEL_ERROR]
    # Figures of other runs are still known to rest on images that were judged with a model's errors in hand.
    seen = evidence.load(session, newer)
    found = looked_at.until(session, world.project.id, seen, now() + timedelta(minutes=1))
    assert np.array_equal(found.image_ids, [world.images[row].id])


@pytest.mark.parametrize("status", [JobStatus.QUEUED, JobStatus.RUNNING])
def test_a_run_on_its_way_is_not_deleted(session: Session, world: World, status: JobStatus) -> None:
    jobs.get_job(session, world.run.job_id).status = status
    session.commit()
    with pytest.raises(ConflictError, match="on its way"):
        run_deletion.delete_run(session, world.run)


def test_work_that_waits_for_it_is_cancelled_and_work_at_hand_is_waited_for(session: Session, world: World) -> None:
    job = Job(project_id=world.project.id, kind=JobKind.INSPECT, params={"run_id": world.run.id})
    foreign = Job(project_id=world.project.id, kind=JobKind.INSPECT, params={"run_id": world.run.id + 1})
    session.add_all([job, foreign])
    job.status = JobStatus.RUNNING
    session.commit()
    with pytest.raises(ConflictError, match="Background work"):
        run_deletion.delete_run(session, world.run)
    job.status = JobStatus.QUEUED
    session.commit()
    run_deletion.delete_run(session, world.run)
    session.commit()
    assert job.status is JobStatus.CANCELLED
    assert foreign.status is JobStatus.QUEUED


def test_what_is_left_over_goes_with_the_tidying(session: Session, world: World) -> None:
    storage = get_storage()
    write_atomically(storage.checkpoints / str(world.run.id) / "weights.safetensors", [b"x"])
    write_atomically(storage.model_files(world.run.id) / "onnx-1.zip", [b"x"])
    run_deletion.delete_run(session, world.run)
    session.commit()
    in_two_hours = tidying.limit() + 7200 + 3600
    stores = {found.store for found in tidying.leftovers(storage, tidying.needed(session), in_two_hours)}
    assert {tidying.Store.CHECKPOINTS, tidying.Store.MODEL_FILES} <= stores
