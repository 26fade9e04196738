"""How a project's tagging stands: counted against rows made by hand."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, Role, View
from app.models import Annotation, Claim, ControlImage, Flag, Skip
from app.models.types import now
from app.services import tagging_progress, truths
from app.services.tagging_progress import Person
from tests.desk import Desk, make_desk
from tests.factories import AccountFactory, ImageFactory, MemberFactory


@pytest.fixture
def desk(session: Session) -> Desk:
    """One image of `make_desk`, and five more, one of them left out."""
    made = make_desk(session)
    images = [ImageFactory.create(session=session, project_id=made.project.id) for _ in range(5)]
    images[4].excluded_at = now()
    return made


def of(desk: Desk, name: str) -> Person:
    found = tagging_progress.progress(desk.session, desk.project)
    return next(person for person in found.people if person.account.name == name)


def test_an_untouched_project_has_everything_missing_and_no_end(desk: Desk) -> None:
    found = tagging_progress.progress(desk.session, desk.project)
    standing = found.standing
    assert (standing.images, standing.done, standing.waiting, standing.wanted, standing.missing) == (5, 0, 5, 5, 5)
    assert (found.expectation.hours, found.expectation.ends, found.people, found.tagging_now) == (None, None, [], [])


def test_an_empty_project_is_no_fault(session: Session) -> None:
    desk = make_desk(session)
    desk.image.excluded_at = now()
    standing = tagging_progress.progress(session, desk.project).standing
    assert (standing.images, standing.done, standing.missing) == (0, 0, 0)


def test_several_opinions_are_several_missing_answers(desk: Desk) -> None:
    desk.image.opinions = 3
    desk.session.flush()
    truths.refresh(desk.session, [desk.image.id])
    desk.submit({desk.a: Answer.PRESENT})
    standing = tagging_progress.progress(desk.session, desk.project).standing
    assert (standing.done, standing.waiting, standing.wanted, standing.missing) == (0, 5, 7, 6)


def test_only_answers_that_count_are_counted(desk: Desk) -> None:
    desk.submit({desk.a: Answer.PRESENT})
    desk.submit({desk.a: Answer.ABSENT})
    desk.decide(Answer.PRESENT)
    desk.bring_in(desk.a)
    person = of(desk, desk.person.name)
    assert (person.answers, person.lately, person.skips, person.claims) == (1, 1, 0, 0)


def test_members_without_an_answer_are_listed_and_those_who_left_stay(desk: Desk) -> None:
    quiet = AccountFactory.create(session=desk.session)
    MemberFactory.create(session=desk.session, project_id=desk.project.id, account_id=quiet.id, role=Role.ANNOTATOR)
    desk.submit({desk.a: Answer.PRESENT})
    found = tagging_progress.progress(desk.session, desk.project)
    assert [(each.account.id, each.answers) for each in found.people] == [(desk.person.id, 1), (quiet.id, 0)]
    assert found.people[1].seen is None


def test_who_has_images_open_is_tagging_now(desk: Desk) -> None:
    for person, minutes in ((desk.person, 5), (AccountFactory.create(session=desk.session), -1)):
        image = ImageFactory.create(session=desk.session, project_id=desk.project.id)
        expires = now() + timedelta(minutes=minutes)
        desk.session.add(Claim(image_id=image.id, account_id=person.id, project_id=desk.project.id, expires_at=expires))
    desk.session.flush()
    found = tagging_progress.progress(desk.session, desk.project)
    assert [(each.account.id, each.claims) for each in found.tagging_now] == [(desk.person.id, 1)]


def test_skipped_and_flagged_images_are_counted_once(desk: Desk) -> None:
    other = AccountFactory.create(session=desk.session)
    for account in (desk.person, other):
        desk.session.add(Skip(image_id=desk.image.id, account_id=account.id))
        desk.session.add(Flag(image_id=desk.image.id, account_id=account.id))
    desk.session.add(Skip(image_id=desk.image.id, account_id=other.id, undone_at=now()))
    desk.session.flush()
    found = tagging_progress.progress(desk.session, desk.project)
    assert (found.skipped, found.flagged) == (1, 1)
    assert of(desk, other.name).skips == 1


def test_the_expected_end_is_that_of_the_last_week(desk: Desk) -> None:
    """Two answers in four days and four missing ones: eight more days."""
    first = desk.submit({desk.a: Answer.PRESENT})
    first.created_at = now() - timedelta(days=4)
    image = ImageFactory.create(session=desk.session, project_id=desk.project.id)
    desk.submit({desk.a: Answer.PRESENT}, image_id=image.id)
    found = tagging_progress.progress(desk.session, desk.project)
    assert found.standing.missing == 4
    assert found.expectation.ends is not None
    assert (found.expectation.ends - now()) / timedelta(days=1) == pytest.approx(8, abs=0.01)
    assert found.expectation.lately == 2
    assert found.expectation.days == pytest.approx(4, abs=0.01)


def test_answers_for_control_images_bring_no_end_nearer(desk: Desk) -> None:
    desk.submit({desk.a: Answer.PRESENT})
    desk.session.add(ControlImage(image_id=desk.image.id))
    desk.session.flush()
    found = tagging_progress.progress(desk.session, desk.project)
    assert (found.people[0].lately, found.expectation.lately, found.expectation.ends) == (1, 0, None)


@pytest.mark.parametrize(("ago", "days"), [(timedelta(minutes=5), 1), (timedelta(days=3), 3), (timedelta(days=90), 7)])
def test_a_young_tagging_is_measured_by_the_days_it_has(desk: Desk, ago: timedelta, days: float) -> None:
    desk.submit({desk.a: Answer.PRESENT})
    desk.session.execute(update(Annotation).values(created_at=now() - ago))
    found = tagging_progress.progress(desk.session, desk.project)
    assert found.expectation.days == pytest.approx(days, abs=0.01)
    assert (found.expectation.ends is None) == (days == 7)


def test_the_work_left_follows_from_the_pace(desk: Desk) -> None:
    for _ in range(20):
        image = ImageFactory.create(session=desk.session, project_id=desk.project.id)
        desk.submit({desk.a: Answer.PRESENT}, image_id=image.id, seconds=6.0)
    annotations = desk.session.query(Annotation).order_by(Annotation.id).all()
    begin = now() - timedelta(hours=1)
    for place, each in enumerate(annotations):
        each.created_at = begin + timedelta(seconds=6 * place)
    desk.session.flush()
    found = tagging_progress.progress(desk.session, desk.project)
    assert found.team.per_hour == pytest.approx(600)
    assert found.expectation.hours == pytest.approx(5 / 600)


def test_the_rows_of_the_table_are_the_people(desk: Desk) -> None:
    desk.submit({desk.a: Answer.PRESENT}, view=View.GRID)
    (row,) = tagging_progress.to_rows(tagging_progress.progress(desk.session, desk.project).people)
    assert (row["person"], row["answers"], row["answers_per_active_hour"]) == (desk.person.name, 1, None)
