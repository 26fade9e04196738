"""Reasons for skips, on both databases."""

import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import SkipReason
from app.errors import InvalidInputError, NotFoundError
from app.models import Account, Skip
from app.services import queue, skip_reasons
from tests.desk import Desk, make_desk
from tests.factories import AccountFactory


def give(desk: Desk, reason: SkipReason | None, *, note: str = "", account: Account | None = None) -> Skip:
    who = account or desk.person
    return skip_reasons.give(desk.session, desk.project, who, image_id=desk.image.id, reason=reason, note=note)


def test_a_reason_is_given_changed_and_taken_away(session: Session) -> None:
    desk = make_desk(session)
    skip = queue.skip(session, desk.project, desk.person, image_id=desk.image.id, client_key="a" * 32)
    assert (skip.reason, skip.note) == (None, "")
    assert give(desk, SkipReason.OTHER, note=" torn ") is skip
    assert (skip.reason, skip.note) == (SkipReason.OTHER, "torn")
    give(desk, SkipReason.ILLEGIBLE)
    assert (skip.reason, skip.note) == (SkipReason.ILLEGIBLE, "")
    give(desk, None)
    assert skip.reason is None


def test_a_skip_of_somebody_else_or_one_taken_back_gets_no_reason(session: Session) -> None:
    desk = make_desk(session)
    other = AccountFactory.create(session=session)
    queue.skip(session, desk.project, desk.person, image_id=desk.image.id, client_key="a" * 32)
    with pytest.raises(NotFoundError):
        give(desk, SkipReason.SENSITIVE, account=other)
    queue.undo(session, desk.project, desk.person, "a" * 32)
    with pytest.raises(NotFoundError):
        give(desk, SkipReason.SENSITIVE)


def test_a_long_note_is_refused(session: Session) -> None:
    desk = make_desk(session)
    queue.skip(session, desk.project, desk.person, image_id=desk.image.id, client_key="a" * 32)
    with pytest.raises(InvalidInputError):
        give(desk, SkipReason.OTHER, note="x" * 501)
