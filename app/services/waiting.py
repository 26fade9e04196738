"""Which images wait for an answer, and which of them this person may get: conditions for queries on Image."""

from datetime import datetime

from sqlalchemy import ColumnElement, Exists, and_, case, exists, func, literal_column, or_, select

from app.domain.statuses import TruthValue
from app.models import Account, Annotation, Assignment, Claim, Image, Label, Skip, Truth
from app.services.annotations import VOTING_VIEWS

# Written into the statement: with a parameter in its place, no database could tell that the partial indexes do.
DISPUTED: ColumnElement[TruthValue] = literal_column(f"'{TruthValue.DISPUTED}'")
NONE_MISSING: ColumnElement[int] = literal_column("0")


def waits(project_id: int) -> ColumnElement[bool]:
    """Say that an image of a project wants more answers than it has."""
    return and_(Image.project_id == project_id, is_missing(), Image.excluded_at.is_(None))


def is_missing() -> ColumnElement[bool]:
    """Say that answers are missing still, in the words of the partial indexes."""
    return Image.needed > NONE_MISSING


def is_partly_answered() -> ColumnElement[bool]:
    """Say that some of the answers that an image wants are there, in the words of the partial index."""
    return and_(is_missing(), Image.needed < Image.opinions)


def free(account: Account, moment: datetime) -> ColumnElement[bool]:
    """Say that the image is for this person, and that there is a place at it still."""
    return and_(~taken(account, moment), ~barred(account))


def taken(account: Account, moment: datetime) -> ColumnElement[bool]:
    """Say that as many others have the image before them as may."""
    others = (
        select(func.count())
        .select_from(Claim)
        .where(Claim.image_id == Image.id, Claim.account_id != account.id, Claim.expires_at > moment)
        .scalar_subquery()
    )
    return others >= places()


def places() -> ColumnElement[int]:
    """Say how many people may have the image before them at once; where no answer is missing, one may look again."""
    return case((Image.needed > 1, Image.needed), else_=1)


def barred(account: Account) -> ColumnElement[bool]:
    """Say that the image was given to people of whom this one is none."""
    given = exists().where(Assignment.image_id == Image.id)
    return and_(given, ~given.where(Assignment.account_id == account.id))


def answered_by(account: Account) -> ColumnElement[bool]:
    """Say that this person has answered for all labels of the image."""
    return _voted().where(Annotation.account_id == account.id, Annotation.whole)


def skipped_by(account: Account, since: datetime | None = None) -> ColumnElement[bool]:
    """Say that this person has passed the image by, at all or since a moment."""
    passed = exists().where(Skip.image_id == Image.id, Skip.account_id == account.id, Skip.undone_at.is_(None))
    return passed if since is None else passed.where(Skip.created_at > since)


def was_skipped(account: Account) -> ColumnElement[bool]:
    """Say the same from the skips to their images: a person passes few by, and to ask every image takes long."""
    return Image.id.in_(select(Skip.image_id).where(Skip.account_id == account.id, Skip.undone_at.is_(None)))


def is_disputed() -> ColumnElement[bool]:
    """Say that people disagree on a label that is still asked for."""
    return exists().where(Truth.image_id == Image.id, *disputed())


def disputed() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Say of a row of the ground truth that people disagree on it, in the words of the partial index."""
    return Truth.value == DISPUTED, exists().where(Label.id == Truth.label_id, Label.removed_at.is_(None))


def is_missing_or(other: ColumnElement[bool]) -> ColumnElement[bool]:
    """Say that answers are missing, or something else that makes the image worth another look."""
    return or_(is_missing(), other)


def _voted() -> Exists:
    return exists().where(
        Annotation.image_id == Image.id, Annotation.superseded_at.is_(None), Annotation.view.in_(VOTING_VIEWS)
    )
