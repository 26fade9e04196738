"""Thresholds, tuned and by hand."""

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobStatus, Recipe
from app.domain.thresholds import F1, Objective, ObjectiveKind
from app.errors import ConflictError, InvalidInputError, NotFoundError
from app.models import Run
from app.services import runs, thresholds
from tests.integration.trainable import copying_trainer, make_project
from worker.jobs import evaluation, training
from worker.running import run_job


@pytest.fixture
def run(session: Session, tmp_path: Path, sent: list[tuple[str, int]]) -> Run:
    project = make_project(session, tmp_path / "pictures", tagged=20, untagged=0)
    made = runs.start_run(session, project, recipe=Recipe.QUICK, account=None)
    session.commit()
    return made


def train(run: Run) -> None:
    done = run_job(run.job_id, lambda progress: training.work(progress, {Recipe.QUICK: copying_trainer()}))
    assert done is JobStatus.SUCCEEDED


def test_a_finished_run_has_a_tuned_threshold_for_every_label(run: Run) -> None:
    train(run)
    with session_scope(writes=False) as opened:
        rows = thresholds.thresholds_of(opened, opened.get_one(Run, run.id))
        values = thresholds.threshold_values(opened, opened.get_one(Run, run.id))
    assert [(row.objective, row.tuned) for row in rows.values()] == [("f1", True), ("f1", True)]
    assert all(0.1 < value <= 0.9 for value in values)


def test_a_threshold_set_by_hand_says_so_and_tuning_anew_replaces_it(run: Run) -> None:
    train(run)
    with session_scope() as opened:
        row = opened.get_one(Run, run.id)
        label_id = row.labels[0]["id"]
        thresholds.set_by_hand(opened, row, label_id, 0.95, None)
    with session_scope(writes=False) as opened:
        kept = thresholds.thresholds_of(opened, opened.get_one(Run, run.id))[label_id]
        assert (kept.value, kept.objective, kept.tuned) == (0.95, "by hand", False)
    with session_scope() as opened:
        job = thresholds.request_tuning(opened, opened.get_one(Run, run.id), objective=Objective(value=2.0))
    assert run_job(job.id, evaluation.work) is JobStatus.SUCCEEDED
    with session_scope(writes=False) as opened:
        row = opened.get_one(Run, run.id)
        kept = thresholds.thresholds_of(opened, row)[label_id]
        assert (kept.objective, kept.tuned) == ("f2", True)
        assert row.evaluation["objective"] == {"kind": "f_beta", "value": 2.0}
        assert row.evaluation["n_images"] == 20


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_a_threshold_outside_0_to_1_is_refused(run: Run, value: float) -> None:
    train(run)
    with session_scope() as opened:
        row = opened.get_one(Run, run.id)
        with pytest.raises(InvalidInputError):
            thresholds.set_by_hand(opened, row, row.labels[0]["id"], value, None)


def test_a_threshold_of_a_label_that_the_run_does_not_know_is_refused(run: Run) -> None:
    train(run)
    with session_scope() as opened, pytest.raises(NotFoundError):
        thresholds.set_by_hand(opened, opened.get_one(Run, run.id), 10_000, 0.5, None)


def test_thresholds_of_a_run_that_has_not_finished_cannot_be_tuned(run: Run) -> None:
    with session_scope() as opened, pytest.raises(ConflictError):
        thresholds.request_tuning(opened, opened.get_one(Run, run.id))


def test_asking_twice_for_the_same_tuning_makes_one_job(run: Run) -> None:
    train(run)
    with session_scope() as opened:
        row = opened.get_one(Run, run.id)
        first, second = (thresholds.request_tuning(opened, row) for _ in range(2))
        other = thresholds.request_tuning(opened, row, objective=Objective(value=0.5))
    assert first.id == second.id != other.id


def test_an_objective_survives_being_written_down() -> None:
    floor = Objective(ObjectiveKind.RECALL_AT_PRECISION, 0.9)
    assert thresholds.objective_from_dict(thresholds.objective_to_dict(floor)) == floor
    assert [thresholds.objective_name(each) for each in (F1, floor)] == ["f1", "recall_at_precision 0.9"]
    for wrong in ({}, {"kind": "f_beta", "value": 0}, {"kind": "luck", "value": 1}):
        with pytest.raises(InvalidInputError):
            thresholds.objective_from_dict(wrong)
