"""The annotation queue: which image comes next for whom, answering, passing images by, taking it back."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.chance import draw
from app.domain.sampling import Order
from app.domain.statuses import Answer, View
from app.errors import ConflictError, NotFoundError
from app.i18n import gettext as _
from app.models import Account, Annotation, Image, Label, Project, Skip
from app.models.types import now
from app.services import annotations, claims, controls, label_questions, second_opinions, truths, waiting
from app.services.queue_walks import Plan, Walk
from app.services.queue_wishes import SKIPPED, Wish

# The image on the screen and those preloaded behind it; more would keep images from others for no gain.
BATCH_MOST = 10


@dataclass(frozen=True)
class Batch:
    """Images that are this person's to tag now, the order they were chosen in, and a sentence where it was another."""

    images: list[Image]
    order: Order
    fallback: str


def next_images(
    session: Session, project: Project, account: Account, plan: Plan, *, count: int, held: Collection[int] = ()
) -> Batch:
    """Choose and claim the next images for a person; `held` are those on the person's screen already.

    Images about which somebody asks for a second opinion come first; control images stand anywhere. `plan` was made a
    moment ago: whatever is taken meanwhile is passed over.
    """
    claims.lock(session, project)
    wanted = max(0, min(count, BATCH_MOST))
    first, due = _first(session, project, account, plan.wish, wanted, held)
    found = Walk(session, project, account, plan, {*held, *first, *due}).find(wanted - len(first) - len(due))
    chosen = [*first, *found.image_ids]
    for image_id in due:
        chosen.insert(int(draw("place", project.seed, account.id, image_id) * (len(chosen) + 1)), image_id)
    claimed = claims.take(session, project, account, chosen)
    loaded = {image.id: image for image in session.scalars(select(Image).where(Image.id.in_(claimed)))}
    fallback = _("Nothing is left that fits this order: images come as brought in.") if found.past else plan.fallback
    return Batch([loaded[image_id] for image_id in claimed], plan.wish.order, fallback)


def _first(
    session: Session, project: Project, account: Account, wish: Wish, wanted: int, held: Collection[int]
) -> tuple[list[int], list[int]]:
    """Find what no order brings: images somebody asks a second opinion on, and control images that are due."""
    skipped = wish.narrow == SKIPPED
    if wish.asked is not None or not (skipped or wish.narrow.is_empty):
        return [], []
    passed = waiting.skipped_by(account)
    more = (Image.id.not_in(held), waiting.free(account, now()), passed if skipped else ~passed)
    asked = second_opinions.awaiting(session, project.id, account, *more)[:wanted]
    if skipped:
        return asked, []
    return asked, controls.due(session, project, account, wanted - len(asked), {*held, *asked})


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
    question: int | None = None,
) -> Annotation:
    """Keep what a person answered at the desk and give the image free.

    Where somebody else has answered meanwhile, it is kept as a second opinion. An answer to a question is about its
    label alone, and is kept also where the question was closed meanwhile.
    """
    if question is not None:
        label_id = label_questions.get_question(session, project.id, question).label_id
        answers = {label_id: answers.get(label_id, Answer.ABSENT)}
        # Who does not say which wording stood on the screen has read the one in force.
        version = (asked or {}).get(label_id) or session.get_one(Label, label_id).definition_version
        asked = {label_id: version}
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
        whole=question is None,
    )
    claims.release(session, account, [image_id])
    if question is None:
        second_opinions.close(session, annotation)
    return annotation


def skip(
    session: Session,
    project: Project,
    account: Account,
    *,
    image_id: int,
    client_key: str,
    question: int | None = None,
) -> Skip:
    """Pass an image by; an answer this person gave for it earlier no longer counts. The same key counts once.

    To pass a question by says nothing of the other labels: what was answered for them stands.
    """
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
    if earlier is not None and question is None:
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
