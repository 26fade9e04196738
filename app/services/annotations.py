"""Answers of people for images: submitted, corrected, taken back, decided on, brought in by a CSV."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import isfinite

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, View
from app.errors import ConflictError, InvalidInputError, NotFoundError
from app.i18n import gettext as _
from app.models import Account, Annotation, AnnotationAnswer, Image, Label, Project
from app.models.types import now
from app.services import truths

# Answers of these views vote; those of the others decide.
VOTING_VIEWS = frozenset(view for view in View if not view.decides)
# A remark of some lines; longer ones belong into the project's description.
COMMENT_MAX_LENGTH = 2000
# Per label id: the answer, and the version of the definition it was given under.
_Answers = dict[int, tuple[Answer, int]]


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
) -> Annotation:
    """Keep a person's answer for one image; it supersedes the same person's earlier one.

    `asked` holds the labels that stood on the screen, each with the version of its definition there (default: all that
    the project has now); those without an answer are absent. The same `client_key` twice counts once.
    """
    truths.lock_images(session, [image_id])
    repeated = _same_save(session, client_key, account, image_id)
    if repeated is not None:
        return repeated
    _image_to_answer(session, project, image_id)
    annotation = Annotation(
        project_id=project.id,
        image_id=image_id,
        account_id=account.id,
        view=view,
        client_key=client_key,
        comment=comment.strip()[:COMMENT_MAX_LENGTH],
        seconds=seconds if seconds is not None and isfinite(seconds) and seconds >= 0 else None,
        answers=_complete(labels_by_id(session, project.id), answers, asked),
        created_at=now(),
    )
    earlier = current_annotation(session, image_id, account.id)
    if earlier is not None:
        # The same moment on both: that is how taking a correction back finds what it had superseded.
        earlier.superseded_at = annotation.created_at
    session.add(annotation)
    truths.refresh(session, [image_id])
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
) -> Annotation:
    """Settle one label of one image; of two decisions the later one counts."""
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


def import_annotations(
    session: Session,
    *,
    project: Project,
    import_id: int,
    account_id: int | None,
    rows: Iterable[tuple[int, frozenset[int]]],
    label_ids: Sequence[int],
) -> int:
    """Keep what a CSV says: which of the labels it asks for are present in each image. Tells how many images changed.

    The same answers again make nothing; changed ones supersede what an earlier import said, and labels that this CSV
    does not ask for keep what that one said of them. An image that is named twice counts with its last row.
    """
    labels = labels_by_id(session, project.id)
    versions = {label_id: labels[label_id].definition_version for label_id in label_ids}
    made = 0
    for batch in truths.in_batches(list(dict(rows).items()) if versions else []):
        image_ids = [image_id for image_id, _present in batch]
        truths.lock_images(session, image_ids)
        known = _imported(session, image_ids)
        changed: dict[int, _Answers] = {}
        for image_id, present in batch:
            before = known[image_id][1] if image_id in known else {}
            said = {i: (Answer.PRESENT if i in present else Answer.ABSENT, versions[i]) for i in versions}
            if any(i not in before or before[i][0] is not value for i, (value, _version) in said.items()):
                changed[image_id] = before | said
        _keep_imported(session, project.id, import_id, account_id, changed)
        truths.refresh(session, changed.keys())
        made += len(changed)
    return made


def _imported(session: Session, image_ids: Sequence[int]) -> dict[int, tuple[int, _Answers]]:
    """Load the imported annotation of each image that counts now: its id and its answers."""
    query = (
        select(
            Annotation.image_id,
            Annotation.id,
            AnnotationAnswer.label_id,
            AnnotationAnswer.value,
            AnnotationAnswer.definition_version,
        )
        .join(AnnotationAnswer, AnnotationAnswer.annotation_id == Annotation.id)
        .where(Annotation.image_id.in_(image_ids), Annotation.superseded_at.is_(None), Annotation.view == View.IMPORT)
    )
    found: dict[int, tuple[int, _Answers]] = {}
    for image_id, annotation_id, label_id, value, version in session.execute(query):
        found.setdefault(image_id, (annotation_id, {}))[1][label_id] = (value, version)
    return found


def _keep_imported(
    session: Session, project_id: int, import_id: int, account_id: int | None, changed: Mapping[int, _Answers]
) -> None:
    if not changed:
        return
    moment = now()
    session.execute(
        update(Annotation)
        .where(
            Annotation.image_id.in_(changed.keys()),
            Annotation.superseded_at.is_(None),
            Annotation.view == View.IMPORT,
        )
        .values(superseded_at=moment)
    )
    shared = {"project_id": project_id, "import_id": import_id, "account_id": account_id, "view": View.IMPORT}
    made = session.scalars(
        insert(Annotation).returning(Annotation.id, sort_by_parameter_order=True),
        [shared | {"image_id": image_id, "comment": "", "created_at": moment} for image_id in changed],
    )
    session.execute(
        insert(AnnotationAnswer),
        [
            {"annotation_id": annotation_id, "label_id": i, "value": value, "definition_version": version}
            for annotation_id, answers in zip(made, changed.values(), strict=True)
            for i, (value, version) in answers.items()
        ],
    )


def current_annotation(session: Session, image_id: int, account_id: int) -> Annotation | None:
    """Find the vote of one person for one image that counts now."""
    query = select(Annotation).where(
        Annotation.image_id == image_id,
        Annotation.account_id == account_id,
        Annotation.superseded_at.is_(None),
        Annotation.view.in_(VOTING_VIEWS),
    )
    return session.scalars(query.order_by(Annotation.id.desc())).first()


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


def _complete(
    labels: Mapping[int, Label], answers: Mapping[int, Answer], asked: Mapping[int, int] | None
) -> list[AnnotationAnswer]:
    live = {label.id: label.definition_version for label in labels.values() if label.removed_at is None}
    versions = dict(live if asked is None else asked)
    for label_id in answers:
        versions.setdefault(label_id, live.get(label_id, 1))
    if versions.keys() - labels.keys():
        raise InvalidInputError(_("One of these labels is not one of this project. Please load the page again."))
    _refuse_removed(labels[label_id] for label_id, value in answers.items() if value is not Answer.ABSENT)
    if not live:
        raise ConflictError(_("This project has no labels yet, so there is nothing to answer."))
    asked_now = {label_id: version for label_id, version in sorted(versions.items()) if label_id in live}
    if not asked_now:
        raise ConflictError(_("The labels of this project have changed meanwhile. Please load the page again."))
    return [
        AnnotationAnswer(
            label_id=label_id,
            value=answers.get(label_id, Answer.ABSENT),
            # Nobody can have read a wording that does not exist yet.
            definition_version=min(max(version, 1), live[label_id]),
        )
        for label_id, version in asked_now.items()
    ]


def _refuse_removed(labels: Iterable[Label]) -> None:
    for label in labels:
        if label.removed_at is not None:
            raise ConflictError(
                _("The label “%(name)s” was removed from the project meanwhile, so the answer was not saved.")
                % {"name": label.name}
            )
