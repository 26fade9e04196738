"""Control images: to whom they come up, and how often, on both databases."""

from collections.abc import Collection

import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, View
from app.models import Account, Claim, ControlImage, Image, Skip
from app.models.types import now
from app.services import annotations, controls, desk_settings
from tests.desk import Desk, make_desk
from tests.factories import AccountFactory, ImageFactory, annotate


@pytest.fixture
def desk(session: Session) -> Desk:
    made = make_desk(session)
    desk_settings.change(session, made.project, {"control_share": 0.5})
    return made


def add_controls(desk: Desk, count: int, chooser: Account | None = None) -> list[Image]:
    images = [ImageFactory.create(session=desk.session, project_id=desk.project.id) for _ in range(count)]
    chosen_by = chooser.id if chooser else None
    desk.session.add_all(ControlImage(image_id=image.id, chosen_by_id=chosen_by) for image in images)
    desk.session.flush()
    return images


def due(desk: Desk, count: int = 100, held: Collection[int] = ()) -> list[int]:
    return controls.due(desk.session, desk.project, desk.person, count, held)


def test_on_average_as_many_come_up_as_the_share_says(desk: Desk) -> None:
    add_controls(desk, 400)
    desk_settings.change(desk.session, desk.project, {"control_share": 0.1})
    # Each place by itself, as a person works: answer, ask for one more.
    given = 0
    for _place in range(600):
        found = due(desk, count=1)
        given += len(found)
        image = ImageFactory.create(session=desk.session, project_id=desk.project.id)
        annotate(desk.session, image, desk.person, {desk.a: Answer.ABSENT})
        for image_id in found:
            annotate(desk.session, desk.session.get_one(Image, image_id), desk.person, {desk.a: Answer.ABSENT})
    # Four standard deviations of 600 draws at 0.1.
    assert abs(given - 60) < 30


def test_none_come_up_unless_the_project_wants_them(desk: Desk) -> None:
    add_controls(desk, 5)
    desk_settings.change(desk.session, desk.project, {"control_share": 0})
    assert due(desk) == []


def test_asking_again_gives_the_same_and_others_get_them_in_another_order(desk: Desk) -> None:
    add_controls(desk, 40)
    other = AccountFactory.create(session=desk.session)
    mine = due(desk, count=20)
    assert mine == due(desk, count=20)
    assert mine != controls.due(desk.session, desk.project, other, 20, [])


def test_one_comes_up_once(desk: Desk) -> None:
    answered, held, skipped, before, left = add_controls(desk, 5)
    annotations.submit(
        desk.session, project=desk.project, image_id=answered.id, account=desk.person, answers={}, view=View.ANNOTATE
    )
    desk.session.add(Skip(image_id=skipped.id, account_id=desk.person.id))
    annotate(desk.session, before, desk.person, {desk.a: Answer.PRESENT}).superseded_at = now()
    desk.session.flush()
    assert due(desk, held=[held.id]) == [left.id]


def test_never_to_whoever_chose_it_or_decided_on_it(desk: Desk) -> None:
    add_controls(desk, 2, desk.person)
    (decided,) = add_controls(desk, 1)
    desk.image = decided
    desk.decide(Answer.PRESENT)
    assert due(desk) == []


def test_neither_what_somebody_else_has_open_nor_what_was_left_out(desk: Desk) -> None:
    taken, excluded, free = add_controls(desk, 3)
    other = AccountFactory.create(session=desk.session)
    desk.session.add(
        Claim(image_id=taken.id, account_id=other.id, project_id=desk.project.id, expires_at=now().replace(year=2999))
    )
    excluded.excluded_at = now()
    add_controls(make_desk(desk.session), 1)
    desk.session.flush()
    assert due(desk) == [free.id]


def test_only_images_with_a_decision_are_chosen_and_each_once(desk: Desk) -> None:
    plain = ImageFactory.create(session=desk.session, project_id=desk.project.id)
    desk.decide(Answer.PRESENT)
    foreign = make_desk(desk.session)
    foreign.decide(Answer.PRESENT)
    assert [image.id for image in controls.candidates(desk.session, desk.project, 9)] == [desk.image.id]
    ids = [desk.image.id, plain.id, foreign.image.id]
    assert controls.choose(desk.session, desk.project, desk.person, ids) == [desk.image.id]
    assert controls.choose(desk.session, desk.project, desk.person, ids) == [desk.image.id]
    assert [image.id for image in controls.listed(desk.session, desk.project)] == [desk.image.id]
    assert controls.candidates(desk.session, desk.project, 9) == []
    controls.remove(foreign.session, foreign.project, ids)
    assert len(controls.listed(desk.session, desk.project)) == 1
    controls.remove(desk.session, desk.project, ids)
    assert controls.listed(desk.session, desk.project) == []
