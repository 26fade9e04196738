"""Asking for previews: whose they are, what is drawn for them, and what they leave."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import JobKind, JobStatus, Recipe, Split
from app.errors import InvalidInputError, NotFoundError
from app.models import Account, Job
from app.models.types import now
from app.services import jobs, previews
from app.services.previews import PreviewKind, Wish
from tests.factories import ImageFactory, ProjectFactory
from tests.run_factory import World, make_world

BATCH = Wish(PreviewKind.BATCH, Recipe.FINETUNE, {}, count=5)


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=24)


def ask(session: Session, world: World, wish: Wish = BATCH, account: Account | None = None) -> Job:
    return previews.ask(session, world.project, account or world.lead, wish)


def test_the_newest_wish_of_a_person_replaces_their_earlier_ones(
    session: Session, world: World, sent: list[tuple[str, int]]
) -> None:
    first, others = ask(session, world), ask(session, world, account=world.reviewer)
    second = ask(session, world)
    assert session.get_one(Job, first.id).status is JobStatus.CANCELLED
    assert [job.id for job in jobs.open_jobs(session, world.project.id)] == [others.id, second.id]
    session.commit()
    assert sent[-1] == ("loupe.preview", second.id)


def test_a_wish_is_kept_whole(session: Session, world: World) -> None:
    wish = Wish(PreviewKind.ONE, Recipe.FINETUNE, {"size": "128"}, world.images[3].id, 7, 4)
    kept = previews.wish_of(ask(session, world, wish))
    assert kept.config["size"] == 128
    assert kept.config["batch_size"] == 32
    assert (kept.kind, kept.image_id, kept.seed, kept.count) == (PreviewKind.ONE, world.images[3].id, 7, 4)


def test_wrong_wishes_are_refused(session: Session, world: World) -> None:
    with pytest.raises(InvalidInputError) as refused:
        ask(session, world, Wish(PreviewKind.BATCH, Recipe.FINETUNE, {"size": "4"}))
    assert set(refused.value.fields) == {"size"}
    for wrong in (
        Wish(PreviewKind.BATCH, Recipe.FINETUNE, {}, count=99),
        Wish(PreviewKind.BATCH, Recipe.FINETUNE, {}, seed=-1),
    ):
        with pytest.raises(InvalidInputError):
            ask(session, world, wrong)
    foreign = ImageFactory.create(session=session, project_id=ProjectFactory.create(session=session).id)
    with pytest.raises(NotFoundError):
        ask(session, world, Wish(PreviewKind.ONE, Recipe.FINETUNE, {}, foreign.id))


def test_images_are_drawn_from_those_a_training_learns_from(session: Session, world: World) -> None:
    train = {world.images[row].id for row in world.rows(Split.TRAIN)}
    drawn = previews.sample(session, world.project.id, BATCH)
    ids = [image.id for image in drawn.images]
    assert len(ids) == len(set(ids)) == 5
    assert set(ids) <= train
    assert [image.id for image in previews.sample(session, world.project.id, BATCH).images] == ids
    other = Wish(PreviewKind.BATCH, Recipe.FINETUNE, {}, seed=1, count=5)
    assert [image.id for image in previews.sample(session, world.project.id, other).images] != ids
    assert set(drawn.truths) == set(ids)


def test_more_pictures_than_there_are_images_are_not_made_up(session: Session) -> None:
    project = ProjectFactory.create(session=session)
    with pytest.raises(InvalidInputError, match="no images"):
        previews.sample(session, project.id, BATCH)
    # Before anybody has tagged, whatever is there is shown, without labels.
    ImageFactory.create(session=session, project_id=project.id)
    ImageFactory.create(session=session, project_id=project.id, excluded_at=now())
    drawn = previews.sample(session, project.id, BATCH)
    assert len(drawn.images) == 1
    assert drawn.truths == {}


def test_a_preview_is_for_whoever_asked_for_it(session: Session, world: World) -> None:
    job = ask(session, world)
    assert previews.standing(session, world.project.id, world.lead, job.id).is_waiting
    for account, project_id in ((world.reviewer, world.project.id), (world.lead, world.project.id + 1)):
        with pytest.raises(NotFoundError):
            previews.standing(session, project_id, account, job.id)


def test_the_result_shows_once_the_job_has_succeeded(session: Session, world: World) -> None:
    job = ask(session, world)
    previews.keep_result(session, job.id, {"pictures": 3})
    assert previews.standing(session, world.project.id, world.lead, job.id).result is None
    job.status = JobStatus.SUCCEEDED
    assert previews.standing(session, world.project.id, world.lead, job.id).result == {"pictures": 3}
    job.status, job.error = JobStatus.FAILED, "Torn."
    assert previews.standing(session, world.project.id, world.lead, job.id).sentence == "Torn."


def test_old_previews_are_forgotten_and_none_is_listed(session: Session, world: World) -> None:
    old = ask(session, world)
    old.status, old.finished_at = JobStatus.SUCCEEDED, now() - previews.FORGOTTEN_AFTER - timedelta(minutes=1)
    session.flush()
    session.expunge(old)
    fresh = ask(session, world)
    assert session.query(Job).filter_by(kind=JobKind.PREVIEW).all() == [fresh]
    fresh.status = JobStatus.SUCCEEDED
    session.flush()
    assert all(row.job.kind is not JobKind.PREVIEW for row in jobs.recent_jobs(session, world.project.id))
