"""Which images wait for an answer, and which of them this person may get: conditions for queries on Image."""

from datetime import datetime

from sqlalchemy import ColumnElement, Exists, and_, case, exists, func, literal_column, select

from app.models import Account, Annotation, Assignment, Claim, Image, Skip
from app.services.annotations import VOTING_VIEWS

# Written into the statement: with a parameter in its place, no database could tell that the partial indexes do.
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


def _voted() -> Exists:
    return exists().where(
        Annotation.image_id == Image.id, Annotation.superseded_at.is_(None), Annotation.view.in_(VOTING_VIEWS)
    )
