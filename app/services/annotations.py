"""Answers of people for images: submitted, corrected, taken back, decided on."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from math import isfinite

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, View
from app.errors import ConflictError, InvalidInputError, NotFoundError
from app.i18n import gettext as _
from app.models import Account, Annotation, AnnotationAnswer, Image, Label, Project
from app.models.types import now
from app.services import label_groups, truths

# Answers of these views vote; those of the others decide.
VOTING_VIEWS = frozenset(view for view in View if not view.decides)
# A remark of some lines; longer ones belong into the project's description.
COMMENT_MAX_LENGTH = 2000
# Per label id: the answer, and the version of the definition it was given under.
Answers = dict[int, tuple[Answer, int]]


def submit(
    session: Session,
    *,
    project: Project,
    image_id: int,
    account: Account,
    answers: Mapping[int, Answer],
    view: View,
    client_key: str | None = None,
    comment: str = "",
    seconds: float | None = None,
    asked: Mapping[int, int] | None = None,
    whole: bool = True,
) -> Annotation:
    """Keep a person's answer for one image; it supersedes the same person's earlier one.

    `asked` holds the labels that stood on the screen, each with the version of its definition there (default: all that
    the project has now); those without an answer are absent. What the person said earlier of other labels stands.
    `whole` is false where only some labels were asked on purpose: then the image still waits for an answer. The same
    `client_key` twice counts once.
    """
    truths.lock_images(session, [image_id])
    if (repeated := _same_save(session, client_key, account, image_id)) is not None:
        return repeated
    _image_to_answer(session, project, image_id)
    earlier = current_annotation(session, image_id, account.id)
    labels = labels_by_id(session, project.id)
    said, given = answers_of(earlier), _complete(labels, answers, asked)
    label_groups.refuse_two_present(session, project.id, _values(given), _values(said))
    annotation = Annotation(
        project_id=project.id,
        image_id=image_id,
        account_id=account.id,
        view=view,
        client_key=client_key,
        comment=comment.strip()[:COMMENT_MAX_LENGTH],
        seconds=seconds if seconds is not None and isfinite(seconds) and seconds >= 0 else None,
        answers=as_rows(said | given),
        whole=whole or (earlier is not None and earlier.whole),
        created_at=now(),
    )
    if earlier is not None:
        # The same moment on both: that is how taking a correction back finds what it had superseded.
        earlier.superseded_at = annotation.created_at
    session.add(annotation)
    truths.refresh(session, [image_id], known=labels.values())
    return annotation


def take_back(session: Session, *, account: Account, client_key: str) -> Annotation | None:
    """Undo a submission of this person; what it had superseded counts again. Undone already, it changes nothing."""
    query = select(Annotation).where(Annotation.client_key == client_key, Annotation.account_id == account.id)
    image_id = session.scalar(query.with_only_columns(Annotation.image_id))
    if image_id is None:
        return None
    truths.lock_images(session, [image_id])
    annotation = session.scalars(query.execution_options(populate_existing=True)).one()
    if annotation.superseded_at is not None:
        return None
    annotation.superseded_at = now()
    reinstate(session, image_id, account, annotation.created_at)
    return annotation


def reinstate(session: Session, image_id: int, account: Account, superseded_at: datetime) -> None:
    """Let the answer count again that something undone had superseded at that moment, unless a newer one counts."""
    query = select(Annotation).where(
        Annotation.image_id == image_id,
        Annotation.account_id == account.id,
        Annotation.superseded_at == superseded_at,
    )
    superseded = session.scalars(query).first()
    if superseded is not None and current_annotation(session, image_id, account.id) is None:
        superseded.superseded_at = None
    truths.refresh(session, [image_id])


def decide(
    session: Session,
    *,
    project: Project,
    image_id: int,
    account: Account,
    label_id: int,
    answer: Answer,
    view: View = View.REVIEW,
    comment: str = "",
) -> Annotation:
    """Settle one label of one image, with the reason as a comment; of two decisions the later one counts."""
    if not view.decides:
        raise ValueError(f"a decision cannot be made in the view {view}")
    truths.lock_images(session, [image_id])
    _existing_image(session, project, image_id)
    label = labels_by_id(session, project.id).get(label_id)
    if label is None:
        raise NotFoundError(_("This label is not one of this project."))
    _refuse_removed([label])
    annotation = Annotation(
        project_id=project.id,
        image_id=image_id,
        account_id=account.id,
        view=view,
        whole=False,
        comment=comment.strip()[:COMMENT_MAX_LENGTH],
        answers=[AnnotationAnswer(label_id=label_id, value=answer, definition_version=label.definition_version)],
        created_at=now(),
    )
    session.add(annotation)
    truths.refresh(session, [image_id])
    return annotation


def withdraw(session: Session, annotation: Annotation) -> None:
    """Take a decision back; the one before it, or else the votes, count again."""
    truths.lock_images(session, [annotation.image_id])
    if annotation.superseded_at is None:
        annotation.superseded_at = now()
        truths.refresh(session, [annotation.image_id])


def current_annotation(session: Session, image_id: int, account_id: int) -> Annotation | None:
    """Find the vote of one person for one image that counts now."""
    query = select(Annotation).where(
        Annotation.image_id == image_id,
        Annotation.account_id == account_id,
        Annotation.superseded_at.is_(None),
        Annotation.view.in_(VOTING_VIEWS),
    )
    return session.scalars(query.order_by(Annotation.id.desc())).first()


def answers_of(annotation: Annotation | None) -> Answers:
    """Give what an annotation says, label by label; nothing where there is none."""
    if annotation is None:
        return {}
    return {one.label_id: (one.value, one.definition_version) for one in annotation.answers}


def as_rows(answers: Answers) -> list[AnnotationAnswer]:
    """Make the rows that keep some answers."""
    return [
        AnnotationAnswer(label_id=label_id, value=value, definition_version=version)
        for label_id, (value, version) in sorted(answers.items())
    ]


def labels_by_id(session: Session, project_id: int) -> dict[int, Label]:
    """Load all labels a project ever had, removed ones too."""
    return {label.id: label for label in session.scalars(select(Label).where(Label.project_id == project_id))}


def _same_save(session: Session, client_key: str | None, account: Account, image_id: int) -> Annotation | None:
    if client_key is None:
        return None
    found = session.scalar(select(Annotation).where(Annotation.client_key == client_key))
    if found is not None and (found.account_id != account.id or found.image_id != image_id):
        raise ConflictError(_("Another answer was already saved under the same number. Please load the page again."))
    return found


def _existing_image(session: Session, project: Project, image_id: int) -> Image:
    image = session.get(Image, image_id, populate_existing=True)
    if image is None or image.project_id != project.id:
        raise NotFoundError(_("This image is not in the project, or no longer."))
    return image


def _image_to_answer(session: Session, project: Project, image_id: int) -> None:
    image = _existing_image(session, project, image_id)
    if image.excluded_at is not None:
        raise ConflictError(
            _("The image “%(name)s” was taken out of the project meanwhile, so it needs no answer.")
            % {"name": image.name}
        )


def _values(answers: Answers) -> dict[int, Answer]:
    return {label_id: value for label_id, (value, _version) in answers.items()}


def _complete(labels: Mapping[int, Label], answers: Mapping[int, Answer], asked: Mapping[int, int] | None) -> Answers:
    live = {label.id: label.definition_version for label in labels.values() if label.removed_at is None}
    versions = dict(live if asked is None else asked)
    for label_id in answers:
        versions.setdefault(label_id, live.get(label_id, 1))
    if versions.keys() - labels.keys():
        raise InvalidInputError(_("One of these labels is not one of this project. Please load the page again."))
    _refuse_removed(labels[label_id] for label_id, value in answers.items() if value is not Answer.ABSENT)
    if not live:
        raise ConflictError(_("This project has no labels yet, so there is nothing to answer."))
    # A screen from before a merge may still ask for both labels: what is said there counts for the one that stays.
    merged = {label.id: label.definition_version for label in labels.values() if label.merged_into_id is not None}
    newest = live | merged
    asked_now = {label_id: version for label_id, version in sorted(versions.items()) if label_id in newest}
    if not asked_now:
        raise ConflictError(_("The labels of this project have changed meanwhile. Please load the page again."))
    return {
        # Nobody can have read a wording that does not exist yet.
        label_id: (answers.get(label_id, Answer.ABSENT), min(max(version, 1), newest[label_id]))
        for label_id, version in asked_now.items()
    }


def _refuse_removed(labels: Iterable[Label]) -> None:
    for label in labels:
        if label.removed_at is not None and label.merged_into_id is None:
            raise ConflictError(
                _("The label “%(name)s” was removed from the project meanwhile, so the answer was not saved.")
                % {"name": label.name}
            )
