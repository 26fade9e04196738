"""Claims: short leases that keep two people from tagging the same image at once."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.config import get_settings
from app.models import Account, Claim, Image, Project
from app.models.types import now
from app.services.truths import in_batches


def take(session: Session, project: Project, account: Account, image_ids: Collection[int]) -> list[int]:
    """Claim images for a person, or renew their claims; gives those that are this person's now, in the given order.

    An image under another person's live claim is left out; an expired claim is taken over.
    """
    lock(session, project)
    moment = now()
    usable = select(Image.id).where(Image.project_id == project.id, Image.excluded_at.is_(None))
    got: set[int] = set()
    for batch in in_batches(sorted(set(image_ids))):
        known = session.scalars(usable.where(Image.id.in_(batch)).order_by(Image.id))
        got.update(_upsert(session, project, account, known.all(), moment))
    return [image_id for image_id in image_ids if image_id in got]


def release(session: Session, account: Account, image_ids: Collection[int]) -> None:
    """Give images back, so that others can get them at once."""
    for batch in in_batches(sorted(set(image_ids))):
        session.execute(delete(Claim).where(Claim.image_id.in_(batch), Claim.account_id == account.id))


def lock(session: Session, project: Project) -> None:
    """Let one person at a time choose images in a project; it takes milliseconds.

    Without it two people who choose in different orders could wait for each other's images for ever. SQLite has one
    writer anyway.
    """
    query = select(Project.id).where(Project.id == project.id)
    session.execute(query.with_for_update(key_share=True))


def _upsert(
    session: Session, project: Project, account: Account, image_ids: Sequence[int], moment: datetime
) -> list[int]:
    if not image_ids:
        return []
    # Both databases speak the same dialect here, but SQLAlchemy has no common word for it.
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    table = Claim.__table__
    assert isinstance(table, Table)  # noqa: S101 - its declared type is wider than what it is
    statement = insert(table).values(
        [
            {
                "image_id": image_id,
                "account_id": account.id,
                "project_id": project.id,
                "expires_at": moment + timedelta(minutes=get_settings().claim_minutes),
            }
            for image_id in image_ids
        ]
    )
    statement = statement.on_conflict_do_update(
        index_elements=[table.c.image_id],
        set_={"account_id": statement.excluded.account_id, "expires_at": statement.excluded.expires_at},
        where=or_(table.c.expires_at <= moment, table.c.account_id == account.id),
    )
    return list(session.scalars(statement.returning(table.c.image_id)))
