"""The ground truth as it is kept, on both databases."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, TruthValue, View
from app.models import Image, Label, Truth
from app.models.types import now
from app.services import truths
from tests.factories import AccountFactory, ImageFactory, LabelFactory, ProjectFactory, annotate


def arrange(session: Session, images: int = 1) -> tuple[list[Image], list[Label]]:
    project = ProjectFactory.create(session=session)
    labels = [LabelFactory.create(session=session, project_id=project.id) for _ in range(2)]
    return [ImageFactory.create(session=session, project_id=project.id) for _ in range(images)], labels


def kept(session: Session, image: Image) -> dict[int, TruthValue]:
    query = select(Truth.label_id, Truth.value).where(Truth.image_id == image.id)
    return dict(session.execute(query).all())


def test_the_majority_decides_a_tie_is_disputed_and_unsure_does_not_vote(session: Session) -> None:
    (image,), (a, b) = arrange(session)
    people = [AccountFactory.create(session=session) for _ in range(2)]
    annotate(session, image, people[0], {a: Answer.PRESENT, b: Answer.UNSURE})
    annotate(session, image, people[1], {a: Answer.ABSENT, b: Answer.PRESENT})
    truths.refresh(session, [image.id])
    assert kept(session, image) == {a.id: TruthValue.DISPUTED, b.id: TruthValue.PRESENT}


def test_superseded_annotations_do_not_count_and_an_image_without_any_is_unknown(session: Session) -> None:
    (image, other), (a, _b) = arrange(session, images=2)
    person = AccountFactory.create(session=session)
    given = annotate(session, image, person, {a: Answer.PRESENT})
    annotate(session, other, person, {a: Answer.PRESENT})
    truths.refresh(session, [image.id, other.id])
    given.superseded_at = now()
    truths.refresh(session, [image.id, image.id])
    assert kept(session, image) == {}
    assert kept(session, other) == {a.id: TruthValue.PRESENT}


def test_the_later_decision_wins_over_votes_and_earlier_decisions(session: Session) -> None:
    (image,), (a, b) = arrange(session)
    person = AccountFactory.create(session=session)
    annotate(session, image, person, {a: Answer.PRESENT, b: Answer.PRESENT})
    later = annotate(session, image, person, {a: Answer.PRESENT}, view=View.ADJUDICATE)
    later.created_at = now() + timedelta(seconds=1)
    annotate(session, image, person, {a: Answer.ABSENT}, view=View.REVIEW)
    truths.refresh(session, [image.id])
    assert kept(session, image) == {a.id: TruthValue.PRESENT, b.id: TruthValue.PRESENT}


def test_more_images_than_one_statement_takes_are_resolved(session: Session) -> None:
    images, (a, _b) = arrange(session, images=truths.BATCH + 1)
    for image in (images[0], images[-1]):
        annotate(session, image, None, {a: Answer.ABSENT}, view=View.IMPORT)
    truths.refresh(session, [image.id for image in images])
    assert kept(session, images[0]) == kept(session, images[-1]) == {a.id: TruthValue.ABSENT}
    assert kept(session, images[1]) == {}
