"""Undoing a change of labels, also days later; refused where something later stands in the way."""

from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

from app.domain.statuses import LabelChangeKind
from app.errors import ConflictError
from app.i18n import gettext as _
from app.models import Account, Label, LabelChange, Project
from app.models.types import now
from app.services import label_fields, label_grouping, label_merging, label_splitting, label_wordings, labels
from app.services.label_changes import label_ids_of

FIELDS = {
    LabelChangeKind.RENAME: "name",
    LabelChangeKind.RECOLOUR: "colour",
    LabelChangeKind.KEY: "key",
    LabelChangeKind.DESCRIBE: "definition",
}
Undo = Callable[[Session, Project, LabelChange, Account | None], None]


def undo(session: Session, project: Project, change: LabelChange, account: Account | None) -> None:
    """Make a change undone: labels are as they were before it, and no answer is lost."""
    session.refresh(change)
    if change.undone_at is not None:
        raise ConflictError(_("This change was undone already."))
    _UNDO[change.kind](session, project, change, account)
    change.undone_at = now()
    session.flush()  # a list read next shows it


def _put_field_back(session: Session, project: Project, change: LabelChange, account: Account | None) -> None:
    label_fields.lock(session, project.id)
    (label,) = _labels(session, project, change)
    session.refresh(label)
    field = FIELDS[change.kind]
    if label.removed_at is not None:
        raise ConflictError(_("“%(name)s” is archived. Bring it back first.") % {"name": label.name})
    if getattr(label, field) != change.after[field]:
        raise ConflictError(_("“%(name)s” was changed again since. Undo that first.") % {"name": label.name})
    earlier = str(change.before[field])
    others = [other for other in labels.live_labels(session, project.id) if other.id != label.id]
    if field == "definition":
        label_wordings.reword(session, label, earlier, account)
    elif field == "name":
        label.name = label_fields.free_name(earlier, others)
    elif field == "key":
        label.key = label_fields.free_key(earlier, others)
    else:
        label.colour = earlier


def _put_order_back(session: Session, project: Project, change: LabelChange, _account: Account | None) -> None:
    label_fields.lock(session, project.id)
    live = {label.id: label for label in labels.live_labels(session, project.id)}
    after, before = (_known(state, live) for state in (change.after, change.before))
    if [one for one in live if one in after] != after:
        raise ConflictError(_("The labels were put into another order since. Undo that first."))
    # Labels that were added since stay behind the others.
    for position, label_id in enumerate([*before, *(one for one in live if one not in before)]):
        live[label_id].position = position


def _put_groups_back(session: Session, project: Project, change: LabelChange, _account: Account | None) -> None:
    label_fields.lock(session, project.id)
    present = label_grouping.arrangement(session, project.id)
    live = {str(label.id) for label in labels.live_labels(session, project.id)}
    told, wanted = change.after["members"], change.before
    if present["groups"] != change.after["groups"] or present["members"] != {
        one: title for one, title in told.items() if one in live
    }:
        raise ConflictError(_("The groups were changed again since. Undo that first."))
    label_grouping.arrange(session, project, wanted)


def _archive_added(session: Session, project: Project, change: LabelChange, _account: Account | None) -> None:
    label_fields.lock(session, project.id)
    added = [label for label in _labels(session, project, change) if label.removed_at is None]
    if not added:
        raise ConflictError(_("None of these labels is in use any more."))
    for label in added:
        label.removed_at = now()


def _bring_back(session: Session, project: Project, change: LabelChange, _account: Account | None) -> None:
    (label,) = _labels(session, project, change)
    labels.refuse_changed_since(session, label)
    if label.removed_at is None:
        raise ConflictError(_("“%(name)s” was brought back already.") % {"name": label.name})
    labels.revive(session, label)


def _labels(session: Session, project: Project, change: LabelChange) -> list[Label]:
    return [labels.get_label(session, project.id, one) for one in label_ids_of(change)]


def _known(state: Mapping[str, object], live: Mapping[int, Label]) -> list[int]:
    order = state["order"]
    return [one for one in order if one in live] if isinstance(order, list) else []


_UNDO: Mapping[LabelChangeKind, Undo] = {
    **dict.fromkeys(FIELDS, _put_field_back),
    LabelChangeKind.ADD: _archive_added,
    LabelChangeKind.REORDER: _put_order_back,
    LabelChangeKind.GROUP: _put_groups_back,
    LabelChangeKind.MERGE: label_merging.part,
    LabelChangeKind.SPLIT: label_splitting.join,
    LabelChangeKind.ARCHIVE: _bring_back,
    LabelChangeKind.RESTORE: _archive_added,
}
