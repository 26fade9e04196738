"""The nearest annotated images, with today's truth of the label in question."""

import numpy as np
import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import Answer
from app.models import Inspection
from app.services import annotations, evidence, neighbours
from app.services.neighbours import Neighbour
from tests.run_factory import World, make_world


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=20)


def inspect(session: Session, world: World, ids: list[int]) -> None:
    session.add(
        Inspection(
            run_id=world.run.id,
            image_id=world.images[0].id,
            label_quality=np.ones(4, dtype="<f4").tobytes(),
            outlier=0.2,
            neighbours=np.array(ids, dtype="<i8").tobytes(),
            similarities=np.linspace(0.9, 0.5, len(ids)).astype("<f4").tobytes(),
        )
    )
    session.flush()


def nearest(session: Session, world: World) -> tuple[Neighbour, ...] | None:
    labels = tuple(evidence.run_labels(session, world.run))
    return neighbours.nearest(session, world.run, world.images[0].id, world.labels[1].id, labels)


def test_nobody_has_looked_yet(session: Session, world: World) -> None:
    assert nearest(session, world) is None


def test_an_image_that_is_like_no_other_has_none(session: Session, world: World) -> None:
    inspect(session, world, [])
    assert nearest(session, world) == ()


def test_they_come_in_order_with_their_labels(session: Session, world: World) -> None:
    rows = [7, 3, 12, 5, 9, 10, 11, 1, 2, 4]
    inspect(session, world, [world.images[row].id for row in rows])
    found = nearest(session, world)
    assert found is not None
    assert [each.image.id for each in found] == [world.images[row].id for row in rows[:8]]
    assert [each.truth for each in found] == [int(world.truth[row, 1]) for row in rows[:8]]
    assert found[0].similarity == pytest.approx(0.9)
    assert [label.id for label in found[0].labels] == [
        label.id for label, cell in zip(world.labels, world.truth[7], strict=True) if cell == 1
    ]


def test_what_was_put_right_since_counts(session: Session, world: World) -> None:
    inspect(session, world, [world.images[7].id])
    before = world.truth[7, 1]
    annotations.decide(
        session,
        project=world.project,
        image_id=world.images[7].id,
        account=world.reviewer,
        label_id=world.labels[1].id,
        answer=Answer.ABSENT if before else Answer.PRESENT,
    )
    found = nearest(session, world)
    assert found is not None
    assert found[0].truth == 1 - before


def test_a_deleted_image_is_passed_over(session: Session, world: World) -> None:
    inspect(session, world, [999_999, world.images[7].id])
    found = nearest(session, world)
    assert found is not None
    assert [each.image.id for each in found] == [world.images[7].id]
    assert found[0].similarity == pytest.approx(0.5)
