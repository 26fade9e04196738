"""One label answered for many images at once, and taken back as one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.domain.statuses import Answer, View
from app.errors import ConflictError, InvalidInputError, NotFoundError
from app.i18n import gettext as _
from app.models import Account, Annotation, Image, Label, Project
from app.models.types import now
from app.services import annotations, label_groups, page_claims, truths, waiting
from app.services.annotations import VOTING_VIEWS, Answers

# A transaction of so many answers takes a few tenths of a second, in which SQLite lets nobody else write; whoever
# answers for more sends them in parts, under one key.
PART_MOST = 500


@dataclass(frozen=True)
class Given:
    """How many images were answered for now, and how many passed by, because they were left out of the project.

    `others` were passed by because they have been given to other people.
    """

    answered: int
    passed: int
    others: tuple[int, ...] = ()


def give(
    session: Session,
    *,
    project: Project,
    account: Account,
    label_id: int,
    version: int,
    answers: Mapping[int, Answer],
    batch_key: str,
    overseeing: bool = False,
) -> Given:
    """Keep a person's answer on one label for many images, by their ids; what the person said of other labels stands.

    `version` is the wording of the label's definition that was read. An image counts once under a `batch_key`, however
    often it is sent. Images still wait for an answer on all labels. Those that were given to other people are left to
    them, unless this person is `overseeing` the work.
    """
    _check_size(answers)
    truths.lock_images(session, answers)
    label = _label_to_answer(session, project, label_id)
    there, excluded = _images(session, project, answers)
    fresh = there - excluded - _known(session, account, label, batch_key, answers)
    others = set() if overseeing else _of_others(session, account, fresh)
    ids = sorted(fresh - others)
    earlier = _standing(session, account, ids)
    moment, read = now(), min(max(version, 1), label.definition_version)
    partners = label_groups.exclusive_partners(session, project.id).get(label.id, set())
    for image_id in ids:
        before = earlier.get(image_id)
        stands = _released(annotations.answers_of(before), answers[image_id], partners)
        if before is not None:
            # The same moment on both: that is how taking the answer back finds what it had superseded.
            before.superseded_at = moment
        made = Annotation(project_id=project.id, image_id=image_id, account_id=account.id, view=View.GRID)
        made.whole, made.created_at = before is not None and before.whole, moment
        made.batch_key, made.client_key = batch_key, _key(batch_key, image_id)
        made.answers = annotations.as_rows(stands | {label.id: (answers[image_id], read)})
        session.add(made)
    truths.refresh(session, ids)
    page_claims.release(session, account, label.id, answers)
    return Given(len(ids), len(excluded), tuple(sorted(others)))


def take_back(
    session: Session, *, account: Account, batch_key: str, image_ids: Collection[int], question: int | None = None
) -> int:
    """Undo what a person gave under a key for some images; gives how many. What was answered anew since then stays.

    `question` is the label that lies open before this person again for these images.
    """
    _check_size(image_ids)
    truths.lock_images(session, image_ids)
    given = {
        annotation.image_id: annotation
        for annotation in _current(session, account, image_ids)
        if annotation.batch_key == batch_key
    }
    superseded = session.scalars(
        select(Annotation).where(
            Annotation.image_id.in_(list(given)),
            Annotation.account_id == account.id,
            Annotation.superseded_at.in_({annotation.created_at for annotation in given.values()}),
        )
    ).all()
    moment = now()
    for annotation in given.values():
        annotation.superseded_at = moment
    for before in superseded:
        if before.superseded_at == given[before.image_id].created_at:
            before.superseded_at = None
    truths.refresh(session, list(given))
    label = None if question is None else session.get(Label, question)
    if label is not None:
        again = [image_id for image_id, annotation in given.items() if annotation.project_id == label.project_id]
        page_claims.keep(session, account, label.id, again)
    return len(given)


def _released(said: Answers, answer: Answer, partners: Collection[int]) -> Answers:
    """Let go of the other labels of an exclusive group where one becomes present, as choosing it at the desk does."""
    if answer is not Answer.PRESENT:
        return said
    return {one: (Answer.ABSENT if one in partners else value, at) for one, (value, at) in said.items()}


def _key(batch_key: str, image_id: int) -> str:
    return f"{batch_key}-{image_id}"


def _check_size(image_ids: Collection[int]) -> None:
    if not image_ids:
        raise InvalidInputError(_("No image was chosen."))
    if len(image_ids) > PART_MOST:
        raise InvalidInputError(_("At most %(most)s images can be answered for in one request.") % {"most": PART_MOST})


def _label_to_answer(session: Session, project: Project, label_id: int) -> Label:
    label = session.get(Label, label_id)
    if label is None or label.project_id != project.id:
        raise NotFoundError(_("This label is not one of this project."))
    if label.removed_at is not None:
        raise ConflictError(
            _("The label “%(name)s” was removed from the project meanwhile, so the answers were not saved.")
            % {"name": label.name}
        )
    return label


def _images(session: Session, project: Project, image_ids: Collection[int]) -> tuple[set[int], set[int]]:
    """Find which images are in the project, and which of them are left out; refuse where one is not."""
    query = select(Image.id, Image.excluded_at).where(Image.project_id == project.id, Image.id.in_(image_ids))
    found = session.execute(query).all()
    if len(found) != len(image_ids):
        raise NotFoundError(_("One of these images is not in the project, or no longer."))
    return {row[0] for row in found}, {row[0] for row in found if row[1] is not None}


def _of_others(session: Session, account: Account, image_ids: Collection[int]) -> set[int]:
    return set(session.scalars(select(Image.id).where(Image.id.in_(image_ids), waiting.barred(account))))


def _known(session: Session, account: Account, label: Label, batch_key: str, image_ids: Collection[int]) -> set[int]:
    """Find the images that were answered for under this key already."""
    keys = [_key(batch_key, image_id) for image_id in image_ids]
    query = select(Annotation).where(Annotation.client_key.in_(keys)).options(selectinload(Annotation.answers))
    known = session.scalars(query).all()
    if any(one.account_id != account.id or label.id not in annotations.answers_of(one) for one in known):
        raise ConflictError(_("Other answers were already saved under the same number. Please load the page again."))
    return {one.image_id for one in known}


def _standing(session: Session, account: Account, image_ids: Collection[int]) -> dict[int, Annotation]:
    return {annotation.image_id: annotation for annotation in _current(session, account, image_ids)}


def _current(session: Session, account: Account, image_ids: Collection[int]) -> Sequence[Annotation]:
    """List the votes of a person that count now, in the order in which they were given."""
    query = select(Annotation).where(
        Annotation.image_id.in_(image_ids),
        Annotation.account_id == account.id,
        Annotation.superseded_at.is_(None),
        Annotation.view.in_(VOTING_VIEWS),
    )
    # What another transaction changed before this one had the lock counts too.
    query = query.options(selectinload(Annotation.answers)).execution_options(populate_existing=True)
    return session.scalars(query.order_by(Annotation.id)).all()
