"""Claims: short leases that keep more people from tagging an image at once than it needs."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, exists, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.config import get_settings
from app.db import is_sole_writer
from app.models import Account, Claim, Image, Project
from app.models.types import now
from app.services import waiting
from app.services.truths import in_batches

# Nobody keeps claims loaded in a session, so that none need be looked for there.
UNSEEN = {"synchronize_session": False}


def take(session: Session, project: Project, account: Account, image_ids: Collection[int]) -> list[int]:
    """Claim images for a person, or renew their claims; gives those that are this person's now, in the given order.

    An image that as many others hold as it needs is left out; an expired claim holds nothing.
    """
    lock(session, project)
    moment = now()
    usable = select(Image.id).where(Image.project_id == project.id, Image.excluded_at.is_(None))
    usable = usable.where(or_(_held_by(account, moment), ~waiting.taken(account, moment)))
    got: set[int] = set()
    for batch in in_batches(sorted(set(image_ids))):
        ours = session.scalars(usable.where(Image.id.in_(batch)).order_by(Image.id)).all()
        _write(session, project, account, ours, moment)
        got.update(ours)
    return [image_id for image_id in image_ids if image_id in got]


def release(session: Session, account: Account, image_ids: Collection[int]) -> None:
    """Give images back, so that others can get them at once."""
    for batch in in_batches(sorted(set(image_ids))):
        theirs = delete(Claim).where(Claim.image_id.in_(batch), Claim.account_id == account.id)
        session.execute(theirs, execution_options=UNSEEN)


def lock(session: Session, project: Project) -> None:
    """Let one person at a time choose images in a project; it takes milliseconds.

    Without it two people could both take the last place at an image, and two who choose in different orders could wait
    for each other for ever. SQLite has one writer anyway.
    """
    if not is_sole_writer(session):
        session.execute(select(Project.id).where(Project.id == project.id).with_for_update(key_share=True))


def _held_by(account: Account, moment: datetime) -> ColumnElement[bool]:
    return exists().where(Claim.image_id == Image.id, Claim.account_id == account.id, Claim.expires_at > moment)


def _write(session: Session, project: Project, account: Account, image_ids: Sequence[int], moment: datetime) -> None:
    if not image_ids:
        return
    expired = delete(Claim).where(Claim.image_id.in_(image_ids), Claim.expires_at <= moment)
    session.execute(expired, execution_options=UNSEEN)
    # Both databases speak the same dialect here, but SQLAlchemy has no common word for it.
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    table = Claim.__table__
    assert isinstance(table, Table)  # noqa: S101 - its declared type is wider than what it is
    expires_at = moment + timedelta(minutes=get_settings().claim_minutes)
    ours = {"account_id": account.id, "project_id": project.id, "expires_at": expires_at}
    statement = insert(table).values([{"image_id": image_id} | ours for image_id in image_ids])
    statement = statement.on_conflict_do_update(
        index_elements=[table.c.image_id, table.c.account_id], set_={"expires_at": statement.excluded.expires_at}
    )
    session.execute(statement)
