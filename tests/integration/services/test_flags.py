"""Flags on images, on both databases."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import NotFoundError
from app.models import Flag
from app.services import flags
from tests.desk import make_desk
from tests.factories import AccountFactory, ProjectFactory


def test_a_flag_stands_once_and_can_be_taken_away(session: Session) -> None:
    desk = make_desk(session)
    first = flags.put(session, desk.project, desk.person, desk.image.id)
    assert flags.put(session, desk.project, desk.person, desk.image.id) is first
    assert flags.flagged_by(session, desk.person, [desk.image.id]) == {desk.image.id}
    flags.take_away(session, desk.project, desk.person, desk.image.id)
    flags.take_away(session, desk.project, desk.person, desk.image.id)
    assert flags.flagged_by(session, desk.person, [desk.image.id]) == set()
    again = flags.put(session, desk.project, desk.person, desk.image.id)
    assert again is not first
    assert session.scalar(select(func.count()).select_from(Flag)) == 2


def test_everybody_has_flags_of_their_own(session: Session) -> None:
    desk = make_desk(session)
    other = AccountFactory.create(session=session)
    flags.put(session, desk.project, desk.person, desk.image.id)
    assert flags.flagged_by(session, other, [desk.image.id]) == set()
    flags.take_away(session, desk.project, other, desk.image.id)
    assert flags.flagged_by(session, desk.person, [desk.image.id]) == {desk.image.id}


def test_an_image_of_another_project_is_not_found(session: Session) -> None:
    desk = make_desk(session)
    other = ProjectFactory.create(session=session)
    for change in (flags.put, flags.take_away):
        with pytest.raises(NotFoundError):
            change(session, other, desk.person, desk.image.id)
