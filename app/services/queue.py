"""The annotation queue: which image comes next for whom, answering, passing images by, taking it back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from app.domain.sampling import Order
from app.domain.statuses import Answer, View
from app.errors import ConflictError, NotFoundError
from app.i18n import gettext as _
from app.models import Account, Annotation, Image, Project, Skip
from app.models.types import now
from app.services import annotations, claims, rankings, second_opinions, truths, waiting
from app.services.rankings import Ranking

# The image on the screen and those preloaded behind it; more would keep images from others for no gain.
BATCH_MOST = 10


@dataclass(frozen=True)
class Batch:
    """Images that are this person's to tag now, and the order they were chosen in."""

    images: list[Image]
    order: Order


def rank(
    session: Session, project: Project, account: Account, *, order: Order = Order.SEQUENTIAL, skipped: bool = False
) -> Ranking:
    """Put the images that wait for a person in order.

    With many images that takes a while: asked for in a transaction that only reads, it keeps nobody from saving.
    """
    query = _waiting(project.id, account).where(*_free(account, skipped=skipped)).order_by(Image.id)
    return rankings.rank(session, project, account, order, query)


def next_images(
    session: Session,
    project: Project,
    account: Account,
    *,
    count: int,
    order: Order = Order.SEQUENTIAL,
    skipped: bool = False,
    held: Collection[int] = (),
    ranking: Ranking | None = None,
) -> Batch:
    """Choose and claim the next images for a person; `skipped` gives those the person passed by instead.

    Images about which somebody asks for a second opinion come first. `held` are images the person's screen has already:
    they are not given again. `ranking` is what `rank` gave a moment ago: what is taken meanwhile is passed over.
    """
    if ranking is None:
        ranking = rank(session, project, account, order=order, skipped=skipped)
    claims.lock(session, project)
    free = (*_free(account, skipped=skipped), Image.id.not_in(held))
    wanted = max(0, min(count, BATCH_MOST))
    asked = _asked(project.id, account).where(*free)
    first: Sequence[int] = session.scalars(asked.limit(wanted)).all()
    query = _waiting(project.id, account).where(*free, Image.id.not_in(first))
    # Looked at once more, now that nobody else can choose.
    others = _still_waiting(session, query, ranking, wanted - len(first))
    claimed = claims.take(session, project, account, [*first, *others][:wanted])
    found = {image.id: image for image in session.scalars(select(Image).where(Image.id.in_(claimed)))}
    return Batch([found[image_id] for image_id in claimed], ranking.order)


def answer(
    session: Session,
    project: Project,
    account: Account,
    *,
    image_id: int,
    answers: Mapping[int, Answer],
    client_key: str,
    asked: Mapping[int, int] | None = None,
    seconds: float | None = None,
) -> Annotation:
    """Keep what a person answered at the desk and give the image free.

    Where somebody else has answered meanwhile, it is kept as a second opinion.
    """
    annotation = annotations.submit(
        session,
        project=project,
        image_id=image_id,
        account=account,
        answers=answers,
        view=View.ANNOTATE,
        client_key=client_key,
        asked=asked,
        seconds=seconds,
    )
    claims.release(session, account, [image_id])
    second_opinions.close(session, annotation)
    return annotation


def skip(session: Session, project: Project, account: Account, *, image_id: int, client_key: str) -> Skip:
    """Pass an image by; an answer this person gave for it earlier no longer counts. The same key counts once."""
    truths.lock_images(session, [image_id])
    repeated = session.scalar(select(Skip).where(Skip.client_key == client_key))
    if repeated is not None:
        if repeated.account_id != account.id or repeated.image_id != image_id:
            raise ConflictError(_("Another skip was already saved under the same number. Please load the page again."))
        return repeated
    image = session.get(Image, image_id)
    if image is None or image.project_id != project.id:
        raise NotFoundError(_("This image is not in the project, or no longer."))
    skipped = Skip(image_id=image_id, account_id=account.id, client_key=client_key, created_at=now())
    session.add(skipped)
    earlier = annotations.current_annotation(session, image_id, account.id)
    if earlier is not None:
        # The same moment on both: undoing the skip finds the answer by it.
        earlier.superseded_at = skipped.created_at
        truths.refresh(session, [image_id])
    claims.release(session, account, [image_id])
    return skipped


def undo(session: Session, project: Project, account: Account, client_key: str) -> bool:
    """Take a submission or a skip of this person back, and claim the image for another look."""
    annotation = annotations.take_back(session, account=account, client_key=client_key)
    if annotation is not None:
        second_opinions.reopen(session, annotation)
        claims.take(session, project, account, [annotation.image_id])
        return True
    skipped = session.scalar(
        select(Skip).where(Skip.client_key == client_key, Skip.account_id == account.id, Skip.undone_at.is_(None))
    )
    if skipped is None:
        return False
    truths.lock_images(session, [skipped.image_id])
    skipped.undone_at = now()
    annotations.reinstate(session, skipped.image_id, account, skipped.created_at)
    claims.take(session, project, account, [skipped.image_id])
    return True


def _still_waiting(session: Session, query: Select[int], ranking: Ranking, wanted: int) -> list[int]:
    """Take the first images of a ranking that wait still, and after them what came to wait since."""
    found: list[int] = []
    for piece in truths.in_batches(ranking.image_ids):
        if len(found) >= wanted:
            return found[:wanted]
        there = set(session.scalars(query.where(Image.id.in_(piece))))
        found += [image_id for image_id in piece if image_id in there]
    if len(found) < wanted:
        others = query.where(Image.id.not_in(found)) if found else query
        found += session.scalars(others.order_by(Image.id).limit(wanted - len(found)))
    return found[:wanted]


def _waiting(project_id: int, account: Account) -> Select[int]:
    return select(Image.id).where(waiting.waits(project_id), ~waiting.answered_by(account))


def _free(account: Account, *, skipped: bool) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Say in SQL, for queries on Image, that nobody else has it, and that the person has (not) passed it by."""
    passed = waiting.skipped_by(account)
    return waiting.free(account, now()), passed if skipped else ~passed


def _asked(project_id: int, account: Account) -> Select[int]:
    """Find the images about which this person is asked for a second opinion, the oldest question first."""
    query = select(Image.id).where(Image.project_id == project_id, Image.excluded_at.is_(None))
    return query.where(second_opinions.awaits(account)).order_by(second_opinions.first_asked(), Image.id)
