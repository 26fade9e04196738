"""Adjudication: images on which people differ, given out one by one, and settled for good with a reason."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from app.config import get_settings
from app.domain.statuses import Answer, TruthValue, View
from app.errors import ConflictError, InvalidInputError
from app.i18n import gettext as _
from app.models import Account, Adjudicating, Annotation, AnnotationAnswer, Image, Label, Project, Truth
from app.models.types import now
from app.services import annotations, claims, truths
from app.services.ratings import per_image, ratings

# The one on the screen and those preloaded behind it.
BATCH_MOST = 5
DECIDING = [view for view in View if view.decides]


@dataclass(frozen=True)
class Standing:
    """How far the adjudication is: `left` wait, `elsewhere` of these are before other reviewers now."""

    left: int
    elsewhere: int
    settled: int


def next_images(
    session: Session,
    project: Project,
    account: Account,
    *,
    count: int,
    after: int = 0,
    all_differing: bool = False,
    held: Collection[int] = (),
) -> list[int]:
    """Lease the next images to a reviewer: those after one in the order in which they came, then from the beginning.

    `all_differing` adds images on which people differ although most of them agree. An image that another reviewer has
    before them is passed over.
    """
    claims.lock(session, project)
    session.execute(delete(Adjudicating).where(Adjudicating.expires_at <= now()))
    free = ~exists().where(Adjudicating.image_id == Image.id, Adjudicating.account_id != account.id)
    query = select(Image.id).where(waiting(session, project, all_differing=all_differing), free, Image.id.not_in(held))
    wanted = max(0, min(count, BATCH_MOST))
    found = list(session.scalars(query.where(Image.id > after).order_by(Image.id).limit(wanted)))
    if len(found) < wanted:
        rest = query.where(Image.id <= after).order_by(Image.id)
        found += session.scalars(rest.limit(wanted - len(found)))
    return renew(session, project, account, found)


def renew(session: Session, project: Project, account: Account, image_ids: Collection[int]) -> list[int]:
    """Lease images to a reviewer, or renew their leases; gives those that nobody else has."""
    claims.lock(session, project)
    until = now() + timedelta(minutes=get_settings().claim_minutes)
    known = set(session.scalars(select(Image.id).where(Image.project_id == project.id, Image.id.in_(image_ids))))
    got = []
    for image_id in image_ids:
        lease = session.get(Adjudicating, image_id, populate_existing=True)
        if lease is not None and lease.account_id != account.id and lease.expires_at > now():
            continue
        if image_id in known:
            session.merge(Adjudicating(image_id=image_id, account_id=account.id, expires_at=until))
            got.append(image_id)
    return got


def release(session: Session, account: Account, image_ids: Collection[int]) -> None:
    """Give images back, so that other reviewers can get them at once."""
    mine = and_(Adjudicating.image_id.in_(image_ids), Adjudicating.account_id == account.id)
    session.execute(delete(Adjudicating).where(mine))


def decide(
    session: Session,
    project: Project,
    account: Account,
    *,
    image_id: int,
    decisions: Mapping[int, Answer],
    client_key: str,
    reason: str = "",
    known: int | None = None,
) -> list[Annotation]:
    """Settle labels of an image together, with one reason; unsure: it cannot be told. The same key counts once.

    `known` is the last decision on the image that the reviewer has seen: where somebody else has settled one of these
    labels since, nothing is kept and they are told.
    """
    truths.lock_images(session, [image_id])
    repeated = _of_key(session, account, client_key)
    if repeated:
        return repeated
    if not decisions:
        raise InvalidInputError(_("Please decide on at least one label."))
    if known is not None:
        _refuse_late(session, account, image_id, decisions, known)
    made = []
    for label_id, answer in sorted(decisions.items()):
        annotation = annotations.decide(
            session,
            project=project,
            image_id=image_id,
            account=account,
            label_id=label_id,
            answer=answer,
            view=View.ADJUDICATE,
            comment=reason,
        )
        annotation.batch_key = client_key
        made.append(annotation)
    release(session, account, [image_id])
    return made


def undo(session: Session, project: Project, account: Account, client_key: str) -> int | None:
    """Take a step of this reviewer back and lease its image anew; gives the image, or None where nothing was taken."""
    made = _of_key(session, account, client_key)
    if not made:
        return None
    for annotation in made:
        annotations.withdraw(session, annotation)
    renew(session, project, account, [made[0].image_id])
    return made[0].image_id


def standing(session: Session, project: Project, account: Account, *, all_differing: bool = False) -> Standing:
    """Count what waits, what of it is before others, and what was settled so far."""
    waits = waiting(session, project, all_differing=all_differing)
    others = exists().where(
        Adjudicating.image_id == Image.id, Adjudicating.account_id != account.id, Adjudicating.expires_at > now()
    )
    settled = select(func.count(func.distinct(Annotation.image_id))).where(
        Annotation.project_id == project.id, Annotation.view == View.ADJUDICATE, Annotation.superseded_at.is_(None)
    )
    return Standing(
        left=session.scalar(select(func.count(Image.id)).where(waits)) or 0,
        elsewhere=session.scalar(select(func.count(Image.id)).where(waits, others)) or 0,
        settled=session.scalar(settled) or 0,
    )


def waiting(session: Session, project: Project, *, all_differing: bool = False) -> ColumnElement[bool]:
    """Say in SQL, for queries on Image, that a label is disputed, or with `all_differing` that people differ on one."""
    disputed = select(Truth.image_id).join(Label, Label.id == Truth.label_id)
    disputed = disputed.where(
        Label.project_id == project.id, Label.removed_at.is_(None), Truth.value == TruthValue.DISPUTED
    )
    is_here = and_(Image.project_id == project.id, Image.excluded_at.is_(None))
    if not all_differing:
        return and_(is_here, Image.id.in_(disputed))
    counts = per_image(ratings(session, project.id))
    decided = exists().where(
        Annotation.image_id == counts.c.image_id,
        Annotation.view.in_(DECIDING),
        Annotation.superseded_at.is_(None),
        AnnotationAnswer.annotation_id == Annotation.id,
        AnnotationAnswer.label_id == counts.c.label_id,
    )
    differing = select(counts.c.image_id).where(counts.c.present > 0, counts.c.absent > 0, ~decided)
    return and_(is_here, or_(Image.id.in_(disputed), Image.id.in_(differing)))


def _of_key(session: Session, account: Account, client_key: str) -> list[Annotation]:
    query = select(Annotation).where(
        Annotation.batch_key == client_key, Annotation.account_id == account.id, Annotation.view == View.ADJUDICATE
    )
    return list(session.scalars(query.order_by(Annotation.id)))


def _refuse_late(session: Session, account: Account, image_id: int, labels: Collection[int], known: int) -> None:
    """Refuse what somebody else has settled since the reviewer looked, and say who it was."""
    query = (
        select(Account.name, Label.name)
        .select_from(Annotation)
        .join(AnnotationAnswer, AnnotationAnswer.annotation_id == Annotation.id)
        .join(Label, Label.id == AnnotationAnswer.label_id)
        .outerjoin(Account, Account.id == Annotation.account_id)
        .where(Annotation.image_id == image_id, Annotation.id > known, Annotation.view.in_(DECIDING))
        .where(Annotation.superseded_at.is_(None), Annotation.account_id.is_distinct_from(account.id))
        .where(AnnotationAnswer.label_id.in_(labels))
    )
    earlier = session.execute(query.order_by(Annotation.id.desc())).first()
    if earlier is not None:
        who, label = earlier
        raise ConflictError(
            _("%(who)s was first and has settled “%(label)s” meanwhile. Nothing of yours was kept.")
            % {"who": who or _("Somebody who has left"), "label": label}
        )
