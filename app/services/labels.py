"""Labels: making, changing, ordering and archiving them, and how often each was found."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.palette import next_colour
from app.domain.statuses import LabelChangeKind, TruthValue
from app.errors import AppError, ConflictError, InvalidInputError, NotFoundError
from app.i18n import gettext as _
from app.models import Account, AnnotationAnswer, Image, Label, Project, Truth
from app.models.types import now
from app.services import label_fields, label_wordings
from app.services.label_changes import State, continued, record


@dataclass(frozen=True)
class LabelCounts:
    """In how many images a label is present, absent, disputed, and unknown because nobody answered."""

    present: int = 0
    absent: int = 0
    disputed: int = 0
    unknown: int = 0


def live_labels(session: Session, project_id: int) -> list[Label]:
    """List the labels of a project in their order, without archived ones."""
    query = select(Label).where(Label.project_id == project_id, Label.removed_at.is_(None))
    return list(session.scalars(query.order_by(Label.position, Label.id)))


def removed_labels(session: Session, project_id: int) -> list[Label]:
    """List the labels that were archived, latest first."""
    query = select(Label).where(Label.project_id == project_id, Label.removed_at.is_not(None))
    return list(session.scalars(query.order_by(Label.removed_at.desc(), Label.id)))


def heirs(session: Session, project_id: int) -> dict[int, list[Label]]:
    """Give for each label that was merged or split the labels that stand for it: the one that stayed, or its parts."""
    everything = list(session.scalars(select(Label).where(Label.project_id == project_id).order_by(Label.id)))
    by_id, found = {label.id: label for label in everything}, dict[int, list[Label]]()
    for label in everything:
        if label.merged_into_id in by_id:
            found[label.id] = [by_id[label.merged_into_id]]
        if label.split_from_id is not None:
            found.setdefault(label.split_from_id, []).append(label)
    return found


def get_label(session: Session, project_id: int, label_id: int) -> Label:
    """Load a label of a project, archived or not."""
    label = session.get(Label, label_id)
    if label is None or label.project_id != project_id:
        raise NotFoundError
    return label


def split_names(text: str) -> list[str]:
    """Read labels typed quickly: one a line, or separated by commas or semicolons; repeated ones count once."""
    parts = (part.strip() for part in re.split(r"[\n\r,;]", text))
    return list(dict.fromkeys(part for part in parts if part))


def create_label(
    session: Session,
    project: Project,
    *,
    name: str,
    colour: str | None = None,
    key: str | None = None,
    definition: str = "",
    account: Account | None = None,
) -> Label:
    """Make a label at the end of the list; a colour or key that is not given is chosen among the free ones."""
    label = make_label(session, project, name=name, colour=colour, key=key, definition=definition, account=account)
    _record_added(session, project, [label], account)
    return label


def make_label(
    session: Session,
    project: Project,
    *,
    name: str,
    colour: str | None = None,
    key: str | None = None,
    definition: str = "",
    account: Account | None = None,
) -> Label:
    """Make a label without writing the change down, for whoever makes several in one step."""
    label_fields.lock(session, project.id)
    others = live_labels(session, project.id)
    label = Label(
        project_id=project.id,
        name=label_fields.free_name(name, others),
        colour=next_colour(other.colour for other in others) if colour is None else label_fields.known_colour(colour),
        key=label_fields.some_key(others) if key is None else label_fields.free_key(key, others),
        definition=label_fields.clean_definition(definition),
        position=max((other.position for other in others), default=-1) + 1,
    )
    session.add(label)
    session.flush()  # the definition and callers need the id
    label_wordings.keep(session, label, account)
    return label


def create_labels(session: Session, project: Project, text: str, account: Account | None) -> list[Label]:
    """Make the labels of a quickly typed list, with colours and keys chosen for them."""
    made = []
    for name in split_names(text):
        try:
            made.append(make_label(session, project, name=name, account=account))
        except AppError as refusal:
            sentence = _("“%(name)s”: %(sentence)s") % {"name": name, "sentence": refusal.sentence}
            raise InvalidInputError(sentence, fields={"labels": sentence}) from refusal
    if made:
        _record_added(session, project, made, account)
    return made


def update_label(
    session: Session, label: Label, *, name: str, colour: str, key: str, definition: str, account: Account | None
) -> None:
    """Change a label; another wording of the definition is a new version, and answers keep the one they saw."""
    label_fields.lock(session, label.project_id)
    session.refresh(label)
    others = [other for other in live_labels(session, label.project_id) if other.id != label.id]
    wanted = {
        LabelChangeKind.RENAME: ("name", label_fields.free_name(name, others)),
        LabelChangeKind.RECOLOUR: ("colour", label_fields.known_colour(colour)),
        LabelChangeKind.KEY: ("key", label_fields.free_key(key, others, label.key)),
        LabelChangeKind.DESCRIBE: ("definition", label_fields.clean_definition(definition)),
    }
    for kind, (field, value) in wanted.items():
        before = getattr(label, field)
        if value == before:
            continue
        if kind is LabelChangeKind.DESCRIBE:
            label_wordings.reword(session, label, value, account)
        else:
            setattr(label, field, value)
        record(session, label.project_id, kind, {field: before}, {field: value}, label_ids=[label.id], account=account)
    session.flush()  # a list read next shows the change


def remove_label(session: Session, label: Label, account: Account | None = None) -> int:
    """Archive a label: off the desk and out of training. Tells how many answers are kept under it."""
    if label.removed_at is None:
        label.removed_at = now()
        session.flush()  # its name and key are free from here on
        record(session, label.project_id, LabelChangeKind.ARCHIVE, {}, {}, label_ids=[label.id], account=account)
    return answers_kept(session, [label.id])[label.id]


def restore_label(session: Session, label: Label, account: Account | None = None) -> None:
    """Bring an archived label back to the end of the list, with another key where its own is taken meanwhile."""
    if label.merged_into_id is not None:
        raise ConflictError(
            _("“%(name)s” was merged into another label. Undo that in the list of changes to bring it back.")
            % {"name": label.name}
        )
    if session.scalar(select(Label.id).where(Label.split_from_id == label.id).limit(1)) is not None:
        raise ConflictError(
            _("“%(name)s” was split into other labels. Undo that in the list of changes to bring it back.")
            % {"name": label.name}
        )
    if label.removed_at is not None:
        revive(session, label)
        record(session, label.project_id, LabelChangeKind.RESTORE, {}, {}, label_ids=[label.id], account=account)


def revive(session: Session, label: Label) -> None:
    """Let an archived label be a label again, at the end of the list."""
    label_fields.lock(session, label.project_id)
    others = [other for other in live_labels(session, label.project_id) if other.id != label.id]
    label_fields.free_name(label.name, others)
    if label.key in {other.key for other in others}:
        label.key = label_fields.some_key(others)
    label.position = max((other.position for other in others), default=-1) + 1
    label.removed_at = None
    session.flush()  # a list read next shows it


def refuse_changed_since(session: Session, label: Label) -> None:
    """Refuse to undo what a later merge or split of the label is built on."""
    if label.merged_into_id is not None:
        raise ConflictError(
            _("“%(name)s” was merged into another label since. Undo that first.") % {"name": label.name}
        )
    if session.scalar(select(Label.id).where(Label.split_from_id == label.id).limit(1)) is not None:
        raise ConflictError(_("“%(name)s” was split since. Undo that first.") % {"name": label.name})


def reorder(session: Session, project: Project, label_ids: Sequence[int], account: Account | None = None) -> None:
    """Put the labels into the given order, which must name each of them once."""
    label_fields.lock(session, project.id)
    labels = {label.id: label for label in live_labels(session, project.id)}
    if sorted(label_ids) != sorted(labels):
        raise ConflictError(_("The labels have changed meanwhile. Please load the page again."))
    before: list[int] = list(labels)
    if before == list(label_ids):
        return
    put_in_order(session, project, label_ids)
    order: State = {"order": list(label_ids)}
    sitting = continued(session, project.id, LabelChangeKind.REORDER, account)
    if sitting is not None:
        sitting.after = order | {"labels": []}
    else:
        record(session, project.id, LabelChangeKind.REORDER, {"order": before}, order, label_ids=[], account=account)


def put_in_order(session: Session, project: Project, label_ids: Sequence[int]) -> None:
    """Number the live labels in the given order without writing it down, as a part of another change."""
    labels = {label.id: label for label in live_labels(session, project.id)}
    for position, label_id in enumerate(label_ids):
        labels[label_id].position = position
    session.flush()  # a list read next shows the order


def move_label(session: Session, project: Project, label: Label, step: int, account: Account | None = None) -> None:
    """Move a label up (-1) or down (+1) by one among those of its group; at the end of them nothing happens."""
    live = live_labels(session, project.id)
    if label not in live:
        raise NotFoundError
    order, group = [other.id for other in live], [other.id for other in live if other.group_id == label.group_id]
    target = group.index(label.id) + step
    if 0 <= target < len(group):
        here, there = order.index(label.id), order.index(group[target])
        order[here], order[there] = order[there], order[here]
        reorder(session, project, order, account)


def label_counts(session: Session, project_id: int) -> dict[int, LabelCounts]:
    """Count for each label the images in which it is present, absent, disputed or unknown."""
    usable = select(func.count()).select_from(Image).where(Image.project_id == project_id)
    total = session.scalar(usable.where(Image.excluded_at.is_(None))) or 0
    rows = session.execute(
        select(Truth.label_id, Truth.value, func.count())
        .join(Image, Image.id == Truth.image_id)
        .where(Image.project_id == project_id, Image.excluded_at.is_(None))
        .group_by(Truth.label_id, Truth.value)
    )
    found: dict[int, dict[TruthValue, int]] = {}
    for label_id, value, count in rows:
        found.setdefault(label_id, {})[value] = count
    return {label.id: _counts(found.get(label.id, {}), total) for label in live_labels(session, project_id)}


def answers_kept(session: Session, label_ids: Collection[int]) -> dict[int, int]:
    """Count the answers given under each of some labels."""
    query = select(AnnotationAnswer.label_id, func.count().label("answers")).group_by(AnnotationAnswer.label_id)
    rows = session.execute(query.where(AnnotationAnswer.label_id.in_(label_ids)))
    return dict.fromkeys(label_ids, 0) | {row.label_id: row.answers for row in rows}


def _counts(values: Mapping[TruthValue, int], total: int) -> LabelCounts:
    present, absent = values.get(TruthValue.PRESENT, 0), values.get(TruthValue.ABSENT, 0)
    disputed = values.get(TruthValue.DISPUTED, 0)
    return LabelCounts(present, absent, disputed, total - present - absent - disputed)


def _record_added(session: Session, project: Project, made: Sequence[Label], account: Account | None) -> None:
    ids = [label.id for label in made]
    names = [label.name for label in made]
    record(session, project.id, LabelChangeKind.ADD, {}, {"names": names}, label_ids=ids, account=account)
