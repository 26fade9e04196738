"""What another number of opinions would ask of people, said before it is decided."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.statuses import View
from app.models import Annotation, Image, Project

VOTING = [view for view in View if not view.decides]


@dataclass(frozen=True)
class OpinionPlan:
    """How many answers are missing now, and how many would be."""

    images: int
    missing_now: int
    # On average over the draw, where only a share of the images gets several opinions.
    missing_then: int

    @property
    def more(self) -> int:
        """Count the answers that the plan adds; below zero where it asks for fewer."""
        return self.missing_then - self.missing_now


def plan(session: Session, project: Project, *, opinions: int, share: float) -> OpinionPlan:
    """Count what is missing, and what would be if that share of the images wanted so many opinions."""
    usable = (Image.project_id == project.id, Image.excluded_at.is_(None))
    total, missing = session.execute(
        select(func.count(Image.id), func.coalesce(func.sum(Image.needed), 0)).where(*usable)
    ).one()
    answered = _answered(session, project)
    answered[0] = total - sum(answered.values())
    then = sum(
        n * (share * max(0, opinions - given) + (1 - share) * max(0, 1 - given)) for given, n in answered.items()
    )
    return OpinionPlan(images=total, missing_now=int(missing), missing_then=round(then))


def _answered(session: Session, project: Project) -> dict[int, int]:
    """Count the images by how many people have answered for them, those with no answer left out."""
    given = (
        select(func.count(Annotation.id).label("given"))
        .join(Image, Image.id == Annotation.image_id)
        .where(Annotation.project_id == project.id, Annotation.superseded_at.is_(None), Annotation.whole)
        .where(Annotation.view.in_(VOTING), Image.excluded_at.is_(None))
        .group_by(Annotation.image_id)
        .subquery()
    )
    rows = session.execute(select(given.c.given, func.count()).group_by(given.c.given))
    return {row[0]: row[1] for row in rows}
