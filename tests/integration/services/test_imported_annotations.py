"""What becomes of answers that a table brings in, on both databases."""

import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, TruthValue
from tests.desk import Desk, make_desk


@pytest.fixture
def desk(session: Session) -> Desk:
    return make_desk(session)


def test_an_import_asks_every_label_and_repeating_it_makes_nothing(desk: Desk) -> None:
    assert desk.bring_in(desk.a) == 1
    assert desk.truth() == {desk.a.id: TruthValue.PRESENT, desk.b.id: TruthValue.ABSENT}
    assert desk.bring_in(desk.a) == 0
    assert desk.count() == 1


def test_changed_answers_supersede_the_earlier_import(desk: Desk) -> None:
    desk.bring_in(desk.a)
    assert desk.bring_in() == 1
    assert desk.truth() == {desk.a.id: TruthValue.ABSENT, desk.b.id: TruthValue.ABSENT}
    assert desk.count() == 2


def test_an_import_keeps_what_an_earlier_one_said_of_other_labels(desk: Desk) -> None:
    desk.bring_in(desk.a, asked=[desk.a])
    assert desk.truth() == {desk.a.id: TruthValue.PRESENT}
    assert desk.bring_in(asked=[desk.b]) == 1
    assert desk.truth() == {desk.a.id: TruthValue.PRESENT, desk.b.id: TruthValue.ABSENT}


def test_an_import_does_not_touch_what_people_answered(desk: Desk) -> None:
    by_hand = desk.submit({desk.b: Answer.PRESENT})
    desk.bring_in(desk.a)
    assert by_hand.superseded_at is None
    assert set(desk.truth().values()) == {TruthValue.DISPUTED}
