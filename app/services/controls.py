"""Control images: their answers are known by decision, and they come up unseen among the others."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, delete, exists, func, select
from sqlalchemy.orm import Session

from app.domain.chance import draw
from app.models import Account, Annotation, Claim, ControlImage, Image, Project, Skip
from app.models.types import now
from app.services.adjudications import DECIDING
from app.services.desk_settings import settings_of


def due(session: Session, project: Project, account: Account, count: int, held: Collection[int]) -> list[int]:
    """Give the control images that belong among the next `count` images of a person, in no order that tells of them.

    Each of the `count` places is a control image with the chance that the project has set. The draw follows from the
    person and from what that person did last and holds now, so that asking again gives the same. A control image comes
    up once for each person, and never for whoever chose it or decided on it.
    """
    share = settings_of(session, project).control_share
    if share <= 0 or count <= 0:
        return []
    moment = (project.seed, account.id, *_last_done(session, project, account), *sorted(held))
    places = sum(draw("control", *moment, place) < share for place in range(count))
    if not places:
        return []
    waiting = _not_seen(session, project, account, held)
    return sorted(waiting, key=lambda image_id: draw(project.seed, account.id, image_id))[:places]


def _last_done(session: Session, project: Project, account: Account) -> tuple[int, int]:
    """Name what a person answered and skipped last; by index, so that it takes no longer as their work grows."""
    answered = (
        select(Annotation.id)
        .where(Annotation.project_id == project.id, Annotation.account_id == account.id)
        .order_by(Annotation.created_at.desc())
        .limit(1)
    )
    skipped = select(func.max(Skip.id)).where(Skip.account_id == account.id)
    return session.scalar(answered) or 0, session.scalar(skipped) or 0


def _not_seen(session: Session, project: Project, account: Account, held: Collection[int]) -> Sequence[int]:
    query = (
        select(ControlImage.image_id)
        .join(Image, Image.id == ControlImage.image_id)
        .where(Image.project_id == project.id, Image.excluded_at.is_(None), Image.id.not_in(held))
        .where(ControlImage.chosen_by_id.is_distinct_from(account.id), ~_touched_by(account))
        .where(~exists().where(Claim.image_id == Image.id, Claim.account_id != account.id, Claim.expires_at > now()))
    )
    return session.scalars(query).all()


def _touched_by(account: Account) -> ColumnElement[bool]:
    """Say in SQL, for queries on Image, that a person has ever answered for it, decided on it or passed it by."""
    answered = exists().where(Annotation.image_id == Image.id, Annotation.account_id == account.id)
    skipped = exists().where(Skip.image_id == Image.id, Skip.account_id == account.id)
    return answered | skipped


def choose(session: Session, project: Project, account: Account, image_ids: Collection[int]) -> list[int]:
    """Make images control images, as far as a label of theirs is decided; gives those that are now."""
    decided = select(Annotation.image_id).where(Annotation.view.in_(DECIDING), Annotation.superseded_at.is_(None))
    query = select(Image.id).where(Image.project_id == project.id, Image.excluded_at.is_(None))
    usable = session.scalars(query.where(Image.id.in_(image_ids), Image.id.in_(decided)).order_by(Image.id)).all()
    known = set(session.scalars(select(ControlImage.image_id).where(ControlImage.image_id.in_(usable))))
    session.add_all(
        ControlImage(image_id=image_id, chosen_by_id=account.id) for image_id in usable if image_id not in known
    )
    session.flush()  # the list read next has them
    return list(usable)


def remove(session: Session, project: Project, image_ids: Collection[int]) -> None:
    """Let images be ordinary ones again; the answers given for them stay."""
    mine = select(Image.id).where(Image.project_id == project.id, Image.id.in_(image_ids))
    session.execute(delete(ControlImage).where(ControlImage.image_id.in_(mine)))


def listed(session: Session, project: Project) -> list[Image]:
    """List the control images of a project, as they came in."""
    query = select(Image).join(ControlImage, ControlImage.image_id == Image.id)
    return list(session.scalars(query.where(Image.project_id == project.id).order_by(Image.id)))


def candidates(session: Session, project: Project, limit: int) -> list[Image]:
    """List images that could become control images: decided on, latest first, and none already."""
    last = (
        select(Annotation.image_id, func.max(Annotation.id).label("last"))
        .where(Annotation.project_id == project.id, Annotation.superseded_at.is_(None))
        .where(Annotation.view.in_(DECIDING))
        .group_by(Annotation.image_id)
        .subquery()
    )
    query = select(Image).join(last, last.c.image_id == Image.id).where(Image.excluded_at.is_(None))
    taken = exists().where(ControlImage.image_id == Image.id)
    return list(session.scalars(query.where(~taken).order_by(last.c.last.desc()).limit(limit)))
