"""The further columns of a table of labels: what is known of where the images come from.

A table that Loupe has exported in full says in the names of its columns which of them are details; its others are
Loupe's own words about the image and are not read back.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from app.i18n import gettext as _
from app.i18n import ngettext

DETAIL_PREFIX = "detail: "
# More than a person reads beside an image.
MOST_COLUMNS = 30
LONGEST_NAME = 60
# A paragraph; longer texts are looked up where they come from.
LONGEST_VALUE = 500

# The columns by which a full export is known; only such a table tells its details by a prefix.
_FULL_FORM = frozenset(("file", "status", "labels", "who", "when", "split"))
_STATUS = "status"
# What a full export says of images for which its column of labels is no answer.
_UNANSWERED = frozenset(("not tagged", "skipped", "disputed"))
# A spreadsheet runs a cell that begins so as a formula; a full export writes an apostrophe before it.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# Nothing that people write; PostgreSQL refuses some of them inside JSON.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]+")


@dataclass
class DetailColumns:
    """Which columns of a table are kept as details, by position, and how many values had to be cut so far."""

    names: dict[int, str] = field(default_factory=dict)
    is_full_form: bool = False
    status_at: int | None = None
    cut: int = 0
    notes: list[str] = field(default_factory=list)

    def read(self, cells: Sequence[str]) -> dict[str, str]:
        """Give the details of a row by column; what is empty says nothing."""
        found = {}
        for position, name in self.names.items():
            value = self._clean(cells[position]) if position < len(cells) else ""
            if value:
                found[name] = value
        return found

    def is_answered(self, cells: Sequence[str]) -> bool:
        """Tell whether a row's cell for labels is an answer."""
        if self.status_at is None or self.status_at >= len(cells):
            return True
        return cells[self.status_at].strip() not in _UNANSWERED

    def text_of(self, cell: str) -> str:
        """Give a text as it was before a full export guarded it against spreadsheets."""
        return unguarded(cell) if self.is_full_form else cell

    def summary(self) -> list[str]:
        """Say what a person should know about how the details were read."""
        if not self.cut:
            return self.notes
        note = ngettext(
            "%(count)s detail was longer than %(most)s characters and was cut.",
            "%(count)s details were longer than %(most)s characters and were cut.",
            self.cut,
        )
        return [*self.notes, note % {"count": self.cut, "most": LONGEST_VALUE}]

    def _clean(self, cell: str) -> str:
        lines = unicodedata.normalize("NFC", self.text_of(cell)).replace("\r\n", "\n")
        text = _CONTROL.sub(" ", lines).strip()
        if len(text) > LONGEST_VALUE:
            self.cut += 1
            return text[: LONGEST_VALUE - 1].rstrip() + "…"
        return text


def find_details(header: Sequence[str], taken: Collection[int], left_out: Collection[str]) -> DetailColumns:
    """Find the columns that are kept: all that have a name and hold neither file nor labels, but those left out."""
    given = [cell.strip() for cell in header]
    found = DetailColumns(is_full_form=_FULL_FORM.issubset(given))
    if found.is_full_form:
        found.status_at = given.index(_STATUS)
    names: dict[int, str] = {}
    for position, cell in enumerate(header):
        name = _column_name(cell, prefixed=found.is_full_form)
        if position not in taken and name:
            names[position] = _unlike(name, names.values())
    if len(names) > MOST_COLUMNS:
        note = _("The table has %(count)s further columns. The first %(most)s can be kept as details.")
        found.notes.append(note % {"count": len(names), "most": MOST_COLUMNS})
    offered = list(names.items())[:MOST_COLUMNS]
    found.names = {position: name for position, name in offered if name not in left_out}
    return found


def guarded(text: str) -> str:
    """Keep a spreadsheet from running a text as a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def unguarded(text: str) -> str:
    """Take back what `guarded` did."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text


def merged(first: Mapping[str, str], second: Mapping[str, str]) -> dict[str, str]:
    """Join the details of two rows about one image; where both say something the first one counts."""
    return {**second, **first}


def _column_name(cell: str, *, prefixed: bool) -> str:
    name = " ".join(_CONTROL.sub(" ", unicodedata.normalize("NFC", cell)).split())
    if name.startswith(DETAIL_PREFIX):
        return name.removeprefix(DETAIL_PREFIX)[:LONGEST_NAME].strip()
    return "" if prefixed else name[:LONGEST_NAME].strip()


def _unlike(name: str, taken: Collection[str]) -> str:
    """Find a name that no other column has: "date", "date (2)", ..."""
    number, unlike = 1, name
    while unlike in taken:
        number += 1
        ending = f" ({number})"
        unlike = name[: LONGEST_NAME - len(ending)] + ending
    return unlike
