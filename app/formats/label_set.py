"""A label set as a file, CSV or JSON: names, colours, keys, definitions and groups, for other projects or programs."""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any

from app.errors import InvalidInputError
from app.formats.csv_text import declared_separator, decode, sniff_separator, split_records
from app.formats.detail_columns import guarded, unguarded
from app.i18n import gettext as _

FORMAT, VERSION = "loupe-labels", 1
# Some hundred labels with a page of definition each; a larger file is something else.
MAX_BYTES = 2_000_000
MAX_LABELS = 1000
YES = frozenset({"1", "yes", "true", "x"})


@dataclass(frozen=True)
class LabelRow:
    """One label as a file tells it; what it does not tell is empty."""

    name: str
    colour: str = ""
    key: str = ""
    definition: str = ""
    group: str = ""
    # Of the labels of its group only one applies.
    exclusive: bool = False


COLUMNS = tuple(each.name for each in fields(LabelRow))


class LabelSetRefused(InvalidInputError):  # noqa: N818 - it is a refusal with a sentence, not a malfunction.
    """A file cannot be read as a label set; the sentence says why."""


def write_csv(rows: Iterable[LabelRow]) -> str:
    """Write labels as a table, one a row."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        told = [guarded(str(value)) for value in list(asdict(row).values())[:-1]]
        writer.writerow([*told, "yes" if row.exclusive else ""])
    return stream.getvalue()


def write_json(rows: Iterable[LabelRow]) -> str:
    """Write labels as readable JSON."""
    document = {"format": FORMAT, "version": VERSION, "labels": [asdict(row) for row in rows]}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def read(data: bytes) -> list[LabelRow]:
    """Read a file that somebody hands in, whichever of the two it is; a name that comes twice counts once.

    Raises:
        LabelSetRefused: where it is neither, too large, from a newer version, or holds no label.

    """
    if len(data) > MAX_BYTES:
        raise LabelSetRefused(_("The file has more than %(most)s MB.") % {"most": MAX_BYTES // 1_000_000})
    text = decode(data).text
    rows = _from_json(text) if text.lstrip()[:1] in {"{", "["} else _from_csv(text)
    named = {row.name: row for row in reversed(rows) if row.name}
    found = [row for row in rows if named.get(row.name) is row]
    if not found:
        raise LabelSetRefused(_("There is no label in this file."))
    if len(found) > MAX_LABELS:
        raise LabelSetRefused(_("There are more than %(most)s labels in this file.") % {"most": MAX_LABELS})
    return found


def _from_csv(text: str) -> list[LabelRow]:
    rest, separator = declared_separator(text)
    chosen = separator or sniff_separator(rest, frozenset(COLUMNS))
    records = [record for record in split_records(rest, chosen) if record.problem or any(record.cells)]
    for record in records:
        if record.problem:
            raise LabelSetRefused(_("Row %(row)s: %(why)s") % {"row": record.row, "why": record.problem})
    header = [cell.strip().casefold() for cell in records[0].cells] if records else []
    if "name" not in header:
        raise LabelSetRefused(_("The first row of the table must name its columns, and one of them must be “name”."))
    rows = ([unguarded(cell) for cell in record.cells] for record in records[1:])
    return [_row(dict(zip(header, cells, strict=False))) for cells in rows]


def _from_json(text: str) -> list[LabelRow]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LabelSetRefused(_("The file begins like JSON, but is damaged.")) from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise LabelSetRefused(
            _("This JSON is no label set of Loupe: it lacks “format”: “%(name)s”.") % {"name": FORMAT}
        )
    version, labels = document.get("version"), document.get("labels")
    if not isinstance(version, int) or version > VERSION:
        raise LabelSetRefused(_("This file comes from a newer Loupe. Please bring this one up to date first."))
    if not isinstance(labels, list) or not all(isinstance(each, dict) for each in labels):
        raise LabelSetRefused(_("“labels” must be a list of labels in this file."))
    return [_row(each) for each in labels]


def _row(told: dict[str, Any]) -> LabelRow:
    said = {column: _text(told.get(column)) for column in COLUMNS}
    return LabelRow(
        name=said["name"],
        colour=said["colour"],
        key=said["key"],
        definition=said["definition"],
        group=said["group"],
        exclusive=said["exclusive"].casefold() in YES,
    )


def _text(value: object) -> str:
    # Numbers are names too, as a spreadsheet has it; lists and objects are nothing that a label has.
    return str(value).strip() if isinstance(value, str | int | float) else ""
