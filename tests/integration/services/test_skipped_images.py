"""Skipped and flagged images: who is on the list and why, and what is done with them."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, SkipReason
from app.models import Account, Flag, Image, Skip
from app.models.types import now
from app.services import comments, skipped_images
from app.services.skipped_images import NO_REASON, Action, Kind, SetAside, Wanted
from tests.desk import Desk, make_desk
from tests.factories import AccountFactory, ImageFactory


@pytest.fixture
def desk(session: Session) -> Desk:
    return make_desk(session)


@pytest.fixture
def other(session: Session) -> Account:
    account: Account = AccountFactory.create(session=session, name="Zoe")
    return account


def image(desk: Desk) -> Image:
    made: Image = ImageFactory.create(session=desk.session, project_id=desk.project.id)
    return made


def skip(desk: Desk, which: Image, reason: SkipReason | None = None, by: Account | None = None, note: str = "") -> Skip:
    made = Skip(image_id=which.id, account_id=(by or desk.person).id, reason=reason, note=note)
    desk.session.add(made)
    desk.session.flush()
    return made


def flag(desk: Desk, which: Image, by: Account | None = None) -> None:
    desk.session.add(Flag(image_id=which.id, account_id=(by or desk.person).id))
    desk.session.flush()


def found(desk: Desk, **wanted: object) -> list[SetAside]:
    return skipped_images.listed(desk.session, desk.project, Wanted(**wanted))[0]  # type: ignore[arg-type]


def ids(desk: Desk, **wanted: object) -> list[int]:
    return [each.image.id for each in found(desk, **wanted)]


def test_nothing_is_set_aside_at_first(desk: Desk) -> None:
    assert ids(desk) == []
    told = skipped_images.counts(desk.session, desk.project.id)
    assert (told.skipped, told.flagged, told.reasons) == (0, 0, {})


def test_images_are_found_by_kind_reason_and_person(desk: Desk, other: Account) -> None:
    dark, twin, plain, marked = (image(desk) for _ in range(4))
    skip(desk, dark, SkipReason.ILLEGIBLE, note="all black")
    skip(desk, twin, SkipReason.DUPLICATE, by=other)
    skip(desk, twin, SkipReason.DUPLICATE)
    skip(desk, plain)
    flag(desk, marked)
    flag(desk, plain, by=other)
    assert ids(desk) == [dark.id, twin.id, plain.id, marked.id]
    assert ids(desk, kind=Kind.SKIPPED) == [dark.id, twin.id, plain.id]
    assert ids(desk, kind=Kind.FLAGGED) == [plain.id, marked.id]
    assert ids(desk, reason="duplicate") == [twin.id]
    assert ids(desk, reason=NO_REASON) == [plain.id]
    assert ids(desk, account_id=other.id) == [twin.id, plain.id]
    assert ids(desk, kind=Kind.FLAGGED, reason="duplicate") == []
    told = skipped_images.counts(desk.session, desk.project.id)
    assert (told.skipped, told.flagged) == (3, 2)
    assert told.reasons == {"illegible": 1, "duplicate": 1, NO_REASON: 1}
    assert {each.id for each in skipped_images.people(desk.session, desk.project.id)} == {desk.person.id, other.id}


def test_an_image_tells_why_by_whom_and_what_was_remarked(desk: Desk, other: Account) -> None:
    which = image(desk)
    skip(desk, which, SkipReason.OTHER)
    skip(desk, which, SkipReason.SENSITIVE, note="a grave")
    flag(desk, which, by=other)
    comments.add(desk.session, project=desk.project, account=other, image_id=which.id, text="Ask the archive.")
    (told,) = found(desk)
    assert [(each.reason, each.note, who) for each, who in told.skips] == [
        (SkipReason.SENSITIVE, "a grave", desk.person.name)
    ]
    assert [who for _flag, who in told.flags] == ["Zoe"]
    assert [each.comment.text for each in told.remarks] == ["Ask the archive."]
    assert not told.is_answered


def test_who_answers_after_all_has_not_skipped_it(desk: Desk, other: Account) -> None:
    which = image(desk)
    skip(desk, which)
    desk.submit({desk.a: Answer.PRESENT}, image_id=which.id, account=other)
    desk.session.expire_all()  # what is missing is counted in the database
    (told,) = found(desk)
    assert told.is_answered
    desk.submit({desk.a: Answer.PRESENT}, image_id=which.id)
    assert ids(desk) == []


def test_what_is_undone_removed_or_left_out_is_not_listed(desk: Desk) -> None:
    undone, unflagged, left_out = (image(desk) for _ in range(3))
    skip(desk, undone).undone_at = now()
    desk.session.add(Flag(image_id=unflagged.id, account_id=desk.person.id, removed_at=now()))
    skip(desk, left_out)
    left_out.excluded_at = now()
    desk.session.flush()
    assert ids(desk) == []


def test_pages_follow_each_other_without_gap(desk: Desk) -> None:
    made = [image(desk) for _ in range(5)]
    for each in made:
        skip(desk, each)
    seen, after = [], 0
    for _ in range(3):
        page, following = skipped_images.listed(desk.session, desk.project, Wanted(), after=after, limit=2)
        seen += [each.image.id for each in page]
        after = following or 0
    assert (seen, after) == ([each.id for each in made], 0)


def test_leaving_out_and_taking_in_again(desk: Desk) -> None:
    which = image(desk)
    skip(desk, which)
    assert skipped_images.act(desk.session, desk.project, [which.id], Action.EXCLUDE) == [which.id]
    assert which.excluded_at is not None
    skipped_images.act(desk.session, desk.project, [which.id], Action.INCLUDE)
    assert which.excluded_at is None
    assert ids(desk) == [which.id]


def test_giving_back_lets_everybody_who_skipped_it_answer_again(desk: Desk, other: Account) -> None:
    which, kept = image(desk), image(desk)
    for account in (desk.person, other):
        skip(desk, which, by=account)
    skip(desk, kept)
    skipped_images.act(desk.session, desk.project, [which.id], Action.GIVE_BACK)
    standing = select(Skip.image_id).where(Skip.undone_at.is_(None))
    assert desk.session.scalars(standing).all() == [kept.id]


def test_taking_flags_away_leaves_the_skip(desk: Desk, other: Account) -> None:
    which = image(desk)
    flag(desk, which)
    flag(desk, which, by=other)
    skip(desk, which)
    skipped_images.act(desk.session, desk.project, [which.id], Action.UNFLAG)
    (told,) = found(desk)
    assert (len(told.flags), len(told.skips)) == (0, 1)


@pytest.mark.parametrize("action", list(Action))
def test_images_of_another_project_stay_as_they_are(desk: Desk, action: Action) -> None:
    foreign = make_desk(desk.session)
    passed = skip(desk, foreign.image)
    assert skipped_images.act(desk.session, desk.project, [foreign.image.id, 10**6], action) == []
    desk.session.flush()
    assert foreign.image.excluded_at is None
    assert passed.undone_at is None


def test_an_earlier_answer_that_a_skip_replaced_is_not_brought_back(desk: Desk) -> None:
    made = desk.submit({desk.a: Answer.PRESENT})
    made.superseded_at = now() - timedelta(minutes=1)
    skip(desk, desk.image)
    skipped_images.act(desk.session, desk.project, [desk.image.id], Action.GIVE_BACK)
    assert made.superseded_at is not None
