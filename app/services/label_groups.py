"""Label groups: labels shown together under a title; of an exclusive group at most one is present."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, TruthValue
from app.errors import InvalidInputError
from app.i18n import gettext as _
from app.models import Image, Label, LabelGroup, Truth
from app.services import labels

# A screenful of contradictions; the next ones come up when these are put right.
LISTED = 60


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


def refuse_two_present(
    session: Session, project_id: int, given: Mapping[int, Answer], earlier: Mapping[int, Answer] | None = None
) -> None:
    """Refuse an answer by which two labels of an exclusive group would be present.

    `earlier` is what the person said of labels that were not asked now; what already contradicted itself before does
    not stand in the way of answering something else.
    """
    both = {**(earlier or {}), **given}
    # Nearly every answer ends here, and people wait for it to be saved.
    if sum(value is Answer.PRESENT for value in both.values()) < 2 or not _any_exclusive(session, project_id):
        return
    for group in _exclusive(session, project_id):
        present = [label for label in group.labels if both.get(label.id) is Answer.PRESENT]
        if len(present) > 1 and any(given.get(label.id) is Answer.PRESENT for label in present):
            raise InvalidInputError(
                _("Of “%(title)s” only one can be present, not all of: %(names)s.")
                % {"title": group.title, "names": ", ".join(label.name for label in present)}
            )


def exclusive_partners(session: Session, project_id: int) -> dict[int, set[int]]:
    """Give for each label of an exclusive group the others of it, which are absent where it is present."""
    groups = [{label.id for label in group.labels} for group in _exclusive(session, project_id)]
    return {label_id: group - {label_id} for group in groups for label_id in group}


def contradictions(session: Session, project_id: int, group_id: int, *, limit: int = LISTED) -> list[Image]:
    """List images in which more than one label of a group is present; they were answered before it was exclusive."""
    query = select(Image).where(Image.id.in_(_contradicting(project_id, group_id))).order_by(Image.name)
    return list(session.scalars(query.limit(limit)))


def count_contradictions(session: Session, project_id: int) -> dict[int, int]:
    """Count for each exclusive group the images in which more than one of its labels is present."""
    return {
        group.group_id: session.scalar(
            select(func.count()).select_from(_contradicting(project_id, group.group_id).subquery())
        )
        or 0
        for group in _exclusive(session, project_id)
        if group.group_id is not None
    }


def _any_exclusive(session: Session, project_id: int) -> bool:
    query = select(LabelGroup.id).where(LabelGroup.project_id == project_id, LabelGroup.exclusive)
    return session.scalar(query.limit(1)) is not None


def _exclusive(session: Session, project_id: int) -> list[Section]:
    return [section for section in grouped(session, project_id) if section.exclusive]


def _contradicting(project_id: int, group_id: int) -> Select[int]:
    return (
        select(Truth.image_id)
        .join(Label, Label.id == Truth.label_id)
        .join(Image, Image.id == Truth.image_id)
        .where(Label.group_id == group_id, Label.removed_at.is_(None), Truth.value == TruthValue.PRESENT)
        .where(Image.project_id == project_id, Image.excluded_at.is_(None))
        .group_by(Truth.image_id)
        .having(func.count() > 1)
    )
