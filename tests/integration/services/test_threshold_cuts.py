"""The images nearest to a threshold."""

import numpy as np
import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import Verdict
from app.errors import NotFoundError
from app.models.types import now
from app.services import reviews
from app.services.threshold_cuts import cut
from tests.run_factory import World, make_world


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=40, unknown=0.2)


def test_the_nearest_images_of_the_whole_collection_stand_on_both_sides(session: Session, world: World) -> None:
    column, label = 2, world.labels[2]
    said = world.probabilities[:, column].astype(np.float64)
    found = cut(session, world.run, label.id, 0.5, 4)
    names = [image.name for image in world.images]
    order = np.argsort(said)
    at = int((said < 0.5).sum())
    assert [each.image.name for each in found.below] == [names[row] for row in order[at - 4 : at]]
    assert [each.image.name for each in found.above] == [names[row] for row in order[at : at + 4]]
    for each in (*found.below, *found.above):
        row = names.index(each.image.name)
        assert (each.probability, each.truth) == (said[row], world.truth[row, column])
        assert each.predicted == (said[row] >= 0.5)
        assert each.can_be_judged == (world.truth[row, column] >= 0)
        assert each.wrong == (each.can_be_judged and (world.truth[row, column] == 1) != each.predicted)


def test_excluded_images_are_left_out(session: Session, world: World) -> None:
    label = world.labels[0].id
    first = cut(session, world.run, label, 0.5, 1).above[0].image
    first.excluded_at = now()
    session.flush()
    assert cut(session, world.run, label, 0.5, 1).above[0].image.id != first.id


def test_verdicts_are_shown(session: Session, world: World) -> None:
    label = world.labels[0].id
    place = next(each for each in cut(session, world.run, label, 0.5).above if each.can_be_judged)
    reviews.judge(
        session,
        project=world.project,
        run=world.run,
        account=world.reviewer,
        image_id=place.image.id,
        label_id=label,
        verdict=Verdict.AMBIGUOUS,
        client_key="some-client-key",
    )
    again = next(each for each in cut(session, world.run, label, 0.5).above if each.image.id == place.image.id)
    assert again.said is not None
    assert (again.said.review.verdict, again.said.who) == (Verdict.AMBIGUOUS, "Reviewer")


@pytest.mark.parametrize(("threshold", "sides"), [(0.0, (0, 6)), (1.0, (6, 0))])
def test_beyond_the_ends_there_is_nothing(
    session: Session, world: World, threshold: float, sides: tuple[int, int]
) -> None:
    found = cut(session, world.run, world.labels[0].id, threshold)
    assert (len(found.below), len(found.above)) == sides


def test_a_label_that_the_run_does_not_know_is_refused(session: Session, world: World) -> None:
    with pytest.raises(NotFoundError):
        cut(session, world.run, 10_000, 0.5)
