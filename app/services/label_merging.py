"""Merging a label into another one: its answers count for that one from then on, and none of them is rewritten."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.domain.statuses import LabelChangeKind, TruthValue
from app.errors import ConflictError, InvalidInputError
from app.i18n import gettext as _
from app.models import Account, Image, Label, LabelChange, Project, Truth
from app.models.types import now
from app.services import label_changes, label_fields, label_resolving, label_wordings, labels, truths


@dataclass(frozen=True)
class MergePlan:
    """In how many images a merge changes something for the label that stays; counted before it is done."""

    becomes_present: int  # the one that goes is present, the other is not
    becomes_known: int  # the one that goes is absent, and nobody was asked for the other
    agree: int  # both say the same already


def plan(session: Session, source: Label, target: Label) -> MergePlan:
    """Say beforehand what merging one label into another does to the ground truth."""
    other = aliased(Truth)
    rows = session.execute(
        select(Truth.value, other.value, func.count())
        .join(Image, Image.id == Truth.image_id)
        .outerjoin(other, (other.image_id == Truth.image_id) & (other.label_id == target.id))
        .where(Truth.label_id == source.id, Image.excluded_at.is_(None))
        .group_by(Truth.value, other.value)
    )
    cells: dict[tuple[TruthValue, TruthValue | None], int] = {(mine, its): count for mine, its, count in rows}
    present, absent = TruthValue.PRESENT, TruthValue.ABSENT
    return MergePlan(
        becomes_present=sum(count for (mine, its), count in cells.items() if mine is present and its is not present),
        becomes_known=cells.get((absent, None), 0),
        agree=cells.get((present, present), 0) + cells.get((absent, absent), 0),
    )


def merge(
    session: Session, project: Project, source: Label, target: Label, *, definition: str, account: Account | None
) -> LabelChange:
    """Let a label's answers count for another one and archive it; that one's wording becomes a new version.

    An answer that is given under the new wording speaks for both, whatever was said under the old name.
    """
    label_resolving.lock(session, project)
    session.refresh(source)
    session.refresh(target)
    _refuse_unfit(source, target)
    before: label_changes.State = {"definition": target.definition, "position": source.position}
    label_wordings.reword(session, target, label_fields.clean_definition(definition), account)
    source.merged_into_id, source.merged_since = target.id, target.definition_version
    source.removed_at = now()
    change = label_changes.record(
        session,
        project.id,
        LabelChangeKind.MERGE,
        before,
        {"definition": target.definition, "source": source.name, "into": target.name},
        label_ids=[source.id, target.id],
        account=account,
    )
    label_resolving.settle(session, project, _origins(session, source), account)
    return change


def part(session: Session, project: Project, change: LabelChange, account: Account | None) -> None:
    """Undo a merge: both are labels of their own again, each with the answers that were given for it."""
    source, target = (labels.get_label(session, project.id, one) for one in label_changes.label_ids_of(change))
    label_resolving.lock(session, project)
    session.refresh(source)
    session.refresh(target)
    if source.merged_into_id != target.id:
        raise ConflictError(_("“%(name)s” is no longer merged into the other label.") % {"name": source.name})
    labels.refuse_changed_since(session, target)
    origins = _origins(session, source)
    source.merged_into_id = source.merged_since = None
    labels.revive(session, source)
    earlier = str(change.before.get("definition", ""))
    if target.definition == change.after.get("definition"):
        # A version of its own even where the words are the same: answers between the two were about both labels.
        label_wordings.reword(session, target, earlier, account)
    label_resolving.settle(session, project, origins, account)


def _origins(session: Session, source: Label) -> list[int]:
    return label_resolving.origins(truths.lineage(session, source.project_id), source.id)


def _refuse_unfit(source: Label, target: Label) -> None:
    if source.id == target.id or source.project_id != target.project_id:
        raise InvalidInputError(_("Please choose another label to merge this one into."))
    for label in (source, target):
        if label.removed_at is not None:
            raise ConflictError(_("“%(name)s” is archived and cannot be merged.") % {"name": label.name})
