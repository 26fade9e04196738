"""What a person did at the desk, to look at again."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.domain.statuses import Answer, View
from app.models import Account, Annotation, Image, Project, Skip
from app.services import waiting

# Where nothing more than a look back is wanted, this many are at hand.
HISTORY_MOST = 50


@dataclass(frozen=True)
class Past:
    """An image this person has dealt with: the answers given, or None where it was skipped."""

    image: Image
    answers: dict[int, Answer] | None
    at: datetime


def history(
    session: Session, project: Project, account: Account, *, before: datetime | None = None, limit: int = HISTORY_MOST
) -> list[Past]:
    """List what a person answered and skipped at the desk, newest first."""
    given = (
        select(Annotation, Image)
        .join(Image, Image.id == Annotation.image_id)
        .options(selectinload(Annotation.answers))
        .where(Annotation.project_id == project.id, Annotation.account_id == account.id)
        .where(Annotation.superseded_at.is_(None), Annotation.view == View.ANNOTATE, Image.excluded_at.is_(None))
        .order_by(Annotation.created_at.desc())
    )
    passed = (
        select(Skip, Image)
        .join(Image, Image.id == Skip.image_id)
        .where(Image.project_id == project.id, Skip.account_id == account.id, Skip.undone_at.is_(None))
        .where(Image.excluded_at.is_(None), ~waiting.answered_by(account))
        .order_by(Skip.created_at.desc())
    )
    if before is not None:
        given, passed = given.where(Annotation.created_at < before), passed.where(Skip.created_at < before)
    most = max(0, min(limit, HISTORY_MOST))
    past = [
        Past(image, {one.label_id: one.value for one in annotation.answers}, annotation.created_at)
        for annotation, image in session.execute(given.limit(most))
    ]
    past += [Past(image, None, skipped.created_at) for skipped, image in session.execute(passed.limit(most))]
    newest: dict[int, Past] = {}
    for entry in sorted(past, key=lambda entry: entry.at, reverse=True):
        newest.setdefault(entry.image.id, entry)
    return list(newest.values())[:most]
