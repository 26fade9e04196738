"""Asking a worker to tune, and what it then keeps."""

import numpy as np
import pytest
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.objectives import F1, Objective, ObjectiveKind
from app.domain.statuses import JobStatus, Split
from app.domain.thresholds import tune
from app.errors import ConflictError, InvalidInputError, NotFoundError
from app.models import Job, Run
from app.services import evaluations, evidence, threshold_tuning, thresholds
from tests.run_factory import World, make_world
from worker.jobs import evaluation
from worker.running import run_job

COST = Objective(ObjectiveKind.COST, 3.0)


@pytest.fixture
def world(session: Session, sent: list[tuple[str, int]]) -> World:
    return make_world(session, n=90, unknown=0.1)


def tuned_by_the_domain(world: World, label: int, objective: Objective) -> float:
    rows = world.rows(Split.VALIDATION)
    return tune(world.truth[rows], world.probabilities[rows].astype(np.float64), objective)[label].threshold


def work(job: Job) -> None:
    assert run_job(job.id, evaluation.work) is JobStatus.SUCCEEDED


def test_thresholds_of_a_run_that_has_not_finished_cannot_be_tuned(session: Session, world: World) -> None:
    world.run.job.status = JobStatus.RUNNING
    with pytest.raises(ConflictError):
        threshold_tuning.request_tuning(session, world.run)


def test_asking_twice_for_the_same_tuning_makes_one_job(session: Session, world: World) -> None:
    first, second = (threshold_tuning.request_tuning(session, world.run) for _ in range(2))
    others = [
        threshold_tuning.request_tuning(session, world.run, objective=Objective(value=0.5)),
        threshold_tuning.request_tuning(session, world.run, label_ids=[world.labels[0].id]),
        threshold_tuning.request_tuning(session, world.run, name="another"),
    ]
    assert first.id == second.id
    assert len({first.id, *(job.id for job in others)}) == 4
    assert threshold_tuning.last_request(session, world.run) is others[-1]


def test_a_label_of_another_project_cannot_be_tuned(session: Session, world: World) -> None:
    with pytest.raises(NotFoundError):
        threshold_tuning.request_tuning(session, world.run, label_ids=[10_000])


def test_a_worker_tunes_all_labels_for_the_objective(session: Session, world: World) -> None:
    job = threshold_tuning.request_tuning(session, world.run, objective=COST, name="cheap", account=world.lead)
    session.commit()
    work(job)
    session.expire_all()
    active = thresholds.active_set(session, world.run.id)
    assert active is not None
    assert (active.version, active.name, active.made_by_id) == (2, "cheap", world.lead.id)
    assert active.objective == {"kind": "cost", "value": 3.0}
    assert thresholds.threshold_values(session, world.run) == [
        tuned_by_the_domain(world, label, COST) for label in range(4)
    ]
    assert world.run.evaluation["objective"] == {"kind": "cost", "value": 3.0}


def test_one_label_is_tuned_and_the_report_judges_each_by_its_own_objective(session: Session, world: World) -> None:
    by_hand, one = world.labels[0].id, world.labels[1].id
    before = thresholds.threshold_values(session, world.run)
    thresholds.set_values(session, world.run, {by_hand: 0.9}, world.lead)
    job = threshold_tuning.request_tuning(session, world.run, objective=COST, label_ids=[one])
    session.commit()
    work(job)
    session.expire_all()
    values = thresholds.threshold_values(session, world.run)
    assert values == [0.9, tuned_by_the_domain(world, 1, COST), *before[2:]]
    rows = thresholds.thresholds_of(session, world.run)
    assert [rows[label.id].objective for label in world.labels] == ["by hand", "cost 3", "f1", "f1"]
    # What the worker measured is what the report shows.
    seen = evidence.load(session, world.run)
    assert (seen.predictions[:, 0] == (seen.probabilities[:, 0] >= 0.9)).all()
    shown = evaluations.report(session, world.run).evaluation.to_dict()
    assert shown["macro"] == world.run.evaluation["tuned"]["macro"]


def test_without_a_share_each_label_gets_its_own(session: Session, world: World) -> None:
    job = threshold_tuning.request_tuning(session, world.run, objective=None)
    session.commit()
    work(job)
    session.expire_all()
    rows = thresholds.thresholds_of(session, world.run)
    for column, label in enumerate(world.labels):
        known = world.truth[:, column][world.truth[:, column] >= 0]
        wanted = Objective(ObjectiveKind.PREVALENCE, float((known == 1).mean()))
        assert thresholds.objective_from_name(rows[label.id].objective) == wanted
        assert rows[label.id].value == tuned_by_the_domain(world, column, wanted)
    active = thresholds.active_set(session, world.run.id)
    assert active is not None
    assert active.objective == {"kind": "prevalence", "value": None}
    # The report can still be read.
    assert evaluations.report(session, world.run).n_images


def test_a_form_says_what_is_wanted() -> None:
    assert threshold_tuning.wanted_objective("f_beta", "1", one_label=False) == F1
    assert threshold_tuning.wanted_objective("cost", " 2,5 ", one_label=False) == Objective(ObjectiveKind.COST, 2.5)
    assert threshold_tuning.wanted_objective("prevalence", " ", one_label=True) is None
    share = threshold_tuning.wanted_objective("prevalence", "0.2", one_label=True)
    assert share == Objective(ObjectiveKind.PREVALENCE, 0.2)
    for kind, value, one in [("prevalence", "0.2", False), ("luck", "1", False), ("f_beta", "", True)]:
        with pytest.raises(InvalidInputError):
            threshold_tuning.wanted_objective(kind, value, one_label=one)


def test_a_set_that_is_tuned_twice_by_a_lost_worker_is_made_once(session: Session, world: World) -> None:
    job = threshold_tuning.request_tuning(session, world.run)
    session.commit()
    work(job)
    assert run_job(job.id, evaluation.work) is None
    with session_scope(writes=False) as opened:
        active = thresholds.active_set(opened, opened.get_one(Run, world.run.id).id)
        assert active is not None
        assert active.version == 2
