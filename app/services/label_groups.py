"""Label groups: labels shown together under a title; of an exclusive group at most one is present."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Label, LabelGroup
from app.services import labels


@dataclass(frozen=True)
class Section:
    """Labels as they are shown together; those of no group stand in a section without a title, before the groups."""

    title: str
    exclusive: bool
    labels: list[Label]
    group_id: int | None = None


def groups_of(session: Session, project_id: int) -> list[LabelGroup]:
    """List the groups of a project in their order."""
    query = select(LabelGroup).where(LabelGroup.project_id == project_id)
    return list(session.scalars(query.order_by(LabelGroup.position, LabelGroup.id)))


def grouped(session: Session, project_id: int, *, empty: bool = False) -> list[Section]:
    """List the live labels of a project by group, in the order of groups and labels; `empty` keeps empty groups."""
    members: dict[int | None, list[Label]] = defaultdict(list)
    groups = groups_of(session, project_id)
    known = {group.id for group in groups}
    for label in labels.live_labels(session, project_id):
        members[label.group_id if label.group_id in known else None].append(label)
    sections = [Section("", False, members[None])]
    sections += [Section(group.title, group.exclusive, members[group.id], group.id) for group in groups]
    return [section for section in sections if section.labels or (empty and section.group_id is not None)]
