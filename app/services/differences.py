"""Images on which people differ about a label: all of them, or those of two people."""

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.models import Image, Label, Project
from app.services.raters import Rater
from app.services.ratings import ABSENT, PRESENT, per_image, ratings

# A screenful and a bit more; the rest is one key away.
PAGE_SIZE = 60


def images_differing(
    session: Session,
    project: Project,
    label: Label,
    *,
    present: Rater | None = None,
    absent: Rater | None = None,
    after: int = 0,
    limit: int = PAGE_SIZE,
) -> list[Image]:
    """List images, as they came in, of which one says present and another absent; anybody where nobody is named."""
    query = _differing(session, project.id, label.id, present, absent).subquery()
    rows = select(Image).where(Image.id.in_(select(query.c.image_id)), Image.id > after)
    return list(session.scalars(rows.order_by(Image.id).limit(limit)))


def count_differing(
    session: Session, project: Project, label: Label, *, present: Rater | None = None, absent: Rater | None = None
) -> int:
    """Count the images that `images_differing` lists."""
    query = _differing(session, project.id, label.id, present, absent).subquery()
    return session.scalar(select(func.count()).select_from(query)) or 0


def _differing(
    session: Session, project_id: int, label_id: int, present: Rater | None, absent: Rater | None
) -> Select[tuple[int]]:
    if present is None and absent is None:
        counts = per_image(ratings(session, project_id, label_id))
        return select(counts.c.image_id).where(counts.c.present > 0, counts.c.absent > 0)
    one, other = ratings(session, project_id, label_id), ratings(session, project_id, label_id)
    query = (
        select(one.c.image_id)
        .join_from(one, other, one.c.image_id == other.c.image_id)
        .where(one.c.value == PRESENT, other.c.value == ABSENT)
        .distinct()
    )
    if present is not None:
        query = query.where(one.c.rater == present.id)
    return query if absent is None else query.where(other.c.rater == absent.id)
