"""Flags: an annotator marks an image, to find it again or to have a lead look at it."""

from collections.abc import Collection

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.errors import NotFoundError
from app.i18n import gettext as _
from app.models import Account, Flag, Image, Project
from app.models.types import now
from app.services import truths


def put(session: Session, project: Project, account: Account, image_id: int) -> Flag:
    """Flag an image; flagged by this person already, it stays so."""
    _find(session, project, image_id)
    standing = session.scalars(_standing(account).where(Flag.image_id == image_id)).first()
    if standing is not None:
        return standing
    flag = Flag(image_id=image_id, account_id=account.id)
    session.add(flag)
    session.flush()  # a list read next shows it
    return flag


def take_away(session: Session, project: Project, account: Account, image_id: int) -> None:
    """Take this person's flag off an image; without one, it changes nothing."""
    _find(session, project, image_id)
    for flag in session.scalars(_standing(account).where(Flag.image_id == image_id)):
        flag.removed_at = now()


def flagged_by(session: Session, account: Account, image_ids: Collection[int]) -> set[int]:
    """Tell which of some images this person has flagged."""
    query = _standing(account).where(Flag.image_id.in_(image_ids)).with_only_columns(Flag.image_id)
    return set(session.scalars(query))


def _standing(account: Account) -> Select[Flag]:
    return select(Flag).where(Flag.account_id == account.id, Flag.removed_at.is_(None))


def _find(session: Session, project: Project, image_id: int) -> None:
    # Two windows of one person that flag at once wait for each other here, so that there is one flag.
    truths.lock_images(session, [image_id])
    image = session.get(Image, image_id)
    if image is None or image.project_id != project.id:
        raise NotFoundError(_("This image is not in the project, or no longer."))
