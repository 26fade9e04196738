"""Thresholds, tuned and by hand."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobStatus, Recipe
from app.domain.thresholds import F1, Objective, ObjectiveKind
from app.errors import InvalidInputError, NotFoundError
from app.models import Run
from app.services import runs, threshold_tuning, thresholds
from app.storage import get_storage
from tests.integration.trainable import copying_trainer, make_project
from tests.run_factory import make_world
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
        thresholds.set_values(opened, row, {label_id: 0.95}, None)
    with session_scope(writes=False) as opened:
        kept = thresholds.thresholds_of(opened, opened.get_one(Run, run.id))[label_id]
        assert (kept.value, kept.objective, kept.tuned) == (0.95, "by hand", False)
    with session_scope() as opened:
        job = threshold_tuning.request_tuning(opened, opened.get_one(Run, run.id), objective=Objective(value=2.0))
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
            thresholds.set_values(opened, row, {row.labels[0]["id"]: value}, None)


def test_a_threshold_of_a_label_that_the_run_does_not_know_is_refused(run: Run) -> None:
    train(run)
    with session_scope() as opened, pytest.raises(NotFoundError):
        thresholds.set_values(opened, opened.get_one(Run, run.id), {10_000: 0.5}, None)


def test_all_that_changes_at_once_makes_one_set(session: Session) -> None:
    world = make_world(session)
    before = thresholds.limits_of(session, world.run.id)
    first, second, *others = [label.id for label in world.labels]
    made = thresholds.set_values(session, world.run, {first: 0.2, second: 1}, world.lead, name="  for  the book ")
    assert (made.version, made.name, made.objective, made.made_by_id) == (2, "for the book", None, world.lead.id)
    after = thresholds.limits_of(session, world.run.id)
    assert after == before | {first: 0.2, second: 1}
    rows = thresholds.thresholds_of(session, world.run)
    assert [rows[label].objective for label in others] == ["f1", "f1"]
    assert rows[others[0]].set_by_id is None


def test_labels_that_were_not_tuned_stay_as_they_are(session: Session) -> None:
    world = make_world(session)
    first, second, *others = [label.id for label in world.labels]
    thresholds.set_values(session, world.run, {first: 0.2}, world.lead)
    thresholds.keep_tuned(session, world.run.id, [thresholds.Chosen(second, 0.7, tuned=True)], [Objective(value=2.0)])
    rows = thresholds.thresholds_of(session, world.run)
    assert [(rows[label].value, rows[label].objective) for label in (first, second)] == [(0.2, "by hand"), (0.7, "f2")]
    assert {rows[label].objective for label in others} == {"f1"}
    active = thresholds.active_set(session, world.run.id)
    assert active is not None
    assert (active.version, active.objective) == (3, None)


def test_the_copy_beside_the_checkpoint_tells_the_active_set(session: Session, loupe: Path) -> None:
    world = make_world(session)
    folder = get_storage().checkpoints / str(world.run.checkpoint)
    folder.mkdir(parents=True)
    label = world.labels[0]
    thresholds.set_values(session, world.run, {label.id: 0.25}, world.lead, name="discovery")
    told = json.loads((folder / thresholds.COPY).read_text(encoding="utf-8"))
    assert (told["format"], told["run"], told["version"], told["name"]) == (1, 1, 2, "discovery")
    assert told["thresholds"][0] == {"label": label.name, "threshold": 0.25, "objective": "by hand"}
    assert len(told["thresholds"]) == 4
    assert [path.name for path in folder.iterdir()] == [thresholds.COPY]


def test_a_name_that_is_too_long_is_refused(session: Session) -> None:
    world = make_world(session)
    with pytest.raises(InvalidInputError):
        thresholds.set_values(session, world.run, {world.labels[0].id: 0.5}, None, name="n" * 121)


def test_exports_name_the_set_they_follow(session: Session) -> None:
    world = make_world(session)
    assert thresholds.set_words(world.run, None) == "run 1, 0.5 for all"
    made = thresholds.set_values(session, world.run, {}, None, name="discovery")
    assert thresholds.set_words(world.run, made) == "run 1, threshold set 2, discovery"
    made.name = ""
    assert thresholds.set_words(world.run, made) == "run 1, threshold set 2"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_people_who_save_at_once_make_two_sets_and_lose_nothing(session: Session) -> None:
    world = make_world(session)
    first, second = (label.id for label in world.labels[:2])
    together = Barrier(2)

    def save(values: dict[int, float]) -> int:
        with session_scope() as opened:
            run = opened.get_one(Run, world.run.id)
            together.wait(10)
            return thresholds.set_values(opened, run, values, None).version

    with ThreadPoolExecutor(2) as people:
        versions = [saved.result() for saved in [people.submit(save, {one: 0.1}) for one in (first, second)]]
    assert sorted(versions) == [2, 3]
    with session_scope(writes=False) as opened:
        limits = thresholds.limits_of(opened, world.run.id)
    assert (limits[first], limits[second]) == (0.1, 0.1)


OBJECTIVES = [
    (F1, "f1"),
    (Objective(value=0.5), "f0.5"),
    (Objective(ObjectiveKind.RECALL_AT_PRECISION, 0.9), "recall_at_precision 0.9"),
    (Objective(ObjectiveKind.COST, 5.0), "cost 5"),
    (Objective(ObjectiveKind.PREVALENCE, 1 / 3), "prevalence 0.3333333333333333"),
]


@pytest.mark.parametrize(("objective", "name"), OBJECTIVES)
def test_an_objective_survives_being_written_down(objective: Objective, name: str) -> None:
    assert thresholds.objective_from_dict(thresholds.objective_to_dict(objective)) == objective
    assert thresholds.objective_name(objective) == name
    assert thresholds.objective_from_name(name) == objective


def test_what_is_no_objective_is_refused() -> None:
    for wrong in ({}, {"kind": "f_beta", "value": 0}, {"kind": "luck", "value": 1}, {"kind": "cost", "value": None}):
        with pytest.raises(InvalidInputError):
            thresholds.objective_from_dict(wrong)
