"""Questions for one label: images that were answered before the label was there are asked for it alone."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Exists, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.domain.statuses import Answer, View
from app.errors import ConflictError, NotFoundError
from app.i18n import gettext as _
from app.models import Account, Annotation, AnnotationAnswer, Image, Label, LabelQuestion, Truth
from app.models.types import now

VOTING = [view for view in View if not view.decides]


@dataclass(frozen=True)
class Question:
    """A label that earlier images are asked for: how many of them have been answered since, and how many are left."""

    id: int
    label: Label
    asked_at: datetime
    answered: int
    left: int

    @property
    def asked(self) -> int:
        """Count the images that the question is about."""
        return self.answered + self.left


def open_questions(session: Session, project_id: int) -> list[Question]:
    """List the open questions of a project, oldest first, with how far each is; archived labels ask nothing."""
    rows = session.execute(
        select(LabelQuestion, Label)
        .join(Label, Label.id == LabelQuestion.label_id)
        .where(Label.project_id == project_id, Label.removed_at.is_(None), LabelQuestion.closed_at.is_(None))
        .order_by(LabelQuestion.asked_at, LabelQuestion.id)
    )
    return [_counted(session, question, label) for question, label in rows]


def ask(session: Session, label: Label, account: Account | None) -> LabelQuestion:
    """Ask the images that were answered before for this label; gives the open question if there is one."""
    if label.removed_at is not None:
        raise ConflictError(_("“%(name)s” is archived, so nobody can be asked for it.") % {"name": label.name})
    known = select(LabelQuestion).where(LabelQuestion.label_id == label.id, LabelQuestion.closed_at.is_(None))
    question = session.scalars(known).first()
    if question is None:
        question = LabelQuestion(label_id=label.id, asked_by_id=account.id if account else None, asked_at=now())
        session.add(question)
        session.flush()  # callers lead people to it by its id
    return question


def close(session: Session, question: LabelQuestion) -> None:
    """Ask no further; what was answered stands."""
    if question.closed_at is None:
        question.closed_at = now()
        session.flush()  # a list read next no longer shows it


def close_for(session: Session, label: Label) -> None:
    """Close whatever is asked about a label."""
    query = select(LabelQuestion).where(LabelQuestion.label_id == label.id, LabelQuestion.closed_at.is_(None))
    for question in session.scalars(query):
        close(session, question)


def get_question(session: Session, project_id: int, question_id: int) -> LabelQuestion:
    """Load a question about a label of a project, open or closed."""
    question = session.get(LabelQuestion, question_id)
    label = session.get(Label, question.label_id) if question else None
    if question is None or label is None or label.project_id != project_id:
        raise NotFoundError(_("This question is not one of this project, or no longer."))
    return question


def still_asked(label_id: int) -> ColumnElement[bool]:
    """Say in SQL, for queries on Image, which images were answered before but by nobody for this label."""
    earlier, said = aliased(Annotation), aliased(Annotation)
    answered = exists().where(
        earlier.image_id == Image.id, earlier.superseded_at.is_(None), earlier.whole, earlier.view.in_(VOTING)
    )
    for_it = exists().where(
        said.image_id == Image.id,
        said.superseded_at.is_(None),
        AnnotationAnswer.annotation_id == said.id,
        AnnotationAnswer.label_id == label_id,
    )
    # What was said of a label that was merged into it, or that it was split from, is in the truth alone.
    known = exists().where(Truth.image_id == Image.id, Truth.label_id == label_id)
    return and_(Image.excluded_at.is_(None), answered, ~known, ~for_it)


def counting() -> ColumnElement[bool]:
    """Say in SQL which labels' answers count: those in use, and those that were merged into others."""
    return or_(Label.removed_at.is_(None), Label.merged_into_id.is_not(None))


def parts_unknown() -> Exists:
    """Say in SQL, for queries on Image, that a label which was split was not absent and its parts are unknown still.

    Such an image is not one to which no label applies, whatever else is absent in it.
    """
    known = exists().where(Truth.image_id == Image.id, Truth.label_id == Label.id)
    return exists().where(
        Annotation.image_id == Image.id,
        Annotation.superseded_at.is_(None),
        AnnotationAnswer.annotation_id == Annotation.id,
        AnnotationAnswer.value != Answer.ABSENT,
        Label.split_from_id == AnnotationAnswer.label_id,
        counting(),
        ~known,
    )


def count_left(session: Session, label: Label) -> int:
    """Count the images that were answered before and never for this label."""
    query = select(func.count(Image.id)).where(Image.project_id == label.project_id, still_asked(label.id))
    return session.scalar(query) or 0


def _counted(session: Session, question: LabelQuestion, label: Label) -> Question:
    before = aliased(Annotation)
    # An image that is new since then was never part of the question.
    earlier = exists().where(before.image_id == Annotation.image_id, before.created_at < question.asked_at)
    answered = (
        select(func.count(func.distinct(Annotation.image_id)))
        .join(AnnotationAnswer, AnnotationAnswer.annotation_id == Annotation.id)
        .join(Image, Image.id == Annotation.image_id)
        .where(Annotation.project_id == label.project_id, AnnotationAnswer.label_id == label.id)
        .where(Annotation.superseded_at.is_(None), Annotation.created_at >= question.asked_at)
        .where(Image.excluded_at.is_(None), earlier)
    )
    return Question(question.id, label, question.asked_at, session.scalar(answered) or 0, count_left(session, label))
