"""The order in which images come up where no index has it, on both databases."""

import numpy as np
import pytest
from sqlalchemy.orm import Session

from app.domain.sampling import Order, shuffled
from app.domain.statuses import Answer, JobKind, JobStatus, Recipe
from app.models import Job, Label, Run
from app.models.types import now
from app.services import details, predictions, rankings
from app.services.images import LabelState
from app.services.queue_wishes import QueueFilter, Wish
from tests.factories import LabelFactory
from tests.queue_room import Room, make_room
from tests.vectors import keep_vectors


@pytest.fixture
def room(session: Session) -> Room:
    return make_room(session)


def ranked(room: Room, order: Order, **wish: object) -> list[int]:
    made = rankings.rank(room.session, room.project, room.one, Wish(order, **wish))  # type: ignore[arg-type]
    ids = [image.id for image in room.images]
    return [ids.index(image_id) for image_id in made.image_ids.tolist()]


def let_speak(room: Room, labels: list[Label], said: dict[int, list[float]]) -> Run:
    job = Job(kind=JobKind.TRAIN, project_id=room.project.id, status=JobStatus.SUCCEEDED)
    room.session.add(job)
    room.session.flush()
    run = Run(project_id=room.project.id, number=1, job_id=job.id, recipe=Recipe.QUICK, seed=1, is_active=True)
    run.labels = [{"id": each.id, "name": each.name, "definition": "", "definition_version": 1} for each in labels]
    room.session.add(run)
    room.session.flush()
    places = [room.images[place].id for place in said]
    predictions.write_predictions(room.session, run.id, places, list(said.values()), [True] * len(places))
    return run


def another_label(room: Room) -> Label:
    made: Label = LabelFactory.create(session=room.session, project_id=room.project.id)
    return made


def test_random_is_each_persons_own(room: Room) -> None:
    made = rankings.rank(room.session, room.project, room.one, Wish(Order.RANDOM))
    own = shuffled([image.id for image in room.images], seed=room.project.seed, person=room.one.id)
    assert made.image_ids.tolist() == own.tolist()


def test_the_most_doubtful_label_that_still_exists_speaks_for_its_image(room: Room) -> None:
    other, gone = another_label(room), another_label(room)
    gone.removed_at = now()
    said = {0: [0.9, 0.1, 0.5], 1: [0.9, 0.45, 0.0], 3: [0.6, 0.9, 0.0], 4: [0.99, 0.01, 0.5]}
    let_speak(room, [room.label, other, gone], said)
    room.answer(room.two, 5)
    assert ranked(room, Order.LEAST_CERTAIN) == [1, 3, 0, 4, 2]
    assert ranked(room, Order.LEAST_CERTAIN, label_id=room.label.id) == [3, 0, 1, 4, 2]


def test_the_likeliest_to_carry_a_label_come_first(room: Room) -> None:
    other = another_label(room)
    let_speak(room, [room.label, other], {0: [0.2, 0.9], 1: [0.8, 0.1], 2: [0.5, 0.5]})
    assert ranked(room, Order.MOST_LIKELY, label_id=room.label.id)[:3] == [1, 2, 0]
    assert ranked(room, Order.MOST_LIKELY)[:3] == [0, 1, 2]


def test_what_the_model_contradicts_comes_again_before_what_waits(room: Room) -> None:
    let_speak(room, [room.label], {0: [0.1], 1: [0.9], 2: [0.3], 3: [0.9]})
    for place in (0, 1, 2):
        room.answer(room.two, place)
    # Missed with 0.1 and with 0.3; 1 is agreed upon.
    assert ranked(room, Order.AGAINST_MODEL) == [0, 2, 3, 4, 5]
    made = rankings.rank(room.session, room.project, room.one, Wish(Order.AGAINST_MODEL))
    assert made.ahead == 2


def test_what_people_disagree_on_comes_again_before_what_waits(room: Room) -> None:
    other = another_label(room)
    room.want(2, 1, 2)
    room.answer(room.one, 1)
    room.answer(room.two, 1, Answer.ABSENT)
    room.answer(room.one, 2)
    room.answer(room.two, 2)
    assert ranked(room, Order.AMONG_PEOPLE) == [1, 0, 3, 4, 5]
    assert ranked(room, Order.AMONG_PEOPLE, label_id=other.id) == [0, 3, 4, 5]


def test_dates_rise_and_sources_stand_together(room: Room) -> None:
    given: list[dict[str, str]] = [
        {"date": "May 1913", "source": "Times"},
        {"date": "1912", "source": "sun"},
        {},
        {"date": "1913", "source": "Times"},
        {"date": "191-?", "source": "Sun"},
        {"date": "2.5.1913", "source": ""},
    ]
    details.keep(room.session, [(image.id, each) for image, each in zip(room.images, given, strict=True)])
    room.session.flush()
    assert ranked(room, Order.DATE) == [4, 1, 3, 0, 5, 2]
    assert ranked(room, Order.SOURCE) == [1, 4, 0, 3, 2, 5]
    assert ranked(room, Order.DATE, narrow=QueueFilter(year_from=1911, year_to=1912)) == [1]
    assert ranked(room, Order.SEQUENTIAL, narrow=QueueFilter(slice="detail.source:Times")) == [0, 3]
    both = QueueFilter(
        slice="detail.source:Times", year_from=1913, label_id=room.label.id, label_state=LabelState.UNKNOWN
    )
    assert ranked(room, Order.DATE, narrow=both) == [3, 0]


def test_diverse_spreads_over_the_vectors_away_from_what_is_done(room: Room) -> None:
    east, north, west = [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]
    keep_vectors(room.project, [image.id for image in room.images[:5]], [east, east, east, north, west])
    room.answer(room.two, 0)
    order = ranked(room, Order.DIVERSE)
    # What is like the tagged one comes late, what has no vector yet last.
    assert order[:2] == [4, 3]
    assert sorted(order[2:4]) == [1, 2]
    assert order[4] == 5


def test_where_an_order_cannot_be_had_the_next_best_says_so(room: Room) -> None:
    def had(order: Order) -> tuple[Order, bool]:
        given, told = rankings.settled(room.session, room.project, Wish(order))
        return given.order, told != ""

    assert had(Order.LEAST_CERTAIN) == had(Order.MOST_LIKELY) == had(Order.DIVERSE) == (Order.RANDOM, True)
    assert had(Order.DATE) == (Order.DATE, False)
    keep_vectors(room.project, [room.images[0].id], [[1.0, 0.0]])
    assert had(Order.AGAINST_MODEL) == (Order.DIVERSE, True)
    assert had(Order.DIVERSE) == (Order.DIVERSE, False)
    room.let_speak({0: 0.5})
    assert had(Order.LEAST_CERTAIN) == (Order.LEAST_CERTAIN, False)


def test_a_project_without_images_has_nothing_to_put_in_order(room: Room) -> None:
    room.let_speak({})
    keep_vectors(room.project, [], np.empty((0, 2)))
    for image in room.images:
        room.session.delete(image)
    room.session.flush()
    assert [ranked(room, order) for order in Order] == [[] for _order in Order]
