"""What a person did at the desk, on both databases."""

from sqlalchemy.orm import Session

from app.domain.statuses import Answer
from app.services import queue_history
from tests.queue_room import make_room


def test_the_history_is_ones_own_newest_first(session: Session) -> None:
    room = make_room(session)
    room.answer(room.one, 0)
    room.skip(room.one, 1)
    room.answer(room.one, 2, Answer.ABSENT)
    room.answer(room.two, 3)
    room.answer(room.one, 0, Answer.UNSURE)
    past = queue_history.history(session, room.project, room.one)
    assert [(room.images.index(entry.image), entry.answers) for entry in past] == [
        (0, {room.label.id: Answer.UNSURE}),
        (2, {room.label.id: Answer.ABSENT}),
        (1, None),
    ]
    earlier = queue_history.history(session, room.project, room.one, before=past[0].at, limit=1)
    assert [entry.image.id for entry in earlier] == [room.images[2].id]
