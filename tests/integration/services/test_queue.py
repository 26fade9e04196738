"""The annotation queue, on both databases."""

import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.sampling import Order
from app.domain.statuses import Answer, TruthValue, View
from app.errors import ConflictError, NotFoundError
from app.models import Account, Annotation, Assignment, ControlImage, Skip, Truth
from app.models.types import now
from app.services import annotations, claims, desk_settings, label_questions, queue, queue_walks, truths
from app.services.queue_wishes import SKIPPED, Wish
from tests.factories import AccountFactory, ImageFactory, LabelFactory, ProjectFactory, annotate
from tests.queue_room import Room, make_room


@pytest.fixture
def room(session: Session) -> Room:
    return make_room(session)


def test_two_people_get_different_images_in_the_order_of_the_import(room: Room) -> None:
    assert room.next(room.one) == [0, 1, 2]
    assert room.next(room.two) == [3, 4, 5]
    assert room.next(room.two) == [3, 4, 5]
    assert room.next(room.one, held=[room.images[0].id, room.images[1].id]) == [2]


def test_what_needs_no_answer_does_not_come_up(room: Room) -> None:
    room.images[0].excluded_at = now()
    room.answer(room.two, 1)
    annotate(room.session, room.images[2], None, {room.label: Answer.ABSENT}, view=View.IMPORT)
    truths.refresh(room.session, [room.images[2].id])
    assert room.next(room.one, count=6) == [3, 4, 5]


def test_as_many_people_get_an_image_as_it_wants_answers_and_nobody_gets_it_twice(room: Room) -> None:
    room.want(2)
    three = room.person()
    assert room.next(room.one, count=2) == room.next(room.two, count=2) == [0, 1]
    assert room.next(three, count=2) == [2, 3]
    room.answer(room.one, 0)
    # One answer is missing still, and somebody is at it.
    assert room.next(room.one, count=2) == [1, 2]
    claims.release(room.session, three, [image.id for image in room.images])
    assert room.next(three, count=6) == [2, 3, 4, 5]
    room.answer(room.two, 0)
    assert 0 not in room.next(three, count=9)


def test_control_images_stand_anywhere_among_the_others(room: Room) -> None:
    desk_settings.change(room.session, room.project, {"control_share": 0.5})
    room.session.add(ControlImage(image_id=room.images[5].id))
    room.images[5].needed = 0
    room.session.flush()
    found = []
    for _person in range(30):
        person = room.person()
        found.append(room.next(person, count=4))
        claims.release(room.session, person, [image.id for image in room.images])
    assert {batch.index(5) for batch in found if 5 in batch} == {0, 1, 2, 3}
    assert all([place for place in batch if place != 5] == [0, 1, 2, 3][: 4 - (5 in batch)] for batch in found)


def test_an_image_that_was_given_to_somebody_goes_to_nobody_else(room: Room) -> None:
    room.session.add(Assignment(image_id=room.images[0].id, account_id=room.two.id))
    room.session.flush()
    assert room.next(room.one, count=2) == [1, 2]
    assert room.next(room.two, count=2) == [0, 3]


def test_a_decision_of_a_reviewer_leaves_the_image_in_the_queue(room: Room) -> None:
    annotate(room.session, room.images[0], room.two, {room.label: Answer.ABSENT}, view=View.REVIEW)
    assert room.next(room.one, count=1) == [0]


def test_a_skipped_image_goes_to_others_and_comes_back_only_when_asked_for(room: Room) -> None:
    room.next(room.one)
    room.skip(room.one, 0)
    assert room.next(room.one) == [1, 2, 3]
    assert room.next(room.one, narrow=SKIPPED) == [0]
    claims.release(room.session, room.one, [image.id for image in room.images])
    assert room.next(room.two) == [0, 1, 2]


def test_the_random_order_begins_elsewhere_for_each_person_and_holds(room: Room) -> None:
    orders = []
    people = [room.person() for _ in range(12)]
    for person in people:
        orders.append(tuple(room.next(person, count=6, order=Order.RANDOM)))
        claims.release(room.session, person, [image.id for image in room.images])
    assert {tuple(sorted(order)) for order in orders} == {(0, 1, 2, 3, 4, 5)}
    assert len(set(orders)) > 1
    assert tuple(room.next(people[0], count=6, order=Order.RANDOM)) == orders[0]


def test_least_certain_asks_the_active_run(room: Room) -> None:
    room.let_speak({0: 0.9, 1: 0.55, 2: 0.1, 3: 0.48})
    batch = room.batch(room.one, count=10, order=Order.LEAST_CERTAIN)
    assert (batch.order, batch.fallback) == (Order.LEAST_CERTAIN, "")
    assert [room.images.index(image) for image in batch.images] == [3, 1, 0, 2, 4, 5]


def test_what_changed_since_the_images_were_put_in_order_counts(room: Room) -> None:
    room.let_speak({0: 0.9, 1: 0.55, 2: 0.1, 3: 0.48, 4: 0.5, 5: 0.51})
    plan = room.plan(room.one, order=Order.LEAST_CERTAIN)
    room.answer(room.two, 4)
    assert claims.take(room.session, room.project, room.two, [room.images[5].id]) != []
    room.skip(room.one, 3)
    batch = queue.next_images(room.session, room.project, room.one, plan, count=10)
    # Tagged, before somebody else and passed by are left out.
    assert [room.images.index(image) for image in batch.images] == [1, 0, 2]


def test_what_came_after_the_images_were_put_in_order_comes_behind_them(room: Room) -> None:
    room.let_speak({0: 0.9, 1: 0.55, 2: 0.1, 3: 0.48, 4: 0.5, 5: 0.51})
    key = room.answer(room.two, 4)
    plan = room.plan(room.one, order=Order.LEAST_CERTAIN)
    room.undo(room.two, key)
    claims.release(room.session, room.two, [room.images[4].id])
    batch = queue.next_images(room.session, room.project, room.one, plan, count=10)
    assert [room.images.index(image) for image in batch.images] == [5, 3, 1, 0, 2, 4]


def test_to_put_images_in_order_keeps_nobody_from_saving(room: Room) -> None:
    room.let_speak({0: 0.9, 1: 0.55})
    room.session.commit()
    wish = Wish(Order.LEAST_CERTAIN)
    with session_scope() as writing:
        claims.take(writing, room.project, room.two, [room.images[0].id])
        with session_scope(writes=False) as reading:
            plan = queue_walks.plan(reading, room.project, room.one, wish)
    with session_scope() as own:
        batch = queue.next_images(own, room.project, room.one, plan, count=2)
    assert [image.id for image in batch.images] == [room.images[1].id, room.images[2].id]


def test_an_answer_to_a_question_is_about_its_label_alone(room: Room) -> None:
    room.answer(room.one, 0)
    added = LabelFactory.create(session=room.session, project_id=room.project.id)
    question = label_questions.ask(room.session, added, None)
    assert room.next(room.two, question=question.id) == [0]
    given = {added.id: Answer.PRESENT, room.label.id: Answer.ABSENT}
    image_id = room.images[0].id
    queue.answer(
        room.session, room.project, room.two, image_id=image_id, answers=given, client_key="k" * 8, question=question.id
    )
    rows = room.session.execute(select(Truth.label_id, Truth.value).where(Truth.image_id == image_id)).all()
    assert dict(rows) == {room.label.id: TruthValue.PRESENT, added.id: TruthValue.PRESENT}
    assert room.next(room.one, question=question.id) == []
    assert room.images[1].needed == 1


def test_to_skip_a_question_leaves_what_was_answered_before(room: Room) -> None:
    room.answer(room.one, 0)
    added = LabelFactory.create(session=room.session, project_id=room.project.id)
    question = label_questions.ask(room.session, added, None)
    key = uuid.uuid4().hex
    image_id = room.images[0].id
    queue.skip(room.session, room.project, room.one, image_id=image_id, client_key=key, question=question.id)
    assert room.truth(0) is TruthValue.PRESENT
    assert room.next(room.one, question=question.id) == []
    assert room.next(room.two, question=question.id) == [0]
    claims.release(room.session, room.two, [image_id])
    assert room.undo(room.one, key)
    assert room.next(room.one, question=question.id) == [0]


def test_a_question_that_was_closed_asks_nothing(room: Room) -> None:
    question = label_questions.ask(room.session, room.label, None)
    label_questions.close(room.session, question)
    with pytest.raises(ConflictError):
        room.next(room.one, question=question.id)


def test_an_answer_after_somebody_elses_is_kept_as_a_second_opinion(room: Room) -> None:
    room.answer(room.two, 0, Answer.PRESENT)
    room.answer(room.one, 0, Answer.ABSENT)
    assert room.truth(0) is TruthValue.DISPUTED


def test_an_answer_and_a_skip_give_the_image_free(room: Room) -> None:
    room.next(room.one, count=2)
    key = room.answer(room.one, 0)
    room.skip(room.one, 1)
    annotations.take_back(room.session, account=room.one, client_key=key)
    assert room.next(room.two, count=2) == [0, 1]


def test_undo_takes_the_answer_back_and_claims_the_image(room: Room) -> None:
    key = room.answer(room.one, 0)
    assert room.undo(room.one, key)
    assert room.truth(0) is None
    assert room.next(room.two, count=1) == [1]
    assert room.next(room.one, count=1) == [0]
    assert not room.undo(room.one, key)
    assert not room.undo(room.two, "no such key")


def test_undo_withdraws_a_skip(room: Room) -> None:
    key = room.skip(room.one, 0)
    assert not room.undo(room.two, key)
    assert room.undo(room.one, key)
    assert room.next(room.one, count=1) == [0]


def test_skipping_an_answered_image_takes_the_answer_out_and_undo_brings_it_back(room: Room) -> None:
    room.answer(room.one, 0)
    key = room.skip(room.one, 0)
    assert room.truth(0) is None
    assert room.undo(room.one, key)
    assert room.truth(0) is TruthValue.PRESENT


def test_a_late_undo_of_a_skip_does_not_bring_an_old_answer_back_beside_a_new_one(room: Room) -> None:
    room.answer(room.one, 0)
    key = room.skip(room.one, 0)
    room.answer(room.one, 0, Answer.ABSENT)
    room.undo(room.one, key)
    assert room.truth(0) is TruthValue.ABSENT
    current = select(func.count()).select_from(Annotation).where(Annotation.superseded_at.is_(None))
    assert room.session.scalar(current) == 1


def test_the_same_skip_twice_counts_once_and_belongs_to_one_person(room: Room) -> None:
    image_id = room.images[0].id
    for _ in range(2):
        queue.skip(room.session, room.project, room.one, image_id=image_id, client_key="k")
    assert room.session.scalar(select(func.count()).select_from(Skip)) == 1
    with pytest.raises(ConflictError):
        queue.skip(room.session, room.project, room.two, image_id=image_id, client_key="k")


def test_an_image_of_another_project_cannot_be_skipped(room: Room) -> None:
    other = ProjectFactory.create(session=room.session)
    with pytest.raises(NotFoundError):
        queue.skip(room.session, other, room.one, image_id=room.images[0].id, client_key="k")


def test_many_annotators_at_once_drain_the_queue_and_share_no_image(room: Room) -> None:
    images = [ImageFactory.create(session=room.session, project_id=room.project.id) for _ in range(34)]
    people = [AccountFactory.create(session=room.session) for _ in range(7)]
    room.let_speak(dict.fromkeys(range(6), 0.5))
    room.session.commit()
    seen: list[tuple[int, int]] = []
    gate = threading.Barrier(len(people))
    # The other two bring answered images up once more on purpose.
    orders = [order for order in Order if not order.looks_again]

    def tag(person: Account, order: Order) -> None:
        gate.wait()
        while True:
            with session_scope(writes=False) as own:
                plan = queue_walks.plan(own, room.project, person, Wish(order))
            with session_scope() as own:
                batch = queue.next_images(own, room.project, person, plan, count=3)
            if not batch.images:
                return
            for image in batch.images:
                seen.append((image.id, person.id))
                key, answers = uuid.uuid4().hex, {room.label.id: Answer.PRESENT}
                with session_scope() as own:
                    queue.answer(own, room.project, person, image_id=image.id, answers=answers, client_key=key)

    with ThreadPoolExecutor(len(people)) as pool:
        list(pool.map(tag, people, orders))
    assert {image_id for image_id, _person in seen} == {image.id for image in [*room.images, *images]}
    again = [image_id for image_id, times in Counter(image_id for image_id, _person in seen).items() if times > 1]
    assert again == []
