"""How well people answer for control images, on both databases."""

import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import Answer
from app.models import ControlImage
from app.services import accuracies, annotations
from app.services.accuracies import Accuracy
from tests.factories import AccountFactory
from tests.integration.services.test_agreements import Team


@pytest.fixture
def team(session: Session) -> Team:
    made = Team(session, people=2)
    made.say("pppau", "apppp")
    judge = AccountFactory.create(session=session)
    for place, image in enumerate(made.images):
        by = made.people[1] if place == 3 else judge
        annotations.decide(
            session, project=made.project, image_id=image.id, account=by, label_id=made.labels[0].id,
            answer=Answer.UNSURE if place == 2 else Answer.PRESENT,
        )  # fmt: skip
        session.add(ControlImage(image_id=image.id))
    session.flush()
    return made


def test_answers_are_held_against_decisions_by_person_and_label(team: Team) -> None:
    labels, people = accuracies.by_person(team.session, team.project)
    assert [label.id for label in labels] == [label.id for label in team.labels]
    first, second = people
    # The third image cannot be told; the fourth was decided by the second person, the fifth answered with unsure.
    assert first.by_label == [Accuracy(2, 3, 1), Accuracy(0, 0, 0)]
    assert second.by_label[0] == Accuracy(2, 3, 0)
    assert first.all == first.by_label[0]


def test_shares_have_wilson_intervals_and_few_answers_are_called_few() -> None:
    # Newcombe 1998, table I, method 3: 81 of 263.
    found = Accuracy(81, 263, 0)
    assert found.interval == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert (found.few, Accuracy(9, 9, 0).few) == (False, True)
    assert (Accuracy(0, 0, 4).share, Accuracy(3, 4, 0).share) == (None, 0.75)


def test_ordinary_images_do_not_count(team: Team) -> None:
    for image in team.images:
        team.session.delete(team.session.get_one(ControlImage, image.id))
    team.session.flush()
    assert accuracies.by_person(team.session, team.project)[1] == []
