"""A second opinion is asked for by a verdict, comes up first at other people's desks, and is closed by an answer."""

import uuid

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.sampling import Order
from app.domain.statuses import Answer, Role, TruthValue, Verdict
from app.models import Account, Review, SecondOpinion, Truth
from app.models.types import now
from app.services import claims, queue, queue_walks, reviews, second_opinions
from app.services.queue_wishes import Wish
from tests.factories import AccountFactory, ImageFactory, MemberFactory
from tests.run_factory import World, make_world

ROW, COLUMN = 3, 1


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=12)


def newcomer(session: Session, world: World) -> Account:
    account: Account = AccountFactory.create(session=session, name="Newcomer")
    MemberFactory.create(session=session, project_id=world.project.id, account_id=account.id, role=Role.ANNOTATOR)
    return account


def judge(session: Session, world: World, verdict: Verdict, key: str) -> Review:
    return reviews.judge(
        session,
        project=world.project,
        run=world.run,
        account=world.reviewer,
        image_id=world.images[ROW].id,
        label_id=world.labels[COLUMN].id,
        verdict=verdict,
        client_key=key,
    )


def ask(session: Session, world: World) -> Review:
    return judge(session, world, Verdict.SECOND_OPINION, "key-ask-1")


def next_for(session: Session, world: World, account: Account, order: Order = Order.SEQUENTIAL) -> list[int]:
    plan = queue_walks.plan(session, world.project, account, Wish(order))
    batch = queue.next_images(session, world.project, account, plan, count=5)
    claims.release(session, account, [image.id for image in batch.images])
    return [image.id for image in batch.images]


def answer(session: Session, world: World, account: Account, value: Answer) -> str:
    key = uuid.uuid4().hex
    answers = {world.labels[COLUMN].id: value}
    queue.answer(session, world.project, account, image_id=world.images[ROW].id, answers=answers, client_key=key)
    return key


def open_questions(session: Session) -> int:
    return len(session.scalars(select(SecondOpinion).where(SecondOpinion.closed_at.is_(None))).all())


@pytest.mark.parametrize("order", [order for order in Order if not order.looks_again])
def test_it_comes_first_to_those_who_have_not_answered(session: Session, world: World, order: Order) -> None:
    waiting = [ImageFactory.create(session=session, project_id=world.project.id).id for _image in range(2)]
    ask(session, world)
    image_id = world.images[ROW].id
    person = newcomer(session, world)
    given = next_for(session, world, person, order)
    assert given[0] == image_id
    assert sorted(given[1:]) == waiting
    # Neither who has answered already nor who asks is a second person.
    for account in (world.annotator, world.reviewer):
        assert sorted(next_for(session, world, account, order)) == waiting
    asked = second_opinions.questions(session, person, [image_id, *waiting])
    assert [(one.label, one.who) for one in asked[image_id]] == [(world.labels[COLUMN].name, "Reviewer")]
    assert second_opinions.questions(session, world.annotator, [image_id]) == {}


def test_an_answer_closes_it_and_votes_as_any_other(session: Session, world: World) -> None:
    ask(session, world)
    person = newcomer(session, world)
    told = bool(world.truth[ROW, COLUMN])
    answer(session, world, person, Answer.ABSENT if told else Answer.PRESENT)
    assert open_questions(session) == 0
    assert next_for(session, world, person) == []
    value = session.scalar(
        select(Truth.value).where(Truth.image_id == world.images[ROW].id, Truth.label_id == world.labels[COLUMN].id)
    )
    assert value is TruthValue.DISPUTED


def test_an_answer_taken_back_opens_it_again(session: Session, world: World) -> None:
    ask(session, world)
    person = newcomer(session, world)
    key = answer(session, world, person, Answer.PRESENT)
    assert queue.undo(session, world.project, person, key)
    assert open_questions(session) == 1
    assert next_for(session, world, person) == [world.images[ROW].id]


def test_who_asks_cannot_close_it(session: Session, world: World) -> None:
    ask(session, world)
    answer(session, world, world.reviewer, Answer.PRESENT)
    assert open_questions(session) == 1


def test_whoever_skips_it_is_not_asked_again(session: Session, world: World) -> None:
    ask(session, world)
    person = newcomer(session, world)
    queue.skip(session, world.project, person, image_id=world.images[ROW].id, client_key="skip-0001")
    assert next_for(session, world, person) == []
    assert open_questions(session) == 1


def test_undo_and_another_verdict_take_the_question_back(session: Session, world: World) -> None:
    review = ask(session, world)
    judge(session, world, Verdict.MODEL_ERROR, "key-ask-2")
    assert open_questions(session) == 0
    reviews.undo(session, project=world.project, run=world.run, account=world.reviewer, client_key="key-ask-2")
    assert open_questions(session) == 1
    assert session.scalars(select(SecondOpinion)).one().review_id == review.id
    reviews.undo(session, project=world.project, run=world.run, account=world.reviewer, client_key="key-ask-1")
    assert open_questions(session) == 0


def test_an_answer_taken_back_does_not_open_what_was_taken_back(session: Session, world: World) -> None:
    ask(session, world)
    person = newcomer(session, world)
    key = answer(session, world, person, Answer.PRESENT)
    reviews.undo(session, project=world.project, run=world.run, account=world.reviewer, client_key="key-ask-1")
    queue.undo(session, world.project, person, key)
    assert open_questions(session) == 0


def test_an_image_taken_out_meanwhile_is_asked_of_nobody(session: Session, world: World) -> None:
    ask(session, world)
    world.images[ROW].excluded_at = now()
    session.flush()
    assert next_for(session, world, newcomer(session, world)) == []
