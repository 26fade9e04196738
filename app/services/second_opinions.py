"""Questions to a second person: asked by a verdict, answered at the desk by somebody who has not answered yet."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.orm import Session

from app.domain.statuses import View
from app.models import Account, Annotation, Image, Label, Review, SecondOpinion
from app.services import truths


@dataclass(frozen=True)
class Question:
    """Hold which label somebody is unsure of; never what was answered for it so far."""

    label: str
    who: str


def ask(session: Session, review: Review) -> None:
    """Open the question of a verdict; asked before and taken back, it is open again."""
    known = session.scalar(select(SecondOpinion).where(SecondOpinion.review_id == review.id))
    if known is not None:
        known.closed_at = None
        return
    session.add(
        SecondOpinion(
            image_id=review.image_id,
            label_id=review.label_id,
            review_id=review.id,
            asked_by_id=review.account_id,
            asked_at=review.created_at,
        )
    )


def withdraw(session: Session, review: Review, moment: datetime) -> None:
    """Close the question of a verdict that is taken back."""
    session.execute(
        update(SecondOpinion)
        .where(SecondOpinion.review_id == review.id, SecondOpinion.closed_at.is_(None))
        .values(closed_at=moment)
    )


def close(session: Session, annotation: Annotation) -> None:
    """Close what others asked about an image, because somebody has answered."""
    session.flush()  # an answer sent twice must find itself
    session.execute(
        update(SecondOpinion)
        .where(
            SecondOpinion.image_id == annotation.image_id,
            SecondOpinion.closed_at.is_(None),
            _not_by(annotation.account_id),
        )
        # The same moment on both: that is how taking the answer back opens the question again.
        .values(closed_at=annotation.created_at),
        execution_options={"synchronize_session": False},
    )


def reopen(session: Session, annotation: Annotation) -> None:
    """Open again what an answer had closed that was taken back, unless the question was taken back too."""
    standing = or_(
        SecondOpinion.review_id.is_(None),
        exists().where(Review.id == SecondOpinion.review_id, Review.undone_at.is_(None)),
    )
    session.execute(
        update(SecondOpinion)
        .where(
            SecondOpinion.image_id == annotation.image_id, SecondOpinion.closed_at == annotation.created_at, standing
        )
        .values(closed_at=None)
        .execution_options(synchronize_session="fetch")
    )


def awaiting(session: Session, project_id: int, account: Account, *more: ColumnElement[bool]) -> list[int]:
    """Find the images of a project that somebody asks others about and this person has not answered, oldest first.

    `more` are further conditions on Image.
    """
    # First the few questions by themselves: no database sees that it is quicker than to begin with many images.
    query = select(SecondOpinion.image_id).where(SecondOpinion.closed_at.is_(None), _not_by(account.id))
    asked = list(dict.fromkeys(session.scalars(query.order_by(SecondOpinion.asked_at, SecondOpinion.id))))
    found: set[int] = set()
    for batch in truths.in_batches(asked):
        images = select(Image.id).where(Image.id.in_(batch), Image.project_id == project_id, *more)
        found.update(session.scalars(images.where(Image.excluded_at.is_(None), ~_has_answered(account))))
    return [image_id for image_id in asked if image_id in found]


def questions(session: Session, account: Account, image_ids: Collection[int]) -> dict[int, list[Question]]:
    """Tell what is being asked of a person about each of some images."""
    rows = session.execute(
        select(SecondOpinion.image_id, Label.name, Account.name)
        .join(Label, Label.id == SecondOpinion.label_id)
        .join(Image, Image.id == SecondOpinion.image_id)
        .outerjoin(Account, Account.id == SecondOpinion.asked_by_id)
        .where(SecondOpinion.image_id.in_(image_ids), SecondOpinion.closed_at.is_(None))
        .where(_not_by(account.id), ~_has_answered(account))
        .order_by(SecondOpinion.asked_at, SecondOpinion.id)
    )
    found: dict[int, list[Question]] = defaultdict(list)
    for image_id, label, who in rows:
        found[image_id].append(Question(label, who or ""))
    return dict(found)


def _has_answered(account: Account) -> ColumnElement[bool]:
    # Neither what came in by a table nor an answer for one label among many images is this person's look at the image.
    looked = or_(Annotation.whole, Annotation.view.in_([view for view in View if view.decides]))
    return exists().where(
        Annotation.image_id == Image.id,
        Annotation.account_id == account.id,
        Annotation.superseded_at.is_(None),
        Annotation.view != View.IMPORT,
        looked,
    )


def _not_by(account_id: int | None) -> ColumnElement[bool]:
    # Whoever asked may have left meanwhile; the question stays.
    return SecondOpinion.asked_by_id.is_distinct_from(account_id)
