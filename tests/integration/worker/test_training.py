"""Training end to end, and how it ends when something goes wrong, on both databases."""

import errno
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobStatus, Recipe, Split, TruthValue
from app.models import Image, Job, KeptReport, Label, Prediction, Project, Run, SnapshotItem, Truth
from app.services import evaluations, jobs, predictions, runs
from app.storage import get_storage
from tests.integration.trainable import LABELS, copying_trainer, make_project
from worker.jobs import training
from worker.jobs.recording import CURVE_POINTS, thinned
from worker.jobs.training import Trainer
from worker.ml import callbacks
from worker.ml.callbacks import Stage
from worker.running import Progress, run_job

Trainers = Mapping[Recipe, Trainer]


@pytest.fixture
def project(session: Session, tmp_path: Path, sent: list[tuple[str, int]]) -> Project:
    made = make_project(session, tmp_path / "pictures")
    session.commit()
    return made


def start(project: Project) -> Run:
    with session_scope() as opened:
        return runs.start_run(opened, opened.get_one(Project, project.id), recipe=Recipe.QUICK, account=None)


def train(run: Run, trainer: Callable[..., Any] | None = None) -> JobStatus | None:
    trainers: Trainers = {Recipe.QUICK: trainer or copying_trainer()}
    return run_job(run.job_id, lambda progress: training.work(progress, trainers))


def stored(run: Run) -> tuple[Run, Job]:
    with session_scope(writes=False) as opened:
        row = opened.get_one(Run, run.id)
        return row, opened.get_one(Job, row.job_id)


def count(table: type[Prediction | SnapshotItem], run: Run) -> int:
    with session_scope(writes=False) as opened:
        return len(opened.scalars(select(table).where(table.run_id == run.id)).all())


@pytest.mark.slow
def test_the_quick_recipe_learns_what_the_labels_say(project: Project) -> None:
    run = start(project)
    assert run_job(run.job_id, training.work) is JobStatus.SUCCEEDED
    with session_scope(writes=False) as opened:
        row = runs.get_run(opened, project.id, run.number)
        report = evaluations.summary(opened, row)
        said = runs.probability_matrix(opened, row)
        known = runs.truth_matrix(opened, row)
        lines = runs.epochs(opened, row)
    assert len(said.image_ids) == 27
    assert said.held_out.all()
    assert [label["name"] for label in row.labels] == list(LABELS)
    assert known.truth.shape == (24, 2)
    assert report["n_validation"] == known.splits.count(Split.VALIDATION) == 7
    assert report["labels"][0]["average_precision"] > 0.9
    assert [line.stage for line in lines] == ["head"]
    assert row.is_active
    assert (get_storage().checkpoints / str(row.checkpoint) / "manifest.json").is_file()


def test_a_run_leaves_a_snapshot_predictions_thresholds_and_figures(project: Project) -> None:
    run = start(project)
    assert train(run) is JobStatus.SUCCEEDED
    with session_scope(writes=False) as opened:
        row = runs.get_run(opened, project.id, run.number)
        report = evaluations.summary(opened, row)
        untagged = opened.scalars(select(Image.id).where(Image.split.is_(None))).all()
        said = runs.probability_matrix(opened, row, untagged)
    assert row.evaluation["n_images"] == 24
    assert report["macro_f1_at_half"] == 1.0
    assert np.allclose(said.probabilities, 0.4)
    assert count(SnapshotItem, run) == 24
    assert count(Prediction, run) == 27


def test_a_run_leaves_the_figures_that_its_pages_will_ask_for(project: Project) -> None:
    run = start(project)
    assert train(run) is JobStatus.SUCCEEDED
    with session_scope(writes=False) as opened:
        kept = set(opened.scalars(select(KeptReport.key).where(KeptReport.run_id == run.id)))
    assert {f"counted:{split}:{basis}" for split in ("train", "validation") for basis in ("half", "set 1")} <= kept
    assert {"ranking:train", "ranking:validation"} <= kept


def test_a_split_once_given_stays_with_the_image_in_later_runs(project: Project, session: Session) -> None:
    assert train(start(project)) is JobStatus.SUCCEEDED
    splits = select(Image.id, Image.split).order_by(Image.id)
    first = dict(list(session.execute(splits)))
    late = session.scalars(select(Image).where(Image.split.is_(None))).all()
    labels = session.scalars(select(Label)).all()
    session.add_all(Truth(image_id=i.id, label_id=n.id, value=TruthValue.PRESENT) for i in late for n in labels)
    session.commit()
    assert train(start(project)) is JobStatus.SUCCEEDED
    session.expire_all()
    second = dict(list(session.execute(splits)))
    assert {key: value for key, value in second.items() if first[key]} == {k: v for k, v in first.items() if v}
    assert None not in second.values()


def test_a_group_never_straddles_a_split(project: Project, session: Session) -> None:
    for number, image in enumerate(session.scalars(select(Image).order_by(Image.id))):
        image.group_key = f"series {number // 4}"
    session.commit()
    assert train(start(project)) is JobStatus.SUCCEEDED
    session.expire_all()
    pairs = session.execute(select(Image.group_key, Image.split).where(Image.split.is_not(None)).distinct()).all()
    assert len(pairs) == len({group for group, _split in pairs})


def test_excluded_images_and_disputed_answers_are_left_out(project: Project, session: Session) -> None:
    images = session.scalars(select(Image).order_by(Image.id)).all()
    images[0].excluded_at = images[0].created_at
    session.execute(select(Truth).where(Truth.image_id == images[1].id)).scalars().first().value = TruthValue.DISPUTED  # type: ignore[union-attr]
    session.commit()
    run = start(project)
    assert train(run) is JobStatus.SUCCEEDED
    with session_scope(writes=False) as opened:
        known = runs.truth_matrix(opened, runs.get_run(opened, project.id, run.number))
    assert images[0].id not in known.image_ids
    assert -1 in known.truth[known.rows()[images[1].id]]


def test_a_second_delivery_of_the_message_does_nothing(project: Project) -> None:
    run = start(project)
    assert train(run) is JobStatus.SUCCEEDED
    assert train(run) is None
    assert count(Prediction, run) == 27


def test_a_later_run_takes_over_the_suggestions(project: Project) -> None:
    first = start(project)
    train(first)
    second = start(project)
    train(second)
    assert [stored(first)[0].is_active, stored(second)[0].is_active] == [False, True]


def cancelling(project: Project, error: Callable[[], Exception]) -> Callable[..., Any]:
    """Make a trainer during which a lead presses cancel, and which ends by an error."""

    def trainer(data, places, config, on_progress, on_epoch, should_cancel):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        places.checkpoint.mkdir(parents=True)
        on_progress(callbacks.Progress(Stage.EMBEDDING, 1, 27))
        with session_scope() as opened:
            jobs.request_cancel(opened, runs.open_run(opened, project.id).job)  # type: ignore[union-attr]
        for _ in range(100):
            if should_cancel():
                raise error()
            time.sleep(0.05)
        raise AssertionError("nobody told the training to stop")

    return trainer


@pytest.mark.parametrize("error", [callbacks.Cancelled, lambda: IndexError("wrapped by a library")])
def test_a_cancelled_run_leaves_nothing_and_the_one_before_stays_in_use(
    project: Project, error: Callable[[], Exception]
) -> None:
    before = start(project)
    train(before)
    run = start(project)
    assert train(run, cancelling(project, error)) is JobStatus.CANCELLED
    row, job = stored(run)
    assert (job.status, job.error, row.checkpoint, row.is_active) == (JobStatus.CANCELLED, "", None, False)
    assert not (get_storage().checkpoints / str(run.id)).exists()
    assert stored(before)[0].is_active


def test_a_run_that_is_cancelled_while_it_writes_keeps_no_half_of_its_predictions(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(project)
    monkeypatch.setattr(training, "BATCH", 10)

    def write_then_cancel(session: Session, *args: Any) -> None:
        predictions.write_predictions(session, *args)
        jobs.request_cancel(session, session.get_one(Job, run.job_id))

    monkeypatch.setattr("worker.jobs.training.write_predictions", write_then_cancel)
    monkeypatch.setattr(Progress, "should_stop", cancel_seen)
    assert train(run) is JobStatus.CANCELLED
    assert count(Prediction, run) == 0


def cancel_seen(progress: Progress) -> bool:
    with session_scope(writes=False) as opened:
        return jobs.cancel_requested(opened, progress.held)


def failing(error: Exception) -> Callable[..., Any]:
    def trainer(*_args: Any) -> None:
        raise error

    return trainer


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "The disk is full"),
        (OperationalError("insert", {}, Exception("database or disk is full")), "The disk is full"),
        (MemoryError(), "ran out of memory"),
        (OperationalError("select", {}, Exception("gone")), "database did not answer"),
        (RuntimeError("shapes"), "did not foresee (RuntimeError)"),
    ],
)
def test_a_failure_ends_the_run_with_a_cause(project: Project, error: Exception, sentence: str) -> None:
    run = start(project)
    assert train(run, failing(error)) is JobStatus.FAILED
    assert sentence in stored(run)[1].error


def test_a_deleted_original_fails_the_run_and_is_named(project: Project, session: Session) -> None:
    image = session.scalars(select(Image).where(Image.name == "005.png")).one()
    session.commit()
    get_storage().original(image.sha256).unlink()
    run = start(project)
    assert train(run) is JobStatus.FAILED
    assert "“005.png”" in stored(run)[1].error
    assert count(SnapshotItem, run) == 0


def test_a_damaged_original_fails_the_run_and_is_named(project: Project, session: Session) -> None:
    image = session.scalars(select(Image).where(Image.name == "005.png")).one()
    session.commit()
    get_storage().original(image.sha256).write_bytes(b"\x89PNG\r\n\x1a\n torn")
    run = start(project)
    assert train(run) is JobStatus.FAILED
    assert "“005.png”" in stored(run)[1].error


def test_what_leaves_nothing_to_tell_apart_fails_with_advice(project: Project, session: Session) -> None:
    run = start(project)
    for truth in session.scalars(select(Truth)):
        truth.value = TruthValue.PRESENT
    session.commit()
    assert train(run) is JobStatus.FAILED
    assert "Tag more images" in stored(run)[1].error


def test_the_loss_curve_is_thinned_and_keeps_its_end() -> None:
    points = thinned([(batch, 1 / batch) for batch in range(1, 2001)])
    assert len(points) <= CURVE_POINTS + 1
    assert points[0][0] == 1
    assert points[-1][0] == 2000


def test_epochs_and_losses_are_written_while_training(project: Project) -> None:
    copying = copying_trainer()

    def trainer(data, places, config, on_progress, on_epoch, should_cancel):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        for epoch, stage in ((1, Stage.FROZEN), (2, Stage.UNFROZEN)):
            for batch in (1, 2, 3):
                on_progress(callbacks.Progress(stage, batch, 3, epoch, 2, 1 / (epoch + batch)))
            on_epoch(callbacks.EpochRow(epoch, stage, 0.5, 0.6, {"macro_f1": None, "accuracy": 0.7}, 1.25))
            with session_scope(writes=False) as opened:
                assert len(opened.get_one(Run, run.id).loss_curve) == 3 * epoch
        return copying(data, places, config, on_progress, on_epoch, should_cancel)

    run = start(project)
    assert train(run, trainer) is JobStatus.SUCCEEDED
    with session_scope(writes=False) as opened:
        lines = runs.epochs(opened, stored(run)[0])
    assert [(line.epoch, line.stage, line.metrics["macro_f1"]) for line in lines] == [
        (1, "frozen", None),
        (2, "unfrozen", None),
    ]
    assert [point[0] for point in stored(run)[0].loss_curve] == [1, 2, 3, 4, 5, 6]


def test_a_run_whose_checkpoint_folder_was_left_by_another_database_is_trained(project: Project) -> None:
    run = start(project)
    left = get_storage().checkpoints / str(run.id)
    left.mkdir(parents=True)
    assert train(run) is JobStatus.SUCCEEDED
    shutil.rmtree(left)
