"""How far the tagging of a project is, as one person sees it, and why no image comes."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from app.models import Account, Assignment, Claim, Image, Project, Skip
from app.models.types import now
from app.services import waiting


@dataclass(frozen=True)
class Progress:
    """How far the tagging is, in images that are not excluded.

    `left` are those that want more answers. Of these, `skipped` were passed by by this person, `elsewhere` are before
    others now, and `others` want an answer of somebody else: this person has given theirs, or was not to.
    """

    total: int
    left: int
    skipped: int
    elsewhere: int
    others: int

    @property
    def done(self) -> int:
        """Count the images that have all the answers they want."""
        return self.total - self.left


class Empty(StrEnum):
    """Say why no image comes for a person."""

    DONE = "done"
    SKIPPED = "skipped"
    NO_SKIPPED = "no-skipped"
    WAITING = "waiting"
    OTHERS = "others"


def progress(session: Session, project: Project, account: Account) -> Progress:
    """Count how far a project's tagging is, by indexes alone: nothing but a few numbers is read of each image."""
    return Progress(
        total=_count(session, Image.project_id == project.id)
        - _count(session, Image.project_id == project.id, Image.excluded_at.is_not(None)),
        left=_count(session, waiting.waits(project.id)),
        skipped=_count(session, waiting.waits(project.id), _mine(account), _was_skipped(account)),
        elsewhere=_count(
            session,
            waiting.waits(project.id),
            _mine(account),
            _is_claimed(project),
            waiting.taken(account, now()),
            ~waiting.skipped_by(account),
        ),
        others=_count(session, waiting.waits(project.id), waiting.is_partly_answered(), waiting.answered_by(account))
        + _count(session, waiting.waits(project.id), _is_given_away(account), ~waiting.answered_by(account)),
    )


def why_empty(
    session: Session, project: Project, account: Account, *, skipped: bool = False, held: Collection[int] = ()
) -> Empty:
    """Say why no image comes for a person whose screen has the `held` ones already."""
    if skipped:
        return Empty.NO_SKIPPED
    left = select(Image.id).where(waiting.waits(project.id), Image.id.not_in(held)).limit(1)
    own = left.where(_mine(account))
    if session.scalar(own.where(~waiting.skipped_by(account))) is not None:
        return Empty.WAITING
    if session.scalar(own) is not None:
        return Empty.SKIPPED
    return Empty.OTHERS if session.scalar(left) is not None else Empty.DONE


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Image).where(*conditions)) or 0


def _mine(account: Account) -> ColumnElement[bool]:
    return and_(~waiting.answered_by(account), ~waiting.barred(account))


def _was_skipped(account: Account) -> ColumnElement[bool]:
    # From the skips to their images: a person passes few by, and to ask every image would take long.
    return Image.id.in_(select(Skip.image_id).where(Skip.account_id == account.id, Skip.undone_at.is_(None)))


def _is_claimed(project: Project) -> ColumnElement[bool]:
    return Image.id.in_(select(Claim.image_id).where(Claim.project_id == project.id))


def _is_given_away(account: Account) -> ColumnElement[bool]:
    return and_(Image.id.in_(select(Assignment.image_id)), waiting.barred(account))
