"""Who said what of which label, as votes stand now: the ground on which people are held against each other."""

from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, or_, select
from sqlalchemy.orm import Session

from app.domain.lineage import Lineage
from app.domain.statuses import Answer
from app.models import Annotation, AnnotationAnswer, Image, Label
from app.services import truths
from app.services.annotations import VOTING_VIEWS
from app.services.raters import rater_expression

PRESENT, ABSENT, UNSURE = 1, 0, -1
# Of labels that became one the strongest answer counts, and one that was given since counts alone.
_STRENGTH = {Answer.PRESENT: 2, Answer.UNSURE: 1, Answer.ABSENT: 0}
_ALONE = 10


def ratings(session: Session, project_id: int, label_id: int | None = None) -> Subquery:
    """Say in SQL what each voice says of each label in use: annotation_id, image_id, label_id, rater, value, at.

    Decisions do not vote, images that were left out are not counted, and answers for labels that were merged into
    others count for those, as they do for the ground truth.
    """
    lineage = truths.lineage(session, project_id)
    if lineage.merged:
        return _merged(project_id, label_id, lineage)
    value = case(
        (AnnotationAnswer.value == Answer.PRESENT, PRESENT),
        (AnnotationAnswer.value == Answer.ABSENT, ABSENT),
        else_=UNSURE,
    )
    query = _current(project_id).add_columns(AnnotationAnswer.label_id.label("label_id"), value.label("value"))
    query = query.join(Label, Label.id == AnnotationAnswer.label_id).where(Label.removed_at.is_(None))
    return (query if label_id is None else query.where(AnnotationAnswer.label_id == label_id)).subquery()


def per_image(said: Subquery) -> Subquery:
    """Count for each image and label how many said present, absent and unsure, and when the last of them did."""

    def how_many(value: int) -> Any:
        return func.sum(case((said.c.value == value, 1), else_=0))

    return (
        select(
            said.c.image_id,
            said.c.label_id,
            how_many(PRESENT).label("present"),
            how_many(ABSENT).label("absent"),
            how_many(UNSURE).label("unsure"),
            func.max(said.c.at).label("at"),
        )
        .group_by(said.c.image_id, said.c.label_id)
        .subquery()
    )


def _merged(project_id: int, label_id: int | None, lineage: Lineage) -> Subquery:
    """Read each answer as one for the label that it counts for now, and take of each annotation the strongest."""
    roots = {label: lineage.root(label) for label in lineage.merged}
    root = case(roots, value=AnnotationAnswer.label_id, else_=AnnotationAnswer.label_id)
    since = {into: max(each.since for each in lineage.merged.values() if each.into == into) for into in roots.values()}
    newer = or_(
        *(
            and_(AnnotationAnswer.label_id == into, AnnotationAnswer.definition_version >= version)
            for into, version in since.items()
        )
    )
    strength = func.max(_strength() + case((newer, _ALONE), else_=0))
    value = case((strength % _ALONE == 2, PRESENT), (strength % _ALONE == 0, ABSENT), else_=UNSURE)
    query = _current(project_id).add_columns(root.label("label_id"), value.label("value"))
    query = query.join(Label, Label.id == root).where(Label.removed_at.is_(None))
    if label_id is not None:
        query = query.where(AnnotationAnswer.label_id.in_(lineage.labels_of(label_id)))
    return query.group_by(Annotation.id, root).subquery()


def _current(project_id: int) -> Select[Any]:
    return (
        select(
            Annotation.id.label("annotation_id"),
            Annotation.image_id.label("image_id"),
            rater_expression().label("rater"),
            Annotation.created_at.label("at"),
        )
        .join(AnnotationAnswer, AnnotationAnswer.annotation_id == Annotation.id)
        .join(Image, Image.id == Annotation.image_id)
        .where(Annotation.project_id == project_id, Annotation.superseded_at.is_(None))
        .where(Annotation.view.in_(VOTING_VIEWS), Image.excluded_at.is_(None))
    )


def _strength() -> ColumnElement[int]:
    return case({answer.value: strength for answer, strength in _STRENGTH.items()}, value=AnnotationAnswer.value)
