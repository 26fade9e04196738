"""Page claims: short leases on one question about images, so that two people are not shown the same page of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, exists, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.config import get_settings
from app.models import Account, Image, PageClaim, Project
from app.models.types import now
from app.services import claims, light_tables, waiting


@dataclass(frozen=True)
class Lent:
    """Images that one person is asked of, and those asked that others have before them; both in the given order."""

    held: list[int]
    elsewhere: list[int]


def take(
    session: Session,
    project: Project,
    account: Account,
    label_id: int,
    image_ids: Collection[int],
    *,
    count: int,
    open_: bool = True,
) -> Lent:
    """Lend a person the question about the first `count` images that are free, in the given order.

    What this person has stays theirs. Where somebody answers without seeing the others, not `open_`, as many may have
    the question before them at once as opinions are wanted of the image.
    """
    claims.lock(session, project)
    moment = now()
    asked = (*light_tables.asked(account, label_id, open_=open_), ~waiting.barred(account))
    here = (Image.project_id == project.id, Image.excluded_at.is_(None), Image.id.in_(image_ids))
    taken = _taken(account, label_id, moment, open_=open_).label("taken")
    wanted = dict(session.execute(select(Image.id, taken).where(*here, *asked)).all())
    mine = select(PageClaim.image_id).where(*_held_by(account, label_id, moment))
    held = set(session.scalars(mine.where(PageClaim.image_id.in_(image_ids))))
    usable = held | {image_id for image_id, is_taken in wanted.items() if not is_taken}
    inquired = list(dict.fromkeys(image_ids))
    got = [image_id for image_id in inquired if image_id in usable][:count]
    _write(session, account, label_id, got, moment)
    return Lent(got, [image_id for image_id in inquired if image_id not in usable and image_id in wanted])


def keep(session: Session, account: Account, label_id: int, image_ids: Collection[int]) -> None:
    """Lend questions again that this person had, and has taken an answer back to: nobody else was asked meanwhile."""
    _write(session, account, label_id, sorted(image_ids), now())


def release(session: Session, account: Account, label_id: int, image_ids: Collection[int]) -> None:
    """Give questions back, so that others can be asked at once."""
    session.execute(
        delete(PageClaim).where(
            PageClaim.image_id.in_(image_ids), PageClaim.label_id == label_id, PageClaim.account_id == account.id
        )
    )


def _held_by(account: Account, label_id: int, moment: datetime) -> tuple[ColumnElement[bool], ...]:
    return PageClaim.label_id == label_id, PageClaim.account_id == account.id, PageClaim.expires_at > moment


def _taken(account: Account, label_id: int, moment: datetime, *, open_: bool) -> ColumnElement[bool]:
    others = (PageClaim.image_id == Image.id, PageClaim.label_id == label_id)
    living = (PageClaim.account_id != account.id, PageClaim.expires_at > moment)
    if open_:
        return exists().where(*others, *living)
    count = select(func.count()).select_from(PageClaim).where(*others, *living).scalar_subquery()
    return count >= Image.opinions


def _write(session: Session, account: Account, label_id: int, image_ids: Collection[int], moment: datetime) -> None:
    if not image_ids:
        return
    here = (PageClaim.image_id.in_(image_ids), PageClaim.label_id == label_id)
    session.execute(delete(PageClaim).where(*here, PageClaim.expires_at <= moment))
    # Both databases speak the same dialect here, but SQLAlchemy has no common word for it.
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    table = PageClaim.__table__
    assert isinstance(table, Table)  # noqa: S101 - its declared type is wider than what it is
    expires_at = moment + timedelta(minutes=get_settings().claim_minutes)
    ours = {"label_id": label_id, "account_id": account.id, "expires_at": expires_at}
    statement = insert(table).values([{"image_id": image_id} | ours for image_id in image_ids])
    statement = statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns), set_={"expires_at": statement.excluded.expires_at}
    )
    session.execute(statement)
