"""Assignments: images that certain people are to tag, and nobody else."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import case, delete, exists, func, insert, select
from sqlalchemy.orm import Session

from app.domain.chance import draw
from app.errors import InvalidInputError
from app.i18n import gettext as _
from app.models import Account, Annotation, Assignment, Image, Member, Project
from app.services import images, overlaps, truths, waiting
from app.services.annotations import VOTING_VIEWS
from app.services.images import ImageFilter


class Sharing(StrEnum):
    """Say how images are given to several people."""

    EVENLY = "evenly"  # each image to one of them
    EVERYBODY = "everybody"  # each image to all of them


@dataclass(frozen=True)
class Load:
    """What is assigned to a person, and how much of it they have not answered yet."""

    account: Account
    assigned: int
    left: int


def assign(
    session: Session,
    project: Project,
    account_ids: Collection[int],
    wanted: ImageFilter,
    *,
    sharing: Sharing = Sharing.EVENLY,
    each: int | None = None,
    replace: bool = False,
    by: Account | None = None,
) -> int:
    """Give the images of a filter that wait for an answer to people; tells how many images were given.

    `each` bounds how many a person gets. Without `replace`, images that are assigned already are left as they are;
    with it, what these people have is taken from them first. Who gets which follows from the project's seed. Of many
    images a job counts how many answers they want, in the name of whom this was done `by`.
    """
    people = _members(session, project, account_ids)
    taken = {image_id for who in people for image_id in _take_away(session, project, who)} if replace else set()
    # Whether they want more answers than they have decides whether they are free.
    overlaps.recount(session, project, _partly_answered(session, project, taken))
    given = _share_out(project, people, free(session, project, wanted), sharing, each)
    for batch in truths.in_batches(given):
        session.execute(insert(Assignment), [{"image_id": image, "account_id": who} for image, who in batch])
    image_ids = {image_id for image_id, _account_id in given}
    overlaps.settle_some(session, project, sorted(image_ids | taken), by)
    return len(image_ids)


def remove(session: Session, project: Project, account_id: int, *, by: Account | None = None) -> int:
    """Take from a person all that is assigned to them in a project, answers stay; tells how many images it was."""
    image_ids = _take_away(session, project, account_id)
    overlaps.settle_some(session, project, image_ids, by)
    return len(image_ids)


def _take_away(session: Session, project: Project, account_id: int) -> Sequence[int]:
    here = select(Image.id).where(Image.project_id == project.id)
    theirs = delete(Assignment).where(Assignment.account_id == account_id, Assignment.image_id.in_(here))
    # Nobody keeps assignments loaded in a session, so that none need be looked for there.
    gone = session.scalars(theirs.returning(Assignment.image_id), execution_options={"synchronize_session": False})
    return gone.all()


def _partly_answered(session: Session, project: Project, among: Collection[int]) -> list[int]:
    if not among:
        return []
    query = select(Image.id).where(Image.project_id == project.id, waiting.is_partly_answered())
    return [image_id for image_id in session.scalars(query) if image_id in among]


def loads(session: Session, project: Project, members: Sequence[Member]) -> list[Load]:
    """Tell what is assigned to each of some members, nothing included."""
    answered = exists().where(
        Annotation.image_id == Assignment.image_id,
        Annotation.account_id == Assignment.account_id,
        Annotation.superseded_at.is_(None),
        Annotation.view.in_(VOTING_VIEWS),
        Annotation.whole,
    )
    query = (
        select(Assignment.account_id, func.count(), func.sum(case((answered, 0), else_=1)))
        .join(Image, Image.id == Assignment.image_id)
        .where(Image.project_id == project.id, Image.excluded_at.is_(None))
        .group_by(Assignment.account_id)
    )
    counts = {who: (assigned, int(left)) for who, assigned, left in session.execute(query)}
    return [Load(member.account, *counts.get(member.account_id, (0, 0))) for member in members]


def free(session: Session, project: Project, wanted: ImageFilter) -> list[int]:
    """List the images of a filter that want answers and are assigned to nobody, as they came in."""
    query = images.filtered(session, select(Image.id), project.id, wanted)
    query = query.where(waiting.is_missing(), ~exists().where(Assignment.image_id == Image.id))
    return list(session.scalars(query.order_by(Image.id)))


def _share_out(
    project: Project, people: Sequence[int], image_ids: Sequence[int], sharing: Sharing, each: int | None
) -> list[tuple[int, int]]:
    """Pair images with people, at most so many each; in an order that has nothing to do with how they came in."""
    mixed = sorted(image_ids, key=lambda image_id: draw(project.seed, "assignment", image_id))
    most = len(mixed) if each is None else each
    if sharing is Sharing.EVERYBODY:
        return [(image_id, who) for image_id in mixed[:most] for who in people]
    return [(image_id, people[place % len(people)]) for place, image_id in enumerate(mixed[: most * len(people)])]


def _members(session: Session, project: Project, account_ids: Collection[int]) -> list[int]:
    query = select(Member.account_id).where(Member.project_id == project.id, Member.account_id.in_(account_ids))
    found = list(session.scalars(query.order_by(Member.account_id)))
    if not found:
        raise InvalidInputError(_("Please choose at least one person."), fields={"people": _("Nobody is chosen.")})
    return found
