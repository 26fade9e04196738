"""Which images wait, and that they are found without looking at the others."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.models import Assignment, Image
from app.models.types import now
from app.services import claims, waiting
from tests.queue_room import Room, make_room


@pytest.fixture
def room(session: Session) -> Room:
    return make_room(session)


def found(room: Room, *conditions: object) -> list[int]:
    query = select(Image.id).where(Image.project_id == room.project.id, *conditions).order_by(Image.id)  # type: ignore[arg-type]
    return [[image.id for image in room.images].index(image_id) for image_id in room.session.scalars(query)]


def test_images_wait_as_long_as_answers_are_missing(room: Room) -> None:
    room.want(2, 1)
    room.answer(room.one, 0)
    room.answer(room.one, 1)
    room.images[2].excluded_at = now()
    room.session.flush()
    assert found(room, waiting.waits(room.project.id)) == [1, 3, 4, 5]
    assert found(room, waiting.is_partly_answered()) == [1]
    assert found(room, waiting.answered_by(room.one)) == [0, 1]
    assert found(room, waiting.answered_by(room.two)) == []


def test_a_place_is_taken_by_others_alone_and_an_assignment_bars_the_rest(room: Room) -> None:
    claims.take(room.session, room.project, room.one, [room.images[0].id])
    room.session.add(Assignment(image_id=room.images[1].id, account_id=room.one.id))
    room.session.flush()
    assert found(room, waiting.taken(room.two, now())) == [0]
    assert found(room, waiting.taken(room.one, now())) == []
    assert found(room, waiting.barred(room.two)) == [1]
    assert found(room, waiting.free(room.two, now())) == [2, 3, 4, 5]
    room.want(2, 0)
    assert found(room, waiting.taken(room.two, now())) == []


def test_a_skip_counts_until_it_is_undone(room: Room) -> None:
    before = now()
    key = room.skip(room.one, 0)
    assert found(room, waiting.skipped_by(room.one)) == [0]
    assert found(room, waiting.skipped_by(room.one, since=before)) == [0]
    assert found(room, waiting.skipped_by(room.one, since=now())) == []
    room.undo(room.one, key)
    assert found(room, waiting.skipped_by(room.one)) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("column", "index"), [("id", "ix_images_waiting"), ("sha256", "ix_images_waiting_shuffled")])
def test_the_queue_walks_along_an_index(room: Room, column: str, index: str) -> None:
    place = getattr(Image, column)
    query = (
        select(Image.id)
        .where(waiting.waits(room.project.id), ~waiting.answered_by(room.one), ~waiting.skipped_by(room.one))
        .where(waiting.free(room.one, now()), place > (0 if column == "id" else ""))
        .order_by(place)
        .limit(5)
    )
    spoken = query.compile(room.session.connection(), compile_kwargs={"literal_binds": True})
    plan = [row[3] for row in room.session.execute(text(f"EXPLAIN QUERY PLAN {spoken}"))]
    assert plan[0].startswith("SEARCH images USING")
    assert index in plan[0].split()
    assert not [step for step in plan if step.startswith("SCAN") or "TEMP B-TREE" in step], plan
