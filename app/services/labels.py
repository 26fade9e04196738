"""Labels: making, wording, ordering and removing them, and how often each was found."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.keys import LABEL_KEYS, free_keys
from app.domain.palette import PALETTE, next_colour
from app.domain.statuses import TruthValue
from app.errors import AppError, ConflictError, InvalidInputError, NotFoundError
from app.formats.label_names import validate_label_name
from app.i18n import gettext as _
from app.models import Account, AnnotationAnswer, Image, Label, LabelDefinition, Project, Truth
from app.models.types import now

# A definition is read beside the image, at the desk: a paragraph, not an essay.
DEFINITION_MAX_LENGTH = 4000


@dataclass(frozen=True)
class LabelCounts:
    """In how many images a label is present, absent, disputed, and unknown because nobody answered."""

    present: int = 0
    absent: int = 0
    disputed: int = 0
    unknown: int = 0


def live_labels(session: Session, project_id: int) -> list[Label]:
    """List the labels of a project in their order, without removed ones."""
    query = select(Label).where(Label.project_id == project_id, Label.removed_at.is_(None))
    return list(session.scalars(query.order_by(Label.position, Label.id)))


def removed_labels(session: Session, project_id: int) -> list[Label]:
    """List the labels that were removed and can be brought back, newest removal first."""
    query = select(Label).where(Label.project_id == project_id, Label.removed_at.is_not(None))
    return list(session.scalars(query.order_by(Label.removed_at.desc(), Label.id)))


def get_label(session: Session, project_id: int, label_id: int) -> Label:
    """Load a label of a project, removed or not."""
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
    _lock(session, project.id)
    others = live_labels(session, project.id)
    label = Label(
        project_id=project.id,
        name=_free_name(name, others),
        colour=next_colour(other.colour for other in others) if colour is None else _known_colour(colour),
        key=_some_key(others) if key is None else _free_key(key, others),
        definition=_clean_definition(definition),
        position=max((other.position for other in others), default=-1) + 1,
    )
    session.add(label)
    session.flush()  # the definition and callers need the id
    _keep_wording(session, label, account)
    return label


def create_labels(session: Session, project: Project, text: str, account: Account | None) -> list[Label]:
    """Make the labels of a quickly typed list, with colours and keys chosen for them."""
    made = []
    for name in split_names(text):
        try:
            made.append(create_label(session, project, name=name, account=account))
        except AppError as refusal:
            sentence = _("“%(name)s”: %(sentence)s") % {"name": name, "sentence": refusal.sentence}
            raise InvalidInputError(sentence, fields={"labels": sentence}) from refusal
    return made


def update_label(
    session: Session, label: Label, *, name: str, colour: str, key: str, definition: str, account: Account | None
) -> None:
    """Change a label; another wording of the definition is a new version, and answers keep the one they saw."""
    _lock(session, label.project_id)
    session.refresh(label)
    others = [other for other in live_labels(session, label.project_id) if other.id != label.id]
    label.name = _free_name(name, others)
    label.colour = _known_colour(colour)
    label.key = _free_key(key, others)
    wording = _clean_definition(definition)
    if wording != label.definition:
        label.definition, label.definition_version = wording, label.definition_version + 1
        _keep_wording(session, label, account)
    session.flush()  # a list read next shows the change


def remove_label(session: Session, label: Label) -> int:
    """Take a label off the desk and out of training; tell how many answers are kept under it."""
    if label.removed_at is None:
        label.removed_at = now()
        session.flush()  # its name and key are free from here on
    return answers_kept(session, [label.id])[label.id]


def restore_label(session: Session, label: Label) -> None:
    """Bring a removed label back to the end of the list, with another key where its own is taken meanwhile."""
    _lock(session, label.project_id)
    others = [other for other in live_labels(session, label.project_id) if other.id != label.id]
    _free_name(label.name, others)
    if label.key in {other.key for other in others}:
        label.key = _some_key(others)
    label.position = max((other.position for other in others), default=-1) + 1
    label.removed_at = None
    session.flush()  # a list read next shows it


def reorder(session: Session, project: Project, label_ids: Sequence[int]) -> None:
    """Put the labels into the given order, which must name each of them once."""
    _lock(session, project.id)
    labels = {label.id: label for label in live_labels(session, project.id)}
    if sorted(label_ids) != sorted(labels):
        raise ConflictError(_("The labels have changed meanwhile. Please load the page again."))
    for position, label_id in enumerate(label_ids):
        labels[label_id].position = position
    session.flush()  # a list read next shows the order


def move_label(session: Session, project: Project, label: Label, step: int) -> None:
    """Move a label up (-1) or down (+1) by one; at the end of the list nothing happens."""
    order = [other.id for other in live_labels(session, project.id)]
    if label.id not in order:
        raise NotFoundError
    place = order.index(label.id)
    target = min(max(place + step, 0), len(order) - 1)
    order.insert(target, order.pop(place))
    reorder(session, project, order)


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


def definition_history(session: Session, label: Label) -> list[LabelDefinition]:
    """List the wordings of a label's definition, newest first."""
    query = select(LabelDefinition).where(LabelDefinition.label_id == label.id)
    return list(session.scalars(query.order_by(LabelDefinition.version.desc())))


def _counts(values: Mapping[TruthValue, int], total: int) -> LabelCounts:
    present, absent = values.get(TruthValue.PRESENT, 0), values.get(TruthValue.ABSENT, 0)
    disputed = values.get(TruthValue.DISPUTED, 0)
    return LabelCounts(present, absent, disputed, total - present - absent - disputed)


def _lock(session: Session, project_id: int) -> None:
    # Two leads who change labels at once wait for each other here, so that neither meets a taken name, key or version.
    session.execute(select(Project.id).where(Project.id == project_id).with_for_update())


def _keep_wording(session: Session, label: Label, account: Account | None) -> None:
    session.add(
        LabelDefinition(
            label_id=label.id,
            version=label.definition_version,
            text=label.definition,
            author_id=account.id if account else None,
        )
    )


def _free_name(name: str, others: Iterable[Label]) -> str:
    try:
        cleaned = validate_label_name(name)
    except InvalidInputError as refusal:
        raise InvalidInputError(refusal.sentence, fields={"name": refusal.sentence}) from refusal
    if cleaned in {other.name for other in others}:
        sentence = _("There is already a label “%(name)s”.") % {"name": cleaned}
        raise ConflictError(sentence, fields={"name": sentence})
    return cleaned


def _known_colour(colour: str) -> str:
    if colour not in PALETTE:
        sentence = _("Please choose one of the colours of the palette.")
        raise InvalidInputError(sentence, fields={"colour": sentence})
    return colour


def _some_key(others: Iterable[Label]) -> str:
    # There are more labels in the world than keys: those beyond the last key are chosen by mouse or touch.
    return next(iter(free_keys({other.key for other in others})), "")


def _free_key(key: str, others: Iterable[Label]) -> str:
    wanted = key.strip().lower()
    if not wanted:
        return ""
    if wanted not in LABEL_KEYS:
        sentence = _("This key cannot be used. Free for labels are: %(keys)s") % {"keys": " ".join(LABEL_KEYS)}
        raise InvalidInputError(sentence, fields={"key": sentence})
    holder = next((other for other in others if other.key == wanted), None)
    if holder is not None:
        sentence = _("The key “%(key)s” already belongs to “%(name)s”.") % {"key": wanted, "name": holder.name}
        raise ConflictError(sentence, fields={"key": sentence})
    return wanted


def _clean_definition(definition: str) -> str:
    cleaned = "\n".join(line.rstrip() for line in definition.strip().splitlines())
    if len(cleaned) > DEFINITION_MAX_LENGTH:
        sentence = _("Please keep the definition under %(count)s characters.") % {"count": DEFINITION_MAX_LENGTH}
        raise InvalidInputError(sentence, fields={"definition": sentence})
    return cleaned
