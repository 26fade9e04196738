"""Claims, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.models import Account, Claim, Image, Project
from app.models.types import now
from app.services import claims
from tests.factories import AccountFactory, ImageFactory, ProjectFactory


@pytest.fixture
def project(session: Session) -> Project:
    made: Project = ProjectFactory.create(session=session)
    return made


@pytest.fixture
def images(session: Session, project: Project) -> list[int]:
    return [ImageFactory.create(session=session, project_id=project.id).id for _ in range(3)]


@pytest.fixture
def people(session: Session) -> list[Account]:
    return [AccountFactory.create(session=session) for _ in range(2)]


def let_expire(session: Session) -> None:
    session.execute(update(Claim).values(expires_at=now() - timedelta(seconds=1)))


def test_a_claimed_image_is_not_anothers_until_the_claim_expires(
    session: Session, project: Project, images: list[int], people: list[Account]
) -> None:
    one, two = people
    assert claims.take(session, project, one, images[:2]) == images[:2]
    assert claims.take(session, project, two, images) == images[2:]
    let_expire(session)
    assert claims.take(session, project, two, images) == images
    assert claims.take(session, project, one, images) == []


def test_renewing_keeps_a_claim_alive(
    session: Session, project: Project, images: list[int], people: list[Account]
) -> None:
    one, two = people
    claims.take(session, project, one, images)
    let_expire(session)
    assert claims.take(session, project, one, list(reversed(images))) == list(reversed(images))
    assert claims.take(session, project, two, images) == []


def test_a_released_image_is_free_at_once_and_nobody_releases_for_others(
    session: Session, project: Project, images: list[int], people: list[Account]
) -> None:
    one, two = people
    claims.take(session, project, one, images)
    claims.release(session, two, images)
    assert claims.take(session, project, two, images) == []
    claims.release(session, one, images[:1])
    assert claims.take(session, project, two, images) == images[:1]


def test_images_of_other_projects_and_excluded_ones_are_not_claimed(
    session: Session, project: Project, images: list[int], people: list[Account]
) -> None:
    other = ProjectFactory.create(session=session)
    assert claims.take(session, other, people[0], images) == []
    session.get_one(Image, images[0]).excluded_at = now()
    session.flush()
    assert claims.take(session, project, people[0], [*images, 10_000]) == images[1:]


def test_as_many_people_hold_an_image_as_it_wants_answers(
    session: Session, project: Project, images: list[int], people: list[Account]
) -> None:
    session.get_one(Image, images[0]).needed = 2
    session.flush()
    three = AccountFactory.create(session=session)
    assert [claims.take(session, project, person, images[:1]) for person in (*people, three)] == [
        images[:1],
        images[:1],
        [],
    ]
    # Who has it may keep it, whatever is still wanted meanwhile.
    session.get_one(Image, images[0]).needed = 1
    session.flush()
    assert claims.take(session, project, people[0], images[:1]) == images[:1]
    claims.release(session, people[0], images[:1])
    assert claims.take(session, project, people[0], images[:1]) == []
