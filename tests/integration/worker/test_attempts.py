"""A run that is given to a second worker, and what the first one has left of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobStatus, Recipe, TruthValue
from app.models import Epoch, Image, Job, Prediction, Project, Run, SnapshotItem, Truth
from app.services import jobs, predictions, runs, snapshots
from app.services.jobs import Held
from app.storage import get_storage
from tests.factories import ImageFactory
from tests.integration.trainable import copying_trainer, draw, make_project
from worker import running
from worker.jobs import training
from worker.ml import callbacks
from worker.ml.callbacks import EpochRow, Stage
from worker.ml.train import Places, TrainData
from worker.running import run_job

COPYING: Any = copying_trainer()


class Gone(BaseException):
    """The worker is gone: nothing of its process goes on."""


@pytest.fixture
def project(session: Session, tmp_path: Path, sent: list[tuple[str, int]]) -> Project:
    made = make_project(session, tmp_path / "pictures", tagged=24, untagged=2)
    session.commit()
    return made


def start(project: Project) -> Run:
    with session_scope() as opened:
        return runs.start_run(opened, opened.get_one(Project, project.id), recipe=Recipe.QUICK, account=None)


def train(run: Run, trainer: Callable[..., Any] = COPYING) -> JobStatus | None:
    return run_job(run.job_id, lambda progress: training.work(progress, {Recipe.QUICK: trainer}))


def requeue(run: Run) -> None:
    """Do as the sweep does once the worker has been silent for long."""
    with session_scope() as opened:
        opened.get_one(Job, run.job_id).status = JobStatus.QUEUED


def lost(run: Run, trainer: Callable[..., Any]) -> None:
    with pytest.raises(Gone):
        train(run, trainer)
    requeue(run)


def snapshot(run: Run) -> dict[int, bytes]:
    with session_scope(writes=False) as opened:
        rows = opened.scalars(select(SnapshotItem).where(SnapshotItem.run_id == run.id))
        return {row.image_id: row.truth for row in rows}


def row_of(run: Run) -> Run:
    with session_scope(writes=False) as opened:
        return opened.get_one(Run, run.id)


def test_a_second_attempt_learns_from_what_the_first_one_knew(
    project: Project, session: Session, tmp_path: Path
) -> None:
    run = start(project)
    seen: list[TrainData] = []

    def first(data: TrainData, *_rest: Any) -> None:
        seen.append(data)
        raise Gone

    def second(data: TrainData, *rest: Any) -> Any:
        seen.append(data)
        return COPYING(data, *rest)

    lost(run, first)
    before = snapshot(run)
    # People go on tagging meanwhile: an answer changes, an image is excluded, another comes in.
    images = session.scalars(select(Image).order_by(Image.id)).all()
    session.execute(select(Truth).where(Truth.image_id == images[0].id)).scalars().first().value = TruthValue.DISPUTED  # type: ignore[union-attr]
    images[1].excluded_at = images[1].created_at
    new = get_storage().keep_original(draw(tmp_path / "late.png", 99, bright=True, round_=True))
    ImageFactory.create(session=session, project_id=project.id, name="late.png", sha256=new)
    session.commit()
    assert train(run, second) is JobStatus.SUCCEEDED
    assert snapshot(run) == before
    one, two = seen
    assert len(two.items) == len(one.items) + 1
    known = {item.sha256: row.tolist() for item, row in zip(one.items, one.cells, strict=True)}
    for item, split, row in zip(two.items, two.splits, two.cells, strict=True):
        assert row.tolist() == known.get(item.sha256, [-1, -1])
        assert item.sha256 in known or split is None


def test_a_snapshot_that_was_cut_off_is_taken_anew(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    run = start(project)
    monkeypatch.setattr("worker.jobs.snapshot.BATCH", 10)
    writes = []

    def cut_off(*args: Any) -> None:
        writes.append(args)
        if len(writes) == 2:
            raise Gone
        original(*args)

    original = snapshots.write_items
    monkeypatch.setattr(snapshots, "write_items", cut_off)
    lost(run, COPYING)
    assert 0 < len(snapshot(run)) < 24
    monkeypatch.setattr(snapshots, "write_items", original)
    assert train(run) is JobStatus.SUCCEEDED
    assert len(snapshot(run)) == 24


def test_what_a_lost_worker_had_half_written_is_removed_and_written_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(project)
    monkeypatch.setattr(training, "BATCH", 10)
    write = predictions.write_predictions
    parts: list[int] = []

    def write_one_part(*args: Any) -> None:
        parts.append(1)
        if len(parts) == 2:
            raise Gone
        write(*args)

    monkeypatch.setattr(training, "write_predictions", write_one_part)
    # A worker that is really gone clears nothing away.
    monkeypatch.setattr(training, "_clear", lambda *_args: None)
    lost(run, COPYING)
    storage = get_storage()
    left = storage.checkpoints / f".finetune-{run.id}-ab"
    left.mkdir()
    assert (storage.checkpoints / str(run.id)).is_dir()
    monkeypatch.undo()
    assert train(run) is JobStatus.SUCCEEDED
    assert not left.exists()
    with session_scope(writes=False) as opened:
        assert opened.query(Prediction).count() == 26


def test_the_state_to_go_on_from_is_kept_while_it_is_wanted_only(project: Project) -> None:
    storage = get_storage()
    given: list[Path] = []

    def writing(error: BaseException | None) -> Callable[..., Any]:
        def trainer(data: TrainData, places: Places, *rest: Any) -> Any:
            assert places.unfinished is not None
            given.append(places.unfinished)
            places.unfinished.mkdir(parents=True, exist_ok=True)
            (places.unfinished / "state.pt").write_bytes(b"x")
            if error is not None:
                raise error
            return COPYING(data, places, *rest)

        return trainer

    run = start(project)
    lost(run, writing(Gone()))
    assert given == [storage.unfinished(run.id)]
    assert (storage.unfinished(run.id) / "state.pt").is_file()
    assert train(run, writing(None)) is JobStatus.SUCCEEDED
    assert not storage.unfinished(run.id).exists()
    failed = start(project)
    assert train(failed, writing(RuntimeError("shapes"))) is JobStatus.FAILED
    assert not storage.unfinished(failed.id).exists()


def test_a_run_that_was_given_up_leaves_nothing_once_the_next_one_begins(project: Project) -> None:
    run = start(project)
    left = get_storage().unfinished(run.id)
    left.mkdir(parents=True)
    with session_scope() as opened:
        opened.get_one(Job, run.job_id).status = JobStatus.FAILED
    assert train(start(project)) is JobStatus.SUCCEEDED
    assert not left.exists()


def test_a_worker_that_is_told_to_end_gives_the_run_back_with_its_state(project: Project) -> None:
    run = start(project)

    def shut_down(data, places, config, on_progress, on_epoch, should_cancel):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        places.unfinished.mkdir(parents=True)
        running.stopping.set()
        assert should_cancel()
        raise callbacks.Cancelled

    try:
        assert train(run, shut_down) is JobStatus.QUEUED
    finally:
        running.stopping.clear()
    assert get_storage().unfinished(run.id).is_dir()
    assert train(run) is JobStatus.SUCCEEDED


def test_a_run_that_is_lost_again_and_again_fails_with_a_sentence(project: Project) -> None:
    run = start(project)
    for attempt in range(1, jobs.MAX_ATTEMPTS + 1):
        with session_scope() as opened:
            assert jobs.claim(opened, run.job_id, "here:1") == Held(run.job_id, attempt)
            job = opened.get_one(Job, run.job_id)
            job.heartbeat_at = job.created_at.replace(year=2020)
        jobs.sweep(resend=False)
    with session_scope(writes=False) as opened:
        job = opened.get_one(Job, run.job_id)
        assert (job.status, "worker stopped" in job.error) == (JobStatus.FAILED, True)


def test_an_epoch_that_is_trained_anew_loses_what_came_after_it(project: Project) -> None:
    run = start(project)

    def epochs(last: int, first: int = 1) -> Callable[..., Any]:
        def trainer(data, places, config, on_progress, on_epoch, should_cancel):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
            for epoch in range(first, last + 1):
                for batch in (1, 2):
                    told = callbacks.Progress(Stage.FROZEN, batch, 2, epoch, 3, 0.5, 8, (0.001, 0.01), 0.9)
                    on_progress(told)
                on_epoch(EpochRow(epoch, Stage.FROZEN, 0.5, 0.6, {"macro_f1": epoch / 10}, 1.0))
            if last < 3:
                raise Gone
            return COPYING(data, places, config, on_progress, on_epoch, should_cancel)

        return trainer

    lost(run, epochs(2))
    with session_scope(writes=False) as opened:
        assert [row.epoch for row in opened.query(Epoch).order_by(Epoch.epoch)] == [1, 2]
    assert [point[0] for point in row_of(run).loss_curve] == [1, 2, 3, 4]
    # Nothing was kept but the first epoch: the second is trained anew, and its points are not there twice.
    assert train(run, epochs(3, first=2)) is JobStatus.SUCCEEDED
    row = row_of(run)
    assert [point[0] for point in row.loss_curve] == [1, 2, 3, 4, 5, 6]
    assert row.schedule_curve[-1] == [6, 0.001, 0.01, 0.9]
