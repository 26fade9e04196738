"""Label sets as a whole: told as rows for a file, and brought in from one."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from app.domain.palette import PALETTE
from app.errors import AppError, InvalidInputError
from app.formats.label_set import LabelRow
from app.i18n import gettext as _
from app.models import Account, Label, LabelGroup, Project
from app.services import label_fields, label_grouping, label_groups, labels


@dataclass
class Brought:
    """What became of the labels of a file, by name; `notes` are sentences on what could not be taken as it stood."""

    made: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def rows_of(session: Session, project: Project) -> list[LabelRow]:
    """Tell the labels in use in their order, groups after those of none."""
    return [
        LabelRow(label.name, label.colour, label.key, label.definition, section.title, section.exclusive)
        for section in label_groups.grouped(session, project.id)
        for label in section.labels
    ]


def bring_in(session: Session, project: Project, rows: Sequence[LabelRow], account: Account) -> Brought:
    """Make the labels that are not there yet, with their groups; those that are there stay as they are.

    A colour that is not of the palette, or a key that is taken, is chosen anew. Names are compared as they are written.
    """
    label_fields.lock(session, project.id)
    there = {label.name for label in labels.live_labels(session, project.id)}
    brought = Brought()
    for row in rows:
        if row.name in there:
            brought.known.append(row.name)
            continue
        try:
            label = _make(session, project, row, account, brought)
            _put_into_group(session, project, label, row, account)
        except AppError as refusal:
            said = {"name": row.name, "sentence": refusal.sentence}
            raise InvalidInputError(_("“%(name)s”: %(sentence)s") % said) from refusal
        there.add(label.name)
        brought.made.append(label.name)
    return brought


def _make(session: Session, project: Project, row: LabelRow, account: Account, brought: Brought) -> Label:
    others = labels.live_labels(session, project.id)
    key: str | None = None
    try:
        key = label_fields.free_key(row.key, others) or None
    except AppError:
        said = {"name": row.name, "key": row.key}
        brought.notes.append(_("“%(name)s” got another key, since “%(key)s” is not free.") % said)
    return labels.create_label(
        session,
        project,
        name=row.name,
        colour=row.colour if row.colour in PALETTE else None,
        key=key,
        definition=row.definition,
        account=account,
    )


def _put_into_group(session: Session, project: Project, label: Label, row: LabelRow, account: Account) -> None:
    if not row.group:
        return
    known = {group.title: group for group in label_groups.groups_of(session, project.id)}
    group: LabelGroup | None = known.get(row.group)
    if group is None:
        title, exclusive = row.group, row.exclusive
        group = label_grouping.make_group(session, project, title=title, exclusive=exclusive, account=account)
    label_grouping.place_label(session, project, label, group_id=group.id, account=account)
