"""Remarks on images and their labels, for everybody in the project."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from app.i18n import gettext as _
from app.models import Account, Comment, Image, Label, Project
from app.models.types import now

# Some paragraphs; what is longer belongs into the description of the project.
MAX_LENGTH = 4000


@dataclass(frozen=True)
class Remark:
    """Hold a comment, who wrote it, and the name of the label it is about, if any."""

    comment: Comment
    who: str
    label: str


def add(
    session: Session,
    *,
    project: Project,
    account: Account,
    image_id: int,
    text: str,
    label_id: int | None = None,
    client_key: str | None = None,
) -> Comment:
    """Keep a remark; sent twice under one `client_key` it is kept once."""
    repeated = _by_key(session, client_key)
    if repeated is not None:
        if (repeated.account_id, repeated.image_id) != (account.id, image_id):
            raise ConflictError(
                _("Another comment was already saved under the same number. Please load the page again.")
            )
        return repeated
    image = session.get(Image, image_id)
    label = None if label_id is None else session.get(Label, label_id)
    if image is None or image.project_id != project.id:
        raise NotFoundError(_("This image is not in the project, or no longer."))
    if label_id is not None and (label is None or label.project_id != project.id):
        raise NotFoundError(_("This label is not one of this project."))
    kept = text.strip()
    if not kept:
        raise InvalidInputError(_("The comment is empty."))
    if len(kept) > MAX_LENGTH:
        raise InvalidInputError(_("The comment is too long: it may have %(most)s characters.") % {"most": MAX_LENGTH})
    comment = Comment(image_id=image_id, label_id=label_id, account_id=account.id, text=kept, client_key=client_key)
    session.add(comment)
    session.flush()  # the answer tells the comment's id
    return comment


def remove(session: Session, *, project: Project, account: Account, image_id: int, comment_id: int) -> Comment:
    """Take a remark away, as only who wrote it may; removed already, it changes nothing."""
    found = session.execute(
        select(Comment, Image.project_id).join(Image, Image.id == Comment.image_id).where(Comment.id == comment_id)
    ).one_or_none()
    if found is None or (found.project_id, found.Comment.image_id) != (project.id, image_id):
        raise NotFoundError(_("This comment does not exist, or no longer."))
    comment: Comment = found.Comment
    if comment.account_id != account.id:
        raise ForbiddenError(_("Only who wrote a comment can remove it."))
    comment.removed_at = comment.removed_at or now()
    return comment


def remarks(session: Session, image_id: int) -> list[Remark]:
    """List the remarks on an image that stand, the oldest first."""
    rows = session.execute(
        select(Comment, Account.name, Label.name)
        .outerjoin(Account, Account.id == Comment.account_id)
        .outerjoin(Label, Label.id == Comment.label_id)
        .where(Comment.image_id == image_id, Comment.removed_at.is_(None))
        .order_by(Comment.created_at, Comment.id)
    )
    return [Remark(comment, who or "", label or "") for comment, who, label in rows]


def _by_key(session: Session, client_key: str | None) -> Comment | None:
    if client_key is None:
        return None
    return session.scalar(select(Comment).where(Comment.client_key == client_key))
