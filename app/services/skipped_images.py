"""Images that annotators skipped or flagged: why, by whom, and what a lead makes of them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.domain.statuses import SkipReason
from app.models import Account, Annotation, Flag, Image, Project, Skip
from app.models.types import now
from app.services import comments, images, truths
from app.services.annotations import VOTING_VIEWS
from app.services.comments import Remark

# As many as one looks through before doing something with them.
PAGE_SIZE = 48
# A skip whose annotator gave no reason, as a choice among the reasons.
NO_REASON = "none"


class Kind(StrEnum):
    """Say why an image is on the list."""

    SKIPPED = "skipped"
    FLAGGED = "flagged"


class Action(StrEnum):
    """Say what is done with chosen images."""

    EXCLUDE = "exclude"
    INCLUDE = "include"
    GIVE_BACK = "give_back"
    UNFLAG = "unflag"


@dataclass(frozen=True)
class Wanted:
    """Which images to list; an empty filter means all that are skipped or flagged."""

    kind: Kind | None = None
    # A reason, or NO_REASON; only skips have one.
    reason: str = ""
    account_id: int | None = None


@dataclass
class SetAside:
    """An image with who skipped it and who flagged it, and the remarks on it."""

    image: Image
    skips: list[tuple[Skip, str]] = field(default_factory=list)
    flags: list[tuple[Flag, str]] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    @property
    def is_answered(self) -> bool:
        """Tell whether others have answered meanwhile, so that nobody needs to look."""
        return self.image.needed == 0


@dataclass(frozen=True)
class Counts:
    """How many images are skipped, for each reason too, and how many are flagged."""

    skipped: int
    flagged: int
    reasons: dict[str, int]


def standing(project_id: int) -> tuple[ColumnElement[bool], ...]:
    """Say which skips stand, for queries on Skip: not undone, and not answered by the same person since."""
    answered = exists().where(
        Annotation.image_id == Skip.image_id,
        Annotation.account_id == Skip.account_id,
        Annotation.superseded_at.is_(None),
        Annotation.whole,
        Annotation.view.in_(VOTING_VIEWS),
    )
    return (Skip.undone_at.is_(None), ~answered, _is_of(Skip.image_id, project_id))


def counts(session: Session, project_id: int) -> Counts:
    """Count the images that are skipped and flagged."""
    number = func.count(Skip.image_id.distinct())
    skips = select(number).where(*standing(project_id))
    reasons = session.execute(skips.add_columns(Skip.reason).group_by(Skip.reason))
    flagged = select(func.count(Flag.image_id.distinct())).where(_is_of(Flag.image_id, project_id))
    return Counts(
        skipped=session.scalar(skips) or 0,
        flagged=session.scalar(flagged.where(Flag.removed_at.is_(None))) or 0,
        reasons={reason.value if reason else NO_REASON: count for count, reason in reasons},
    )


def listed(
    session: Session, project: Project, wanted: Wanted, *, after: int = 0, limit: int = PAGE_SIZE
) -> tuple[list[SetAside], int | None]:
    """List skipped and flagged images as they came in, a page at a time, and tell after which image the next one is."""
    chosen = []
    if wanted.kind is not Kind.FLAGGED:
        chosen.append(Image.id.in_(_skipped(project.id, wanted)))
    if wanted.kind is not Kind.SKIPPED and not wanted.reason:
        chosen.append(Image.id.in_(_flagged(project.id, wanted)))
    if not chosen:
        return [], None
    query = select(Image).where(*_usable(project.id), Image.id > after, or_(*chosen)).order_by(Image.id)
    found = session.scalars(query.limit(limit + 1)).all()
    shown = found[:limit]
    return _with_voices(session, project.id, shown), shown[-1].id if len(found) > limit else None


def people(session: Session, project_id: int) -> list[Account]:
    """List those who skipped or flagged something that is on the list."""
    wanted = Wanted()
    who = [
        _skipped(project_id, wanted).with_only_columns(Skip.account_id),
        _flagged(project_id, wanted).with_only_columns(Flag.account_id),
    ]
    query = select(Account).where(or_(*(Account.id.in_(each) for each in who)))
    return list(session.scalars(query.order_by(Account.name, Account.id)))


def act(session: Session, project: Project, image_ids: Collection[int], action: Action) -> list[int]:
    """Do something with images of a project; gives those it was done with."""
    known = select(Image).where(Image.project_id == project.id, Image.id.in_(sorted(set(image_ids))[: truths.BATCH]))
    found = session.scalars(known.order_by(Image.id)).all()
    ids = [image.id for image in found]
    truths.lock_images(session, ids)
    if action in {Action.EXCLUDE, Action.INCLUDE}:
        for image in found:
            images.set_excluded(image, excluded=action is Action.EXCLUDE)
    elif action is Action.GIVE_BACK:
        # What the person had answered before the skip stays taken back: they are asked anew.
        session.execute(update(Skip).where(Skip.image_id.in_(ids), Skip.undone_at.is_(None)).values(undone_at=now()))
    else:
        session.execute(update(Flag).where(Flag.image_id.in_(ids), Flag.removed_at.is_(None)).values(removed_at=now()))
    return ids


def _usable(project_id: int) -> tuple[ColumnElement[bool], ...]:
    return (Image.project_id == project_id, Image.excluded_at.is_(None))


def _is_of(image_id: InstrumentedAttribute[int], project_id: int) -> ColumnElement[bool]:
    """Say of a skip or a flag that its image is one of a project's: few are, and no image need be looked through."""
    image = aliased(Image)
    return exists().where(image.id == image_id, image.project_id == project_id, image.excluded_at.is_(None))


def _skipped(project_id: int, wanted: Wanted) -> Select[Any]:
    query = select(Skip.image_id).where(*standing(project_id))
    if wanted.reason == NO_REASON:
        query = query.where(Skip.reason.is_(None))
    elif wanted.reason:
        query = query.where(Skip.reason == SkipReason(wanted.reason))
    return query if wanted.account_id is None else query.where(Skip.account_id == wanted.account_id)


def _flagged(project_id: int, wanted: Wanted) -> Select[Any]:
    query = select(Flag.image_id).where(Flag.removed_at.is_(None), _is_of(Flag.image_id, project_id))
    return query if wanted.account_id is None else query.where(Flag.account_id == wanted.account_id)


def _with_voices(session: Session, project_id: int, shown: Sequence[Image]) -> list[SetAside]:
    """Add to some images who skipped and flagged them, and what was remarked."""
    found = {image.id: SetAside(image) for image in shown}
    skips = (
        select(Skip, Account.name)
        .outerjoin(Account, Account.id == Skip.account_id)
        .where(Skip.image_id.in_(found), *standing(project_id))
    )
    seen: dict[int, set[int]] = defaultdict(set)
    # Of several skips of one person the last one has the reason that holds.
    for skip, who in session.execute(skips.order_by(Skip.id.desc())):
        if skip.account_id not in seen[skip.image_id]:
            seen[skip.image_id].add(skip.account_id)
            found[skip.image_id].skips.append((skip, who or ""))
    flags = select(Flag, Account.name).outerjoin(Account, Account.id == Flag.account_id)
    for flag, who in session.execute(
        flags.where(Flag.image_id.in_(found), Flag.removed_at.is_(None)).order_by(Flag.id)
    ):
        found[flag.image_id].flags.append((flag, who or ""))
    for image_id, each in found.items():
        each.remarks = comments.remarks(session, image_id)
    return list(found.values())
