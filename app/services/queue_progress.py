"""How far the tagging of a project is, as one person sees it, and why no image comes."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from app.models import Account, Assignment, Claim, Image, Project
from app.models.types import now
from app.services import queue_wishes, waiting
from app.services.queue_wishes import SKIPPED, Wish


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
    # Nothing that a filter lets through; every image was asked what a question asks.
    FILTERED = "filtered"
    ASKED = "asked"


def progress(session: Session, project: Project, account: Account) -> Progress:
    """Count how far a project's tagging is, by indexes alone: nothing but a few numbers is read of each image."""
    return Progress(
        total=_count(session, Image.project_id == project.id)
        - _count(session, Image.project_id == project.id, Image.excluded_at.is_not(None)),
        left=_count(session, waiting.waits(project.id)),
        skipped=_count(session, waiting.waits(project.id), _mine(account), waiting.was_skipped(account)),
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


def why_empty(session: Session, project: Project, account: Account, wish: Wish, *, held: Collection[int] = ()) -> Empty:
    """Say why no image comes for a person whose screen has the `held` ones already."""
    if wish.narrow == SKIPPED:
        return Empty.NO_SKIPPED
    if wish.asked is not None or not wish.narrow.is_empty:
        wanted = (*queue_wishes.conditions(project, account, wish), _is_claimed(project))
        others = select(Image.id).where(*wanted, waiting.taken(account, now()), Image.id.not_in(held)).limit(1)
        if session.scalar(others) is not None:
            return Empty.WAITING
        return Empty.FILTERED if wish.asked is None else Empty.ASKED
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


def _is_claimed(project: Project) -> ColumnElement[bool]:
    return Image.id.in_(select(Claim.image_id).where(Claim.project_id == project.id))


def _is_given_away(account: Account) -> ColumnElement[bool]:
    return and_(Image.id.in_(select(Assignment.image_id)), waiting.barred(account))
