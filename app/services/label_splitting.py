"""Splitting a label into others: where it is absent they are absent too, where it is present people are asked anew."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.statuses import LabelChangeKind
from app.errors import AppError, ConflictError, InvalidInputError
from app.i18n import gettext as _
from app.models import Account, AnnotationAnswer, Label, LabelChange, Project
from app.models.types import now
from app.services import label_changes, label_questions, label_resolving, labels, truths

LEAST_PARTS = 2
# More parts than that are a new label set rather than a split.
MOST_PARTS = 12


def split(
    session: Session,
    project: Project,
    label: Label,
    parts: Sequence[tuple[str, str]],
    *,
    account: Account | None,
) -> LabelChange:
    """Archive a label and make others of it, each with a name and a definition; each becomes a question.

    Nothing is rewritten: what was absent under the old label is read as absent under the new ones until somebody
    answers for them, and all else is unknown.
    """
    if not LEAST_PARTS <= len(parts) <= MOST_PARTS:
        raise InvalidInputError(
            _("Please name %(least)s to %(most)s labels to split this one into.")
            % {"least": LEAST_PARTS, "most": MOST_PARTS}
        )
    label_resolving.lock(session, project)
    session.refresh(label)
    if label.removed_at is not None:
        raise ConflictError(_("“%(name)s” is archived and cannot be split.") % {"name": label.name})
    origins = label_resolving.origins(truths.lineage(session, project.id), label.id)
    label.removed_at = now()
    session.flush()  # its name and key are free for one of the parts
    made = [_make(session, project, label, name, definition, account) for name, definition in parts]
    _put_in_place(session, label, made)
    change = label_changes.record(
        session,
        project.id,
        LabelChangeKind.SPLIT,
        {"position": label.position},
        {"source": label.name, "names": [part.name for part in made]},
        label_ids=[label.id, *(part.id for part in made)],
        account=account,
    )
    label_resolving.settle(session, project, origins, account)
    for part in made:
        label_questions.ask(session, part, account)
    return change


def join(session: Session, project: Project, change: LabelChange, account: Account | None) -> None:
    """Undo a split: the label is back with all its answers, its parts are archived with theirs."""
    label, *parts = (labels.get_label(session, project.id, one) for one in label_changes.label_ids_of(change))
    label_resolving.lock(session, project)
    for part in parts:
        session.refresh(part)
        labels.refuse_changed_since(session, part)
    origins = label_resolving.origins(truths.lineage(session, project.id), label.id)
    place = min((part.position for part in parts if part.removed_at is None), default=label.position)
    for part in parts:
        part.removed_at = part.removed_at or now()
        part.split_from_id = None
        label_questions.close_for(session, part)
    session.flush()  # their names and keys are free
    labels.revive(session, label)
    label.position = place
    label_resolving.settle(session, project, [*origins, *(part.id for part in parts)], account)


def answers_for_parts(session: Session, change: LabelChange) -> int:
    """Count the answers that were given for the parts since; undoing the split archives them with the parts."""
    _label, *parts = label_changes.label_ids_of(change)
    query = select(func.count()).select_from(AnnotationAnswer).where(AnnotationAnswer.label_id.in_(parts))
    return session.scalar(query) or 0


def _make(
    session: Session, project: Project, label: Label, name: str, definition: str, account: Account | None
) -> Label:
    try:
        part = labels.make_label(session, project, name=name, definition=definition, account=account)
    except AppError as refusal:
        sentence = _("“%(name)s”: %(sentence)s") % {"name": name, "sentence": refusal.sentence}
        raise InvalidInputError(sentence, fields={"parts": sentence}) from refusal
    part.split_from_id, part.group_id = label.id, label.group_id
    return part


def _put_in_place(session: Session, label: Label, made: Sequence[Label]) -> None:
    """Let the parts stand where the label stood."""
    others = [each for each in labels.live_labels(session, label.project_id) if each not in made]
    before = [each for each in others if each.position < label.position]
    for position, each in enumerate([*before, *made, *others[len(before) :]]):
        each.position = position
