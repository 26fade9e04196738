"""Verdicts on a page of places given together, and taken back together."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import Verdict
from app.errors import ConflictError, InvalidInputError
from app.i18n import gettext as _
from app.models import Account, Project, Review, Run
from app.services import reviews, truths


@dataclass(frozen=True)
class Given:
    """Hold what was found at one place."""

    image_id: int
    label_id: int
    verdict: Verdict


def judge_all(
    session: Session,
    *,
    project: Project,
    run: Run,
    account: Account,
    given: Sequence[Given],
    batch_key: str,
    list_kind: str = "",
) -> list[Review]:
    """Keep verdicts on several places, all of them or none; sent twice under one `batch_key` they count once."""
    if not given:
        raise InvalidInputError(_("Nothing on this page was judged."))
    # In one order for everybody: two pages confirmed at one moment never wait for each other.
    truths.lock_images(session, [one.image_id for one in given])
    known = _of_batch(session, batch_key)
    if known:
        if any((review.account_id, review.run_id) != (account.id, run.id) for review in known):
            raise ConflictError(_("Another page was already saved under the same number. Please load the page again."))
        return known
    return [
        reviews.judge(
            session,
            project=project,
            run=run,
            account=account,
            image_id=one.image_id,
            label_id=one.label_id,
            verdict=one.verdict,
            client_key=f"{batch_key}-{place}",
            list_kind=list_kind,
            batch_key=batch_key,
        )
        for place, one in enumerate(given)
    ]


def undo(session: Session, *, project: Project, run: Run, account: Account, key: str) -> list[Review]:
    """Take back what was given under a key, be it one verdict or a page of them; never arrived, it changes nothing."""
    batch = [
        review
        for review in _of_batch(session, key)
        if review.account_id == account.id and review.run_id == run.id and review.undone_at is None
    ]
    if not batch:
        taken = reviews.undo(session, project=project, run=run, account=account, client_key=key)
        return [taken] if taken is not None else []
    truths.lock_images(session, [review.image_id for review in batch])
    for review in reversed(batch):
        reviews.take_back(session, project=project, run=run, account=account, review=review)
    return batch


def _of_batch(session: Session, batch_key: str) -> list[Review]:
    return list(session.scalars(select(Review).where(Review.batch_key == batch_key).order_by(Review.id)))
