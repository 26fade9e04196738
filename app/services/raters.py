"""The people whose answers are held against each other, by name or without."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from app.domain.statuses import Role, View
from app.i18n import gettext as _
from app.models import Account, Annotation, Project
from app.services.annotations import VOTING_VIEWS
from app.services.desk_settings import settings_of

# What a table brought in counts as one more voice; accounts begin at 1.
BY_TABLE = 0
GONE = -1


@dataclass(frozen=True)
class Rater:
    """One voice: its letter stands in addresses, so that an address names nobody either."""

    id: int
    letter: str
    name: str


def rater_expression() -> ColumnElement[Any]:
    """Say in SQL, for queries on Annotation, whose voice it is."""
    return case((Annotation.view == View.IMPORT, BY_TABLE), else_=func.coalesce(Annotation.account_id, GONE))


def raters(session: Session, project: Project, *, hidden: bool) -> list[Rater]:
    """List all who ever answered in a project, in the order in which they began; so letters stay with their people."""
    who = rater_expression().label("who")
    rows = session.execute(
        select(who, Account.name)
        .outerjoin(Account, Account.id == who)
        .where(Annotation.project_id == project.id, Annotation.view.in_(VOTING_VIEWS))
        .group_by(who, Account.name)
        .order_by(func.min(Annotation.id))
    )
    found = []
    for place, (rater, name) in enumerate(rows):
        letter = letter_of(place)
        found.append(Rater(rater, letter, _name(rater, name, letter, hidden=hidden)))
    return found


def hides_names(session: Session, project: Project, role: Role) -> bool:
    """Tell whether the figures of a project name nobody to somebody of this role; leads see names in any case."""
    return role is not Role.LEAD and settings_of(session, project).names_hidden


def letter_of(place: int) -> str:
    """Give the letter of a place: A to Z, then AA, AB ..."""
    before, letter = divmod(place, 26)
    return (letter_of(before - 1) if before else "") + chr(ord("A") + letter)


def _name(rater: int, name: str | None, letter: str, *, hidden: bool) -> str:
    if rater == BY_TABLE:
        return _("A table")
    if hidden:
        return _("Person %(letter)s") % {"letter": letter}
    return name or _("Somebody who has left")
