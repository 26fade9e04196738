"""Asking for trials: whose they are, what they wait for, and what they leave."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.broker import TRAINING_QUEUE
from app.domain.statuses import JobKind, JobStatus, Recipe
from app.errors import InvalidInputError, NotFoundError
from app.models import Job
from app.models.types import now
from app.services import jobs, trials
from app.services.trials import TrialKind
from tests.factories import ProjectFactory
from tests.run_factory import World, make_world


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=24)


def ask(session: Session, world: World, what: TrialKind = TrialKind.ESTIMATE, **config: object) -> Job:
    return trials.ask(session, world.project, world.lead, what, Recipe.FINETUNE, config)


def sentence(session: Session, world: World, job: Job) -> str:
    return trials.standing(session, world.project.id, world.lead, job.id).sentence


def test_a_newer_trial_replaces_an_open_one(session: Session, world: World, sent: list[tuple[str, int]]) -> None:
    first = ask(session, world)
    second = ask(session, world, TrialKind.RATE, size="64")
    assert session.get_one(Job, first.id).status is JobStatus.CANCELLED
    assert second.params["config"]["size"] == 64
    session.commit()
    assert sent[-1] == ("loupe.trial", second.id)


def test_what_cannot_be_tried_is_refused(session: Session, world: World) -> None:
    with pytest.raises(InvalidInputError) as refused:
        ask(session, world, size="4")
    assert set(refused.value.fields) == {"size"}
    with pytest.raises(InvalidInputError, match="no learning rate"):
        trials.ask(session, world.project, world.lead, TrialKind.RATE, Recipe.QUICK, {})
    with pytest.raises(InvalidInputError, match="no images"):
        trials.ask(session, ProjectFactory.create(session=session), world.lead, TrialKind.ESTIMATE, Recipe.QUICK, {})


def test_it_says_what_it_waits_for(session: Session, world: World) -> None:
    job = ask(session, world)
    assert "No training worker" in sentence(session, world, job)
    jobs.worker_seen(session, "some worker", TRAINING_QUEUE)
    session.flush()
    assert "in a moment" in sentence(session, world, job)
    other = Job(project_id=None, kind=JobKind.INSPECT, status=JobStatus.RUNNING)
    session.add(other)
    session.flush()
    assert "Other background work" in sentence(session, world, job)
    other.kind = JobKind.TRAIN
    session.flush()
    assert "A training is running" in sentence(session, world, job)


def test_it_belongs_to_whoever_asked(session: Session, world: World) -> None:
    job = ask(session, world)
    with pytest.raises(NotFoundError):
        trials.standing(session, world.project.id, world.reviewer, job.id)
    with pytest.raises(NotFoundError):
        trials.standing(session, world.project.id + 1, world.lead, job.id)


def test_the_result_shows_at_the_end(session: Session, world: World) -> None:
    job = ask(session, world)
    trials.keep_result(session, job.id, {"seconds": 3})
    assert trials.standing(session, world.project.id, world.lead, job.id).result is None
    job.status = JobStatus.SUCCEEDED
    assert trials.standing(session, world.project.id, world.lead, job.id).result == {"seconds": 3}
    job.status, job.error = JobStatus.FAILED, "No memory."
    assert sentence(session, world, job) == "No memory."
    job.status = JobStatus.CANCELLED
    assert sentence(session, world, job) == "It was stopped."
    job.status, job.stage = JobStatus.RUNNING, "Timing"
    assert sentence(session, world, job) == "Timing"


def test_old_trials_are_forgotten(session: Session, world: World) -> None:
    old = ask(session, world)
    old.status, old.finished_at = JobStatus.SUCCEEDED, now() - trials.FORGOTTEN_AFTER - timedelta(minutes=1)
    session.flush()
    session.expunge(old)
    fresh = ask(session, world)
    assert session.query(Job).filter_by(kind=JobKind.TRIAL).all() == [fresh]
