"""How far the tagging is, on both databases."""

from collections.abc import Sequence

import pytest
from sqlalchemy.orm import Session

from app.models import Assignment, Flag
from app.models.types import now
from app.services import label_questions, queue_progress, queue_wishes
from app.services.queue_progress import Empty, Progress
from app.services.queue_wishes import SKIPPED, QueueFilter, QueueStatus
from tests.queue_room import Room, make_room


@pytest.fixture
def room(session: Session) -> Room:
    return make_room(session)


def test_progress_tells_done_left_skipped_and_elsewhere_apart(room: Room) -> None:
    assert queue_progress.progress(room.session, room.project, room.one) == Progress(6, 6, 0, 0, 0)
    room.next(room.one, count=1)
    room.answer(room.one, 0)
    room.skip(room.one, 1)
    room.next(room.two, count=2)
    assert queue_progress.progress(room.session, room.project, room.one) == Progress(6, 5, 1, 1, 0)
    assert queue_progress.progress(room.session, room.project, room.two) == Progress(6, 5, 0, 0, 0)
    room.images[5].excluded_at = now()
    room.session.flush()
    assert queue_progress.progress(room.session, room.project, room.two).total == 5
    assert queue_progress.progress(room.session, room.project, room.two).done == 1


def test_what_wants_an_answer_of_somebody_else_is_counted_apart(room: Room) -> None:
    room.want(2)
    room.answer(room.one, 0)
    room.session.add(Assignment(image_id=room.images[1].id, account_id=room.two.id))
    room.session.flush()
    assert queue_progress.progress(room.session, room.project, room.one) == Progress(6, 6, 0, 0, 2)
    assert queue_progress.progress(room.session, room.project, room.two) == Progress(6, 6, 0, 0, 0)


def why(room: Room, held: Sequence[int] = (), **wish: object) -> Empty:
    given = queue_wishes.wish(room.session, room.project, **wish)  # type: ignore[arg-type]
    return queue_progress.why_empty(room.session, room.project, room.one, given, held=held)


def test_why_no_image_comes(room: Room) -> None:
    assert why(room, narrow=SKIPPED) is Empty.NO_SKIPPED
    for place in range(4):
        room.answer(room.one, place)
    room.next(room.two, count=2)
    assert why(room) is Empty.WAITING
    room.answer(room.two, 4)
    room.skip(room.one, 5)
    assert why(room) is Empty.SKIPPED
    assert why(room, held=[room.images[5].id]) is Empty.DONE
    room.answer(room.two, 5)
    assert why(room) is Empty.DONE


def test_ones_own_answers_are_not_waited_for(room: Room) -> None:
    room.want(2, 0)
    for place in range(6):
        room.answer(room.one, place)
    assert why(room) is Empty.OTHERS
    room.session.delete(room.images[0])
    room.session.flush()
    assert why(room) is Empty.DONE


def test_a_filter_and_a_question_say_that_nothing_fits_them(room: Room) -> None:
    flagged = QueueFilter(status=QueueStatus.FLAGGED)
    assert why(room, narrow=flagged) is Empty.FILTERED
    room.session.add(Flag(image_id=room.images[0].id, account_id=room.two.id))
    room.session.flush()
    room.next(room.two, narrow=flagged)
    assert why(room, narrow=flagged) is Empty.WAITING
    question = label_questions.ask(room.session, room.label, None)
    assert why(room, question=question.id) is Empty.ASKED
