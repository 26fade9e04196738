"""Labelling: whether the labels of a project overlap, or exactly one of them applies to each image."""

from sqlalchemy.orm import Session

from app.domain.statuses import Labelling
from app.models import Project
from app.services import label_groups


def labelling_of(session: Session, project: Project) -> Labelling:
    """Tell how the live labels of a project go together: exclusive where they all form one exclusive group."""
    sections = label_groups.grouped(session, project.id)
    # Of a single label there is nothing to choose: it is present or absent, as where labels overlap.
    one = len(sections) == 1 and sections[0].exclusive and len(sections[0].labels) > 1
    return Labelling.EXCLUSIVE if one else Labelling.OVERLAPPING
