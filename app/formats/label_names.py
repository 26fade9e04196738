"""Which names a label may have, so that every export can carry it and every import finds it again."""

import unicodedata

from app.errors import InvalidInputError
from app.i18n import gettext as _

# Between the labels of one image in the lesson's CSV form.
LABEL_DELIMITER = "|"

# A button and a column of a table hold about this much.
MAX_LABEL_LENGTH = 80

# Control characters, separators of lines and paragraphs, private and unassigned characters, halves of surrogates.
_FORBIDDEN = {"Cc", "Zl", "Zp", "Co", "Cn", "Cs"}
# Marks that turn the direction of the text around them can make one label look like another.
_BIDIRECTIONAL = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\ufeff")


class LabelNameRefused(InvalidInputError):  # noqa: N818 - it is a refusal with a sentence, not a malfunction.
    """A label cannot be called that."""


def clean_label_name(name: str) -> str:
    """Trim a label's name and bring its accents to one spelling (NFC), as reading a CSV does."""
    return unicodedata.normalize("NFC", name).strip()


def validate_label_name(name: str) -> str:
    """Return the cleaned name of a new label, or refuse it."""
    cleaned = clean_label_name(name)
    if not cleaned:
        raise LabelNameRefused(_("A label needs a name."))
    if LABEL_DELIMITER in cleaned:
        raise LabelNameRefused(
            _("A label's name cannot contain “%(delimiter)s”: it stands between the labels in a CSV file.")
            % {"delimiter": LABEL_DELIMITER}
        )
    if len(cleaned) > MAX_LABEL_LENGTH:
        raise LabelNameRefused(
            _("A label's name can have at most %(most)s characters; this one has %(count)s.")
            % {"most": MAX_LABEL_LENGTH, "count": len(cleaned)}
        )
    if any(unicodedata.category(letter) in _FORBIDDEN or letter in _BIDIRECTIONAL for letter in cleaned):
        raise LabelNameRefused(_("A label's name cannot contain line breaks or invisible control characters."))
    if not any(unicodedata.category(letter)[0] in "LNSP" for letter in cleaned):
        raise LabelNameRefused(_("A label's name needs at least one character that can be seen."))
    return cleaned
