"""Who said what of which label, as votes stand now: the ground on which people are held against each other."""

from typing import Any

from sqlalchemy import Subquery, case, func, select

from app.domain.statuses import Answer
from app.models import Annotation, AnnotationAnswer, Image, Label
from app.services.annotations import VOTING_VIEWS
from app.services.raters import rater_expression

PRESENT, ABSENT, UNSURE = 1, 0, -1


def ratings(project_id: int, label_id: int | None = None) -> Subquery:
    """Say in SQL what each voice says of each label that is in use: image_id, label_id, rater, value, at, version.

    Decisions do not vote, images that were left out are not counted.
    """
    value = case(
        (AnnotationAnswer.value == Answer.PRESENT, PRESENT),
        (AnnotationAnswer.value == Answer.ABSENT, ABSENT),
        else_=UNSURE,
    )
    query = (
        select(
            Annotation.image_id.label("image_id"),
            AnnotationAnswer.label_id.label("label_id"),
            rater_expression().label("rater"),
            value.label("value"),
            Annotation.created_at.label("at"),
            AnnotationAnswer.definition_version.label("version"),
        )
        .join(AnnotationAnswer, AnnotationAnswer.annotation_id == Annotation.id)
        .join(Label, Label.id == AnnotationAnswer.label_id)
        .join(Image, Image.id == Annotation.image_id)
        .where(Annotation.project_id == project_id, Annotation.superseded_at.is_(None))
        .where(Annotation.view.in_(VOTING_VIEWS), Image.excluded_at.is_(None), Label.removed_at.is_(None))
    )
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
