"""Why an annotator passed an image by: said at once, or afterwards."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import SkipReason
from app.errors import InvalidInputError, NotFoundError
from app.i18n import gettext as _
from app.models import Account, Image, Project, Skip
from app.services import truths

# A remark of some lines; what is longer belongs into a comment.
NOTE_MAX_LENGTH = 500


def give(
    session: Session,
    project: Project,
    account: Account,
    *,
    image_id: int,
    reason: SkipReason | None,
    note: str = "",
) -> Skip:
    """Say why this person passed an image by; the last skip that stands gets the reason, None takes it away."""
    kept = note.strip()
    if len(kept) > NOTE_MAX_LENGTH:
        raise InvalidInputError(_("Please keep the note under %(count)s characters.") % {"count": NOTE_MAX_LENGTH})
    truths.lock_images(session, [image_id])
    query = (
        select(Skip)
        .join(Image, Image.id == Skip.image_id)
        .where(Skip.image_id == image_id, Skip.account_id == account.id, Skip.undone_at.is_(None))
        .where(Image.project_id == project.id)
    )
    skip = session.scalars(query.order_by(Skip.id.desc())).first()
    if skip is None:
        raise NotFoundError(_("This image is not among those that you skipped."))
    skip.reason, skip.note = reason, kept
    return skip
