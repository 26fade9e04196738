"""Details of images: what is known of where each comes from, by the name of the column that told it."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Image


def keep(session: Session, given: Sequence[tuple[int, Mapping[str, str]]]) -> int:
    """Add details to images; a new value replaces the old one of that name. Gives how many images have changed."""
    wanted = {image_id: details for image_id, details in given if details}
    changed = 0
    query = select(Image).where(Image.id.in_(wanted)).order_by(Image.id)
    for image in session.scalars(query.with_for_update(key_share=True)):
        joined = {**image.details, **wanted[image.id]}
        if joined != image.details:
            image.details = joined
            changed += 1
    return changed


def names(session: Session, project_id: int) -> list[str]:
    """List the names of the details that any image of a project has, in the order in which they came."""
    query = select(Image.details).where(Image.project_id == project_id).order_by(Image.id)
    return list(dict.fromkeys(name for details in session.scalars(query) for name in details))
