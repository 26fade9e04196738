"""What a change of a label would touch, counted before it is made."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.statuses import JobStatus
from app.models import Annotation, AnnotationAnswer, Job, Label, LabelExample, LabelQuestion, Run
from app.services import truths


@dataclass(frozen=True)
class Impact:
    """How much hangs on a label: answers that count now, under its own name or one merged into it."""

    answers: int
    people: int
    imported: int  # of the answers, those that a table brought in
    images: int
    runs: list[int]  # the numbers of the finished runs that learned it
    examples: int
    questions: int


def impact_of(session: Session, label: Label) -> Impact:
    """Count what hangs on a label."""
    names = truths.lineage(session, label.project_id).labels_of(label.id)
    row = session.execute(
        select(
            func.count().label("answers"),
            func.count(func.distinct(Annotation.account_id)).label("people"),
            func.count(Annotation.import_id).label("imported"),
            func.count(func.distinct(Annotation.image_id)).label("images"),
        )
        .join(AnnotationAnswer, AnnotationAnswer.annotation_id == Annotation.id)
        .where(AnnotationAnswer.label_id.in_(names), Annotation.superseded_at.is_(None))
    ).one()
    examples = select(func.count()).select_from(LabelExample).where(LabelExample.label_id == label.id)
    questions = select(func.count()).select_from(LabelQuestion)
    open_ = questions.where(LabelQuestion.label_id == label.id, LabelQuestion.closed_at.is_(None))
    return Impact(
        row.answers,
        row.people,
        row.imported,
        row.images,
        _runs(session, label),
        session.scalar(examples) or 0,
        session.scalar(open_) or 0,
    )


def _runs(session: Session, label: Label) -> list[int]:
    query = (
        select(Run.number, Run.labels)
        .join(Job, Job.id == Run.job_id)
        .where(Run.project_id == label.project_id, Run.deleted_at.is_(None), Job.status == JobStatus.SUCCEEDED)
        .order_by(Run.number)
    )
    return [number for number, learned in session.execute(query) if any(one["id"] == label.id for one in learned)]
