"""Verdicts of reviewers: who is wrong, the annotation or the model, and taking a verdict back."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, Verdict
from app.errors import ConflictError, NotFoundError
from app.i18n import gettext as _
from app.models import Account, Annotation, Image, Project, Review, Run, SnapshotItem
from app.models.types import now
from app.services import annotations, second_opinions, truths

# An image and a label: what one verdict is about.
Pair = tuple[int, int]


@dataclass(frozen=True)
class Said:
    """Hold a verdict that counts, and who gave it."""

    review: Review
    who: str


def judge(
    session: Session,
    *,
    project: Project,
    run: Run,
    account: Account,
    image_id: int,
    label_id: int,
    verdict: Verdict,
    client_key: str,
    list_kind: str = "",
    blind_answer: Answer | None = None,
    batch_key: str | None = None,
) -> Review:
    """Keep a verdict on one label of one image, and do what follows from it.

    A label error turns around what the run was told; a model error confirms it; the others settle nothing: ambiguous is
    noted, a second opinion asks others at the desk, exclude leaves the image out. It replaces this reviewer's earlier
    verdict on the same label, with all that followed. The same `client_key` twice counts once.
    """
    truths.lock_images(session, [image_id])
    repeated = _same_save(session, client_key, account, (image_id, label_id))
    if repeated is not None:
        return repeated
    told = _told(session, run, image_id, label_id, verdict)
    moment = now()
    earlier = _own(session, run, account, (image_id, label_id))
    if earlier is not None:
        # The same moment on both: that is how taking the new one back finds what it had replaced.
        _end(session, earlier, moment)
    review = Review(
        run_id=run.id,
        image_id=image_id,
        label_id=label_id,
        verdict=verdict,
        account_id=account.id,
        client_key=client_key,
        list_kind=list_kind,
        blind_answer=blind_answer,
        batch_key=batch_key,
        created_at=moment,
    )
    session.add(review)
    session.flush()  # what follows from it names it
    _carry_out(session, project, account, review, told=told)
    return review


def undo(session: Session, *, project: Project, run: Run, account: Account, client_key: str) -> Review | None:
    """Take a verdict of this person back, decision included; what it had replaced counts again.

    Undone already, or never arrived, it changes nothing.
    """
    review = _by_key(session, client_key)
    if review is None or review.account_id != account.id or review.run_id != run.id:
        return None
    return take_back(session, project=project, run=run, account=account, review=review)


def take_back(session: Session, *, project: Project, run: Run, account: Account, review: Review) -> Review:
    """Take a verdict back, with what followed from it; what it had replaced counts again."""
    truths.lock_images(session, [review.image_id])
    session.refresh(review)
    if review.undone_at is not None:
        return review
    replaced = session.scalars(
        select(Review).where(
            Review.run_id == run.id,
            Review.image_id == review.image_id,
            Review.label_id == review.label_id,
            Review.account_id == account.id,
            Review.undone_at == review.created_at,
        )
    ).first()
    _end(session, review, now())
    if replaced is not None:
        replaced.undone_at = None
        told = _told(session, run, review.image_id, review.label_id, replaced.verdict)
        _carry_out(session, project, account, replaced, told=told)
    session.flush()  # the page that asks next shows it
    return review


def verdicts(session: Session, run: Run, *, as_of: datetime | None = None) -> dict[Pair, Said]:
    """Give the latest verdict that counts on each image and label of a run, as of a moment (None: now)."""
    query = (
        select(Review, Account.name)
        .outerjoin(Account, Account.id == Review.account_id)
        .where(Review.run_id == run.id)
        .order_by(Review.created_at, Review.id)
    )
    if as_of is None:
        query = query.where(Review.undone_at.is_(None))
    else:
        query = query.where(Review.created_at <= as_of, or_(Review.undone_at.is_(None), Review.undone_at > as_of))
    return {(review.image_id, review.label_id): Said(review, who or "") for review, who in session.execute(query)}


def count(session: Session, run: Run) -> int:
    """Count the images and labels of a run on which a verdict stands."""
    pairs = (
        select(Review.image_id, Review.label_id).where(Review.run_id == run.id, Review.undone_at.is_(None)).distinct()
    )
    return session.scalar(select(func.count()).select_from(pairs.subquery())) or 0


def given_by(session: Session, run: Run, account: Account, limit: int) -> list[Review]:
    """List a person's verdicts on a run that stand, the latest first."""
    query = select(Review).where(
        Review.run_id == run.id, Review.account_id == account.id, Review.undone_at.is_(None)
    )  # what they replaced comes back when they are taken back
    return list(session.scalars(query.order_by(Review.created_at.desc(), Review.id.desc()).limit(limit)))


def known_truth(session: Session, run: Run, image_id: int, label_id: int) -> bool:
    """Tell whether the run was told that the label is present in the image; refuse what it was not told."""
    return _told(session, run, image_id, label_id, Verdict.LABEL_ERROR)


def _told(session: Session, run: Run, image_id: int, label_id: int, verdict: Verdict) -> bool:
    item = session.get(SnapshotItem, (run.id, image_id))
    column = next((i for i, label in enumerate(run.labels) if label["id"] == label_id), None)
    if item is None or column is None:
        raise NotFoundError(_("Run %(number)s does not know this image or this label.") % {"number": run.number})
    value = int(np.frombuffer(item.truth, dtype=np.int8)[column])
    if value < 0 and verdict.judges:
        raise ConflictError(_("Nobody had answered for this label when the run began, so there is nothing to judge."))
    return value == 1


def _carry_out(session: Session, project: Project, account: Account, review: Review, *, told: bool) -> None:
    if review.verdict is Verdict.SECOND_OPINION:
        second_opinions.ask(session, review)
    elif review.verdict is Verdict.EXCLUDE:
        image = session.get_one(Image, review.image_id, populate_existing=True)
        # The same moment on both: that is how taking the verdict back knows that it had left the image out.
        image.excluded_at = image.excluded_at or review.created_at
    elif review.verdict.settles:
        shown = told != (review.verdict is Verdict.LABEL_ERROR)
        decision = annotations.decide(
            session,
            project=project,
            image_id=review.image_id,
            account=account,
            label_id=review.label_id,
            answer=Answer.PRESENT if shown else Answer.ABSENT,
        )
        session.flush()  # the decision's id
        review.annotation_id = decision.id


def _end(session: Session, review: Review, moment: datetime) -> None:
    review.undone_at = moment
    if review.verdict is Verdict.SECOND_OPINION:
        second_opinions.withdraw(session, review, moment)
    elif review.verdict is Verdict.EXCLUDE:
        _include(session, review)
    decision = session.get(Annotation, review.annotation_id) if review.annotation_id else None
    if decision is not None:
        annotations.withdraw(session, decision)


def _include(session: Session, review: Review) -> None:
    """Take an image in again that this verdict left out, unless somebody else's does too."""
    image = session.get_one(Image, review.image_id, populate_existing=True)
    if image.excluded_at != review.created_at:
        return
    query = select(Review.created_at).where(
        Review.image_id == image.id,
        Review.verdict == Verdict.EXCLUDE,
        Review.undone_at.is_(None),
        Review.id != review.id,
    )
    image.excluded_at = session.scalars(query.order_by(Review.created_at)).first()


def _own(session: Session, run: Run, account: Account, pair: Pair) -> Review | None:
    query = select(Review).where(
        Review.run_id == run.id,
        Review.image_id == pair[0],
        Review.label_id == pair[1],
        Review.account_id == account.id,
        Review.undone_at.is_(None),
    )
    return session.scalars(query.order_by(Review.id.desc())).first()


def _same_save(session: Session, client_key: str, account: Account, pair: Pair) -> Review | None:
    found = _by_key(session, client_key)
    if found is not None and (found.account_id, found.image_id, found.label_id) != (account.id, *pair):
        raise ConflictError(_("Another verdict was already saved under the same number. Please load the page again."))
    return found


def _by_key(session: Session, client_key: str) -> Review | None:
    return session.scalar(select(Review).where(Review.client_key == client_key))
