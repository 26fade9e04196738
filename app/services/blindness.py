"""What a person may see of others' answers: in a blind project annotators answer first, each for themselves."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import Role, View
from app.models import Account, Annotation, Image, Project
from app.services import comments, images, raters
from app.services.comments import Remark
from app.services.desk_settings import settings_of
from app.services.images import HistoryEntry, ImageFilter
from app.services.queue_wishes import QueueFilter, QueueStatus

# How the address of a slice by whoever answered begins.
BY_ANNOTATOR = "annotator:"


@dataclass(frozen=True)
class Seen:
    """What a person may see of an image; `names` stand in place of others, by account, where names are hidden."""

    hidden: bool
    history: list[HistoryEntry]
    remarks: list[Remark]
    names: dict[int, str]


def is_blind(session: Session, project: Project, role: Role) -> bool:
    """Tell whether somebody of this role is to answer without knowing what others did.

    Where one answer is enough and no answer is compared with a known one, there is nothing to keep from anybody.
    """
    if role.at_least(Role.REVIEWER):
        return False
    settings = settings_of(session, project)
    return settings.blind and (settings.opinions > 1 or settings.control_share > 0)


def hidden_among(session: Session, project: Project, account: Account, role: Role, shown: Iterable[Image]) -> set[int]:
    """Find the images whose answers a person may not see yet, because they have not answered for them."""
    ids = {image.id for image in shown}
    if not is_blind(session, project, role):
        return set()
    # What came in by a table is not this person's look at the image.
    answered = select(Annotation.image_id).where(
        Annotation.image_id.in_(ids),
        Annotation.account_id == account.id,
        Annotation.superseded_at.is_(None),
        Annotation.view != View.IMPORT,
        Annotation.whole,
    )
    return ids - set(session.scalars(answered))


def without_others(wanted: ImageFilter) -> ImageFilter:
    """Take out of a filter what would tell by the images it finds what others answered, or who did."""
    by_people = wanted.slice.startswith(BY_ANNOTATOR)
    return replace(wanted, status=None, label_id=None, slice="" if by_people else wanted.slice)


def without_others_in_queue(wanted: QueueFilter) -> QueueFilter:
    """Take the same out of a filter in front of the annotation queue."""
    by_people = wanted.slice.startswith(BY_ANNOTATOR)
    status = None if wanted.status is QueueStatus.TAGGED_BY_ONE else wanted.status
    return replace(wanted, status=status, label_id=None, annotator=None, slice="" if by_people else wanted.slice)


def seen_of(session: Session, project: Project, account: Account, role: Role, image: Image) -> Seen:
    """Give the history and the comments of an image as far as a person may see them: their own in any case."""
    hidden = bool(hidden_among(session, project, account, role, [image]))
    history, remarks = images.history(session, image), comments.remarks(session, image.id)
    if hidden:
        history = [entry for entry in history if entry.annotation.account_id == account.id]
        remarks = [remark for remark in remarks if remark.comment.account_id == account.id]
    return Seen(hidden, history, remarks, names_for(session, project, account, role))


def names_for(session: Session, project: Project, account: Account, role: Role) -> dict[int, str]:
    """Give what stands in place of others' names, by account; nothing where this person may see them."""
    if not raters.hides_names(session, project, role):
        return {}
    return {each.id: each.name for each in raters.raters(session, project, hidden=True) if each.id != account.id}
