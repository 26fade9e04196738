"""What another number of opinions would ask, reckoned by hand and by what the images themselves say afterwards."""

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, View
from app.models import Image, Project
from app.models.types import now
from app.services import annotations, opinion_plans, truths
from tests.factories import AccountFactory, ImageFactory, LabelFactory, ProjectFactory


@pytest.fixture
def project(session: Session) -> Project:
    """Six images: one with two answers, two with one, two with none, one with none that is left out."""
    made: Project = ProjectFactory.create(session=session)
    label = LabelFactory.create(session=session, project_id=made.id)
    images = [ImageFactory.create(session=session, project_id=made.id) for _ in range(6)]
    images[5].excluded_at = now()
    people = [AccountFactory.create(session=session) for _ in range(2)]
    for image, person in (
        (images[0], people[0]),
        (images[0], people[1]),
        (images[1], people[0]),
        (images[2], people[1]),
    ):
        annotations.submit(
            session, project=made, image_id=image.id, account=person, answers={label.id: Answer.PRESENT}, view=View.GRID
        )
    return made


@pytest.mark.parametrize(
    ("opinions", "share", "missing"),
    # With two for all: 0 + 1 + 1 + 2 + 2. With two for half: (6 + 2) / 2. With one: the two that nobody answered.
    [(1, 1.0, 2), (2, 1.0, 6), (3, 1.0, 11), (2, 0.5, 4), (2, 0.0, 2)],
)
def test_what_would_be_missing_is_told(
    session: Session, project: Project, opinions: int, share: float, missing: int
) -> None:
    told = opinion_plans.plan(session, project, opinions=opinions, share=share)
    assert (told.images, told.missing_now, told.missing_then, told.more) == (5, 2, missing, missing - 2)


@pytest.mark.parametrize("opinions", [1, 2, 3, 7])
def test_a_plan_for_all_images_is_what_the_images_then_say(session: Session, project: Project, opinions: int) -> None:
    told = opinion_plans.plan(session, project, opinions=opinions, share=1.0)
    session.execute(update(Image).values(opinions=opinions))
    truths.count_needed(session, Image.project_id == project.id)
    usable = select(func.sum(Image.needed)).where(Image.excluded_at.is_(None))
    assert session.scalar(usable) == told.missing_then


def test_one_label_answers_and_corrections_are_no_further_opinions(session: Session, project: Project) -> None:
    label = LabelFactory.create(session=session, project_id=project.id)
    image = session.scalars(select(Image).order_by(Image.id).offset(3)).first()
    assert image is not None
    person = AccountFactory.create(session=session)
    given = {"project": project, "image_id": image.id, "account": person, "answers": {label.id: Answer.PRESENT}}
    annotations.submit(session, view=View.GRID, whole=False, **given)
    assert opinion_plans.plan(session, project, opinions=1, share=1.0).missing_then == 2
    annotations.submit(session, view=View.ANNOTATE, **given)
    annotations.submit(session, view=View.ANNOTATE, **given)
    assert opinion_plans.plan(session, project, opinions=2, share=1.0).missing_then == 5


def test_an_empty_project_misses_nothing(session: Session) -> None:
    told = opinion_plans.plan(session, ProjectFactory.create(session=session), opinions=3, share=0.5)
    assert (told.images, told.missing_now, told.missing_then) == (0, 0, 0)
