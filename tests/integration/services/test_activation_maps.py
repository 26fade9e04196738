"""Maps of where a network looks are made once, for what is on the screen first, and say why one has to wait."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.broker import TRAINING_QUEUE
from app.domain.statuses import JobKind, JobStatus
from app.errors import ConflictError, NotFoundError
from app.models import Account, Job
from app.models.types import now
from app.services import activation_maps, jobs
from app.services.activation_maps import MOST_WAITING, MapStatus, Pair
from app.storage import get_storage
from tests.factories import ImageFactory, ProjectFactory
from tests.run_factory import World, make_world


@pytest.fixture
def world(session: Session, sent: list[tuple[str, int]]) -> World:
    return make_world(session, n=24)


def pair(world: World, row: int, label: int = 0) -> Pair:
    return world.images[row].id, world.labels[label].id


def ask(session: Session, world: World, row: int, *more: Pair, account: Account | None = None) -> Job | None:
    who = account or world.reviewer
    return activation_maps.ask(session, get_storage(), world.run, who, pair(world, row), more)


def standing(session: Session, world: World, row: int) -> activation_maps.Standing:
    return activation_maps.standing(session, get_storage(), world.run, *pair(world, row))


def made(world: World, row: int, *, empty: bool = False) -> None:
    storage = get_storage()
    path = (storage.empty_map if empty else storage.activation_map)(world.run.id, *pair(world, row))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"picture")


def test_one_job_makes_the_map_and_those_that_follow(session: Session, world: World) -> None:
    assert standing(session, world, 0).status is MapStatus.NONE
    job = ask(session, world, 0, *(pair(world, row) for row in range(7)))
    assert job is not None
    assert job.params["places"] == [list(pair(world, row)) for row in range(5)]
    assert {standing(session, world, row).status for row in range(5)} == {MapStatus.WAITING}
    assert standing(session, world, 5).status is MapStatus.NONE


def test_the_same_question_is_asked_once(session: Session, world: World) -> None:
    first = ask(session, world, 0, pair(world, 1))
    assert ask(session, world, 0) is first
    assert ask(session, world, 1, account=world.lead) is first
    other = activation_maps.ask(session, get_storage(), world.run, world.reviewer, pair(world, 0, label=1))
    assert other is not first


def test_a_map_that_is_there_is_not_asked_for(session: Session, world: World) -> None:
    made(world, 0)
    made(world, 1, empty=True)
    assert ask(session, world, 0) is None
    assert ask(session, world, 1) is None
    assert standing(session, world, 0).path is not None
    assert standing(session, world, 1).status is MapStatus.NOTHING
    job = ask(session, world, 2, pair(world, 0), pair(world, 1), pair(world, 3))
    assert job is not None
    assert job.params["places"] == [list(pair(world, 2)), list(pair(world, 3))]


def test_what_a_person_asked_for_and_nobody_began_is_dropped(session: Session, world: World) -> None:
    running, theirs = ask(session, world, 0), ask(session, world, 1, account=world.lead)
    assert running is not None
    assert theirs is not None
    running.status = JobStatus.RUNNING
    session.flush()
    mine = [ask(session, world, row) for row in range(2, 8)]
    states = [jobs.get_job(session, job.id).status for job in mine if job]
    assert states == [JobStatus.CANCELLED] * (6 - MOST_WAITING) + [JobStatus.QUEUED] * MOST_WAITING
    assert running.status is JobStatus.RUNNING
    assert theirs.status is JobStatus.QUEUED
    assert standing(session, world, 2).status is MapStatus.NONE
    assert ask(session, world, 2) not in mine


def test_what_follows_must_be_of_this_project_and_run(session: Session, world: World) -> None:
    foreign = ImageFactory.create(session=session, project_id=ProjectFactory.create(session=session).id)
    job = ask(session, world, 0, (foreign.id, world.labels[0].id), (world.images[1].id, 999_999))
    assert job is not None
    assert job.params["places"] == [list(pair(world, 0))]
    for image_id, label_id in [(foreign.id, world.labels[0].id), (world.images[0].id, 999_999)]:
        with pytest.raises(NotFoundError):
            activation_maps.ask(session, get_storage(), world.run, world.reviewer, (image_id, label_id))
        with pytest.raises(NotFoundError):
            activation_maps.standing(session, get_storage(), world.run, image_id, label_id)
    world.run.checkpoint = None
    with pytest.raises(ConflictError):
        ask(session, world, 3)


def test_a_failure_is_told_and_can_be_asked_again(session: Session, world: World) -> None:
    job = ask(session, world, 0)
    assert job is not None
    job.status, job.error = JobStatus.FAILED, "The image is damaged."
    session.flush()
    failed = standing(session, world, 0)
    assert (failed.status, failed.sentence) == (MapStatus.FAILED, "The image is damaged.")
    again = ask(session, world, 0)
    assert again is not job
    assert standing(session, world, 0).status is MapStatus.WAITING


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (JobKind.TRAIN, "A training is running"),
        (JobKind.EVALUATE, "Other background work"),
        (JobKind.IMPORT, "No worker is running"),
    ],
)
def test_waiting_says_what_for(session: Session, world: World, kind: JobKind, words: str) -> None:
    ask(session, world, 0)
    session.add(Job(kind=kind, project_id=ProjectFactory.create(session=session).id, status=JobStatus.RUNNING))
    session.flush()
    assert words in standing(session, world, 0).sentence


def test_waiting_needs_no_reason_where_a_worker_is_free(session: Session, world: World) -> None:
    jobs.worker_seen(session, "worker", TRAINING_QUEUE)
    job = ask(session, world, 0)
    assert standing(session, world, 0).sentence == "Waiting for the network."
    assert job is not None
    job.status = JobStatus.RUNNING
    session.flush()
    assert standing(session, world, 0).sentence == "The network is looking at the image."


def test_finished_ones_are_not_listed_and_forgotten_after_a_day(session: Session, world: World) -> None:
    old, fresh, failed = (ask(session, world, row, account=world.lead) for row in range(3))
    assert old is not None
    assert fresh is not None
    assert failed is not None
    old.status, old.finished_at = JobStatus.SUCCEEDED, now() - timedelta(days=2)
    fresh.status, fresh.finished_at = JobStatus.SUCCEEDED, now()
    failed.status, failed.finished_at = JobStatus.FAILED, now()
    session.flush()
    kinds = [row.job.id for row in jobs.recent_jobs(session, world.project.id) if row.job.kind is JobKind.ACTIVATION]
    assert kinds == [failed.id]
    gone = old.id
    ask(session, world, 5)
    session.expire_all()
    assert session.get(Job, gone) is None
    assert session.get(Job, fresh.id) is not None
