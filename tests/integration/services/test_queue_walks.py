"""Walking along an order to the first images that are free, on both databases."""

import pytest
from sqlalchemy.orm import Session

from app.domain.sampling import Order
from app.domain.statuses import Answer
from app.services import claims, kept_rankings, queue_walks
from app.services.queue_walks import Walk
from app.services.queue_wishes import QueueFilter, QueueStatus
from tests.factories import ImageFactory
from tests.queue_room import Room, make_room


@pytest.fixture
def room(session: Session) -> Room:
    return make_room(session)


def find(room: Room, wanted: int, order: Order, *held: int) -> list[int]:
    """Walk as one person does; gives places."""
    ids = [image.id for image in room.images]
    walk = Walk(room.session, room.project, room.one, room.plan(room.one, order=order), {ids[each] for each in held})
    return [ids.index(image_id) for image_id in walk.find(wanted).image_ids]


@pytest.mark.parametrize("order", list(Order))
def test_every_order_comes_to_every_image_that_waits_once(room: Room, order: Order) -> None:
    room.let_speak({0: 0.9, 1: 0.55, 2: 0.1, 3: 0.48})
    room.answer(room.one, 0)
    room.skip(room.one, 1)
    first = find(room, 2, order)
    rest = find(room, 9, order, *first)
    assert sorted(first + rest) == [2, 3, 4, 5]


def test_the_random_round_goes_on_at_its_beginning(room: Room) -> None:
    order = find(room, 6, Order.RANDOM)
    for place in range(1, 6):
        assert find(room, 1, Order.RANDOM, *order[:place]) == order[place : place + 1]
    by_hash = sorted(range(6), key=lambda place: room.images[place].sha256)
    start = by_hash.index(order[0])
    assert order == by_hash[start:] + by_hash[:start]


@pytest.mark.parametrize("order", [Order.SEQUENTIAL, Order.LEAST_CERTAIN])
def test_what_was_passed_over_is_not_looked_at_again_for_a_while(
    room: Room, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.let_speak(dict.fromkeys(range(6), 0.5))
    claims.take(room.session, room.project, room.two, [room.images[0].id])
    assert find(room, 1, order, 5) == [1]
    claims.release(room.session, room.two, [room.images[0].id])
    # Nobody holds it any more, but it lies behind.
    assert find(room, 1, order, 1, 5) == [2]
    # A page that was just opened looks from the beginning, and so does everybody after a while.
    assert find(room, 1, order) == [0]
    monkeypatch.setattr(kept_rankings, "FRONT_SECONDS", 0.0)
    assert find(room, 1, order, 5) == [0]


def test_behind_the_end_the_beginning_is_looked_at_once_more(room: Room) -> None:
    claims.take(room.session, room.project, room.two, [room.images[0].id])
    assert find(room, 1, Order.SEQUENTIAL, 5) == [1]
    claims.release(room.session, room.two, [room.images[0].id])
    assert find(room, 9, Order.SEQUENTIAL, 1, 5) == [2, 3, 4, 0]


def test_what_came_after_the_ranking_comes_behind_it_and_is_told(room: Room) -> None:
    room.let_speak({0: 0.9, 1: 0.55})
    plan = room.plan(room.one, order=Order.MOST_LIKELY)
    room.images.append(ImageFactory.create(session=room.session, project_id=room.project.id))
    found = Walk(room.session, room.project, room.one, plan, set()).find(9)
    assert found.image_ids[-1] == room.images[6].id
    assert len(found.image_ids) == 7
    assert not found.past
    held = {image.id for image in room.images[:6]}
    assert Walk(room.session, room.project, room.one, plan, held).find(9).past


def test_an_order_of_disagreement_says_when_nothing_is_left_of_it(room: Room) -> None:
    room.want(2, 0)
    for person, value in ((room.two, Answer.PRESENT), (room.person(), Answer.ABSENT)):
        room.answer(person, 0, value)
    first = room.batch(room.one, count=1, order=Order.AMONG_PEOPLE)
    assert [image.id for image in first.images] == [room.images[0].id]
    assert first.fallback == ""
    then = room.batch(room.one, count=1, held=[room.images[0].id], order=Order.AMONG_PEOPLE)
    assert [image.id for image in then.images] == [room.images[1].id]
    assert then.fallback != ""


def test_a_ranking_is_made_once_for_all_but_not_where_it_is_personal(room: Room) -> None:
    room.let_speak({0: 0.5})
    shared = [room.plan(person, order=Order.LEAST_CERTAIN).ranking for person in (room.one, room.two)]
    assert shared[0] is shared[1]
    skipped = QueueFilter(status=QueueStatus.SKIPPED)
    own = [room.plan(person, narrow=skipped).ranking for person in (room.one, room.two)]
    assert own[0] is not own[1]


def test_a_new_model_makes_a_new_ranking(room: Room) -> None:
    run = room.let_speak({0: 0.5, 1: 0.9})
    assert find(room, 1, Order.LEAST_CERTAIN) == [0]
    run.is_active = False
    room.session.flush()
    second = room.let_speak({0: 0.9, 1: 0.5}, number=2)
    assert second.id != run.id
    assert find(room, 1, Order.LEAST_CERTAIN) == [1]


def test_an_exhausted_ranking_is_made_anew(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_walks, "AT_MOST_EVERY", -1.0)
    flagged = QueueFilter(status=QueueStatus.SKIPPED)
    assert room.next(room.one, narrow=flagged) == []
    room.skip(room.one, 2)
    assert room.next(room.one, narrow=flagged) == [2]
