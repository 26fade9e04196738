"""What a label's name, colour, key and definition may be, and keeping two people from changing labels at once."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.keys import LABEL_KEYS, free_keys
from app.domain.palette import PALETTE
from app.errors import ConflictError, InvalidInputError
from app.formats.label_names import validate_label_name
from app.i18n import gettext as _
from app.models import Label, Project

# A definition is read beside the image, at the desk: a paragraph, not an essay.
DEFINITION_MAX_LENGTH = 4000


def lock(session: Session, project_id: int) -> None:
    """Let two leads who change labels at once wait for each other, so that neither meets a taken name or key."""
    session.execute(select(Project.id).where(Project.id == project_id).with_for_update())


def free_name(name: str, others: Iterable[Label]) -> str:
    """Clean a name and refuse one that a label or a table could not have."""
    try:
        cleaned = validate_label_name(name)
    except InvalidInputError as refusal:
        raise InvalidInputError(refusal.sentence, fields={"name": refusal.sentence}) from refusal
    if cleaned in {other.name for other in others}:
        sentence = _("There is already a label “%(name)s”.") % {"name": cleaned}
        raise ConflictError(sentence, fields={"name": sentence})
    return cleaned


def known_colour(colour: str) -> str:
    """Refuse a colour that is not of the palette."""
    if colour not in PALETTE:
        sentence = _("Please choose one of the colours of the palette.")
        raise InvalidInputError(sentence, fields={"colour": sentence})
    return colour


def some_key(others: Iterable[Label]) -> str:
    """Choose a free key; there are more labels than keys, and those beyond the last one are searched by name."""
    return next(iter(free_keys({other.key for other in others})), "")


def free_key(key: str, others: Iterable[Label], before: str = "") -> str:
    """Clean a key and refuse one that is taken or that the desk keeps for itself; what it was `before` may stay."""
    wanted = key.strip().lower()
    if wanted in {"", before}:
        return wanted
    if wanted not in LABEL_KEYS:
        sentence = _("This key cannot be used. Free for labels are: %(keys)s") % {"keys": " ".join(LABEL_KEYS)}
        raise InvalidInputError(sentence, fields={"key": sentence})
    holder = next((other for other in others if other.key == wanted), None)
    if holder is not None:
        sentence = _("The key “%(key)s” already belongs to “%(name)s”.") % {"key": wanted, "name": holder.name}
        raise ConflictError(sentence, fields={"key": sentence})
    return wanted


def clean_definition(definition: str) -> str:
    """Bring a definition into form and refuse one that is too long to be read at the desk."""
    cleaned = "\n".join(line.rstrip() for line in definition.strip().splitlines())
    if len(cleaned) > DEFINITION_MAX_LENGTH:
        sentence = _("Please keep the definition under %(count)s characters.") % {"count": DEFINITION_MAX_LENGTH}
        raise InvalidInputError(sentence, fields={"definition": sentence})
    return cleaned
