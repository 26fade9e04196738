"""What a run on its way says of itself, and being content with its best epoch so far."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import JobStatus, Recipe
from app.errors import ConflictError
from app.models import Project, Run
from app.services import run_progress, runs
from app.services.run_progress import Standing
from tests.integration.trainable import make_project

LIVE: dict[str, Any] = {
    "stage": "frozen",
    "epoch": 2,
    "epochs": 9,
    "done": 3,
    "total": 11,
    "images_per_second": 41.5,
    "memory_bytes": 900_000_000,
    "graphics_bytes": 0,
    "seconds_left": 12.0,
}


def started(session: Session, folder: Path, recipe: Recipe = Recipe.FINETUNE) -> Run:
    run = runs.start_run(session, make_project(session, folder, tagged=6, untagged=0), recipe=recipe, account=None)
    run.job.status = JobStatus.RUNNING
    return run


@pytest.fixture(autouse=True)
def _no_broker(sent: list[tuple[str, int]]) -> None:
    """Keep what is asked for here."""


def test_a_run_says_nothing_of_the_moment_before_it_has_begun_and_after_it_is_over(
    session: Session, tmp_path: Path
) -> None:
    run = started(session, tmp_path)
    assert run_progress.moment_of(run) is None
    run.live = LIVE
    moment = run_progress.moment_of(run)
    assert moment is not None
    assert (moment.epoch, moment.epochs, moment.batch, moment.batches) == (2, 9, 3, 11)
    assert (moment.seconds_left, moment.graphics_bytes, moment.folds) == (12.0, None, None)
    assert run_progress.in_short(run) == "training, epoch 2 of 9"
    run.live = LIVE | {"stage": "head", "epoch": 0, "epochs": 0}
    folds = run_progress.moment_of(run)
    assert folds is not None
    assert (folds.folds, folds.batches) == ((3, 11), 0)
    run.job.status = JobStatus.FAILED
    assert run_progress.moment_of(run) is None


def test_the_best_epoch_so_far_can_be_asked_for_once_of_a_fine_tuning_at_work(session: Session, tmp_path: Path) -> None:
    run = started(session, tmp_path)
    assert run_progress.can_keep_best(run)
    run_progress.keep_best(session, run)
    assert run.keeps_best
    assert not run_progress.can_keep_best(run)
    run_progress.keep_best(session, run)
    run.job.status = JobStatus.QUEUED
    assert run_progress.in_short(run) == "waiting"
    with pytest.raises(ConflictError, match="not training any more"):
        run_progress.keep_best(session, run)


def test_a_quick_run_has_no_best_epoch(session: Session, tmp_path: Path) -> None:
    run = started(session, tmp_path, Recipe.QUICK)
    assert not run_progress.can_keep_best(run)
    with pytest.raises(ConflictError, match="Only a fine-tuning"):
        run_progress.keep_best(session, run)


def test_the_newest_run_is_under_way_until_it_is_over(session: Session, tmp_path: Path) -> None:
    run = started(session, tmp_path)
    assert run_progress.under_way(session, run.project_id) == Standing(1, JobStatus.RUNNING)
    for status in (JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED):
        run.job.status = status
        assert run_progress.under_way(session, run.project_id) is None
    project = session.get_one(Project, run.project_id)
    again = runs.start_run(session, project, recipe=Recipe.QUICK, account=None)
    assert run_progress.under_way(session, project.id) == Standing(again.number, JobStatus.QUEUED)
    assert run_progress.under_way(session, project.id + 1) is None
