"""What a person can ask of the queue, on both databases."""

import pytest
from sqlalchemy.orm import Session

from app.domain.sampling import Order
from app.domain.statuses import Answer
from app.errors import ConflictError, NotFoundError
from app.models import Flag
from app.models.types import now
from app.services import claims, desk_settings, label_questions, queue_wishes
from app.services.images import LabelState
from app.services.queue_wishes import QueueFilter, QueueStatus, Wish
from tests.factories import ProjectFactory
from tests.queue_room import Room, make_room


@pytest.fixture
def room(session: Session) -> Room:
    return make_room(session)


def got(room: Room, **narrow: object) -> list[int]:
    """Tell which images a person gets with a filter, and give them back."""
    found = room.next(room.one, count=6, narrow=QueueFilter(**narrow))  # type: ignore[arg-type]
    claims.release(room.session, room.one, [image.id for image in room.images])
    return found


def test_where_no_order_is_named_the_projects_holds(room: Room) -> None:
    assert queue_wishes.wish(room.session, room.project) == Wish(Order.SEQUENTIAL)
    desk_settings.change(room.session, room.project, {"order": Order.LEAST_CERTAIN, "order_label_id": room.label.id})
    assert queue_wishes.wish(room.session, room.project) == Wish(Order.LEAST_CERTAIN, room.label.id)
    assert queue_wishes.wish(room.session, room.project, order=Order.DATE) == Wish(Order.DATE)
    room.label.removed_at = now()
    assert queue_wishes.wish(room.session, room.project) == Wish(Order.LEAST_CERTAIN)


def test_a_question_of_another_project_is_not_found_and_a_closed_one_refused(room: Room) -> None:
    question = label_questions.ask(room.session, room.label, None)
    other = ProjectFactory.create(session=room.session)
    with pytest.raises(NotFoundError):
        queue_wishes.wish(room.session, other, question=question.id)
    found = queue_wishes.wish(room.session, room.project, question=question.id)
    assert found.asked is not None
    assert found.asked.label_id == room.label.id
    label_questions.close(room.session, question)
    with pytest.raises(ConflictError):
        queue_wishes.wish(room.session, room.project, question=question.id)


def test_by_status(room: Room) -> None:
    room.want(2, 0, 1)
    room.answer(room.two, 0)
    room.answer(room.two, 2)
    room.session.add(Flag(image_id=room.images[3].id, account_id=room.two.id))
    room.session.add(Flag(image_id=room.images[4].id, account_id=room.two.id, removed_at=now()))
    room.session.flush()
    room.skip(room.one, 5)
    assert got(room, status=QueueStatus.NOT_TAGGED) == [1, 3, 4]
    assert got(room, status=QueueStatus.TAGGED_BY_ONE) == [0, 2]
    assert got(room, status=QueueStatus.FLAGGED) == [3]
    assert got(room, status=QueueStatus.SKIPPED) == [5]


def test_by_what_is_known_of_a_label_and_by_who_answered(room: Room) -> None:
    three = room.person()
    room.answer(room.two, 0)
    room.answer(three, 1, Answer.ABSENT)
    room.answer(room.two, 2)
    room.answer(three, 2, Answer.ABSENT)
    room.answer(room.one, 3)
    label_id = room.label.id
    # What one has answered oneself does not come again.
    assert got(room, label_id=label_id) == [0]
    assert got(room, label_id=label_id, label_state=LabelState.ABSENT) == [1]
    assert got(room, label_id=label_id, label_state=LabelState.DISPUTED) == [2]
    assert got(room, label_id=label_id, label_state=LabelState.UNKNOWN) == [4, 5]
    assert got(room, annotator=three.id) == [1, 2]
    assert got(room, annotator=room.one.id) == []
    assert got(room, annotator=three.id, label_id=label_id, label_state=LabelState.DISPUTED) == [2]


def test_an_image_that_has_its_answers_goes_to_one_person_at_a_time(room: Room) -> None:
    room.answer(room.two, 0)
    narrow = QueueFilter(annotator=room.two.id)
    assert room.next(room.one, narrow=narrow) == [0]
    assert room.next(room.person(), narrow=narrow) == []
