"""The table of labels that comes with an import: how it is read, which images and labels its rows mean."""

import codecs
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any, Literal

from app.errors import InvalidInputError
from app.formats.csv_text import CsvRefused, declared_separator, decode, sniff_separator, split_records
from app.formats.file_matching import match_files
from app.formats.label_names import LABEL_DELIMITER, validate_label_name
from app.formats.labels_csv import FILE_COLUMN, LABEL_COLUMN, CsvForm, LabelRow, LabelTable, RowRefusal, read_labels_csv
from app.i18n import gettext as _
from app.models import Label

# What archives' and offices' programs write; "" finds out by itself.
ENCODINGS = ("utf-8", "cp1252", "iso8859-15", "cp1250", "cp1251", "mac-roman", "utf-16", "shift_jis", "gb18030")
SEPARATOR_NAMES = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
# Enough rows to see whether the columns are right, few enough to be read.
PREVIEW_ROWS = 8
PREVIEW_REFUSALS = 5


# Kept as lists, which JSON knows.
_LISTS = ("create", "left_out")


@dataclass(frozen=True)
class TableOptions:
    """How to read a table and what to do with its labels; kept with the import."""

    table: str = ""  # name of the file; empty: none is read
    separator: str = ""  # a key of SEPARATOR_NAMES; empty: found out
    file_column: str = FILE_COLUMN
    label_column: str = LABEL_COLUMN
    label_delimiter: str = LABEL_DELIMITER
    encoding: str = ""  # one of ENCODINGS; empty: found out
    create: tuple[str, ...] = ()  # unknown labels to make
    create_all: bool = False
    # What a label that the table never names is in the table's images: absent, or not asked.
    unmentioned: Literal["absent", "unknown"] = "absent"
    # Further columns that are not kept as details of the images.
    left_out: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Give the options as the database keeps them."""
        return asdict(self) | {name: list(getattr(self, name)) for name in _LISTS}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "TableOptions":
        """Read the options as the database keeps them, passing over what else is there."""
        known = {name: values[name] for name in cls.__dataclass_fields__ if name in values}
        return cls(**known | {name: tuple(known.get(name, ())) for name in _LISTS})


@dataclass(frozen=True)
class UnknownLabel:
    """A label of a table that the project does not have, how many rows name it, and why it cannot be made, if so."""

    name: str
    count: int
    problem: str = ""


@dataclass(frozen=True)
class PreviewRow:
    """A row as it was read: its file, whether there is such an image, its labels, each known or not, if it has any."""

    line: int
    file: str
    found: bool
    labels: list[tuple[str, Label | None]]
    tagged: bool


@dataclass(frozen=True)
class DetailPreview:
    """A further column of a table: how many rows fill it, the first of what they say, and whether it is kept."""

    name: str
    count: int
    example: str
    kept: bool


@dataclass(frozen=True)
class TablePreview:
    """What a table would do."""

    problem: str = ""
    columns: list[str] = field(default_factory=list)
    separator: str = ""
    encoding: str = ""
    rows: list[PreviewRow] = field(default_factory=list)
    row_count: int = 0
    found_count: int = 0
    none_apply_count: int = 0
    refused: list[RowRefusal] = field(default_factory=list)
    refused_count: int = 0
    notes: list[str] = field(default_factory=list)
    unknown: list[UnknownLabel] = field(default_factory=list)
    unmentioned: list[Label] = field(default_factory=list)
    details: list[DetailPreview] = field(default_factory=list)


@dataclass(frozen=True)
class Matched:
    """Rows by the name of the image they mean, those refused, and what a person should know."""

    rows: dict[str, LabelRow]
    refused: list[RowRefusal]
    notes: list[str]


def read_table(data: bytes, options: TableOptions) -> LabelTable:
    """Read a table as the options say."""
    form = CsvForm(
        separator=_separator(options),
        file_column=options.file_column or FILE_COLUMN,
        label_column=options.label_column or LABEL_COLUMN,
        label_delimiter=options.label_delimiter or LABEL_DELIMITER,
        left_out=options.left_out,
    )
    return read_labels_csv(_in_utf8(data, options.encoding), form)


def columns_of(data: bytes, options: TableOptions) -> list[str]:
    """List the cells of the first row, from which the columns are chosen."""
    text, declared = declared_separator(decode(_in_utf8(data, options.encoding)).text)
    separator = _separator(options) or declared or sniff_separator(text, frozenset((FILE_COLUMN, LABEL_COLUMN)))
    for record in split_records(text, separator):
        cells = [cell.strip() for cell in record.cells]
        if any(cells):
            return [cell or str(number) for number, cell in enumerate(cells, start=1)]
    return []


def match_rows(rows: Iterable[LabelRow], own: Collection[str], others: Collection[str]) -> Matched:
    """Match rows to the images of this import, and those that none of these can be meant by to the project's others."""
    bases = {_base(name) for name in own}
    mine: list[LabelRow] = []
    rest: list[LabelRow] = []
    for row in rows:
        (mine if _base(row.file) in bases else rest).append(row)
    first, second = match_files(mine, sorted(own)), match_files(rest, sorted(others))
    refused = sorted([*first.refused, *second.refused], key=lambda refusal: refusal.row)
    return Matched(first.matched | second.matched, refused, [*first.notes, *second.notes])


def match_labels(names: Iterable[str], live: Sequence[Label]) -> dict[str, Label]:
    """Find the project's label of each name: exactly, else the only one that differs in nothing but capitals."""
    exact = {label.name: label for label in live}
    folded: dict[str, list[Label]] = {}
    for label in live:
        folded.setdefault(label.name.casefold(), []).append(label)
    found = {}
    for name in names:
        similar = folded.get(name.casefold(), [])
        if name in exact:
            found[name] = exact[name]
        elif len(similar) == 1:
            found[name] = similar[0]
    return found


def spelling_notes(matched: Mapping[str, Label]) -> list[str]:
    """Say which names were taken for a label in spite of their capitals."""
    return [
        _("“%(given)s” in the table was read as the label “%(label)s”.") % {"given": name, "label": label.name}
        for name, label in matched.items()
        if name != label.name
    ]


def unknown_labels(table: LabelTable, live: Sequence[Label]) -> list[UnknownLabel]:
    """List the table's labels that the project does not have, in the order in which they appear."""
    counts = table.label_counts
    known = match_labels(counts, live)
    return [UnknownLabel(name, count, _problem(name)) for name, count in counts.items() if name not in known]


def preview(
    data: bytes, options: TableOptions, live: Sequence[Label], own: Collection[str], others: Collection[str]
) -> TablePreview:
    """Show what a table would do, before anything is done."""
    columns: list[str] = []
    try:
        columns = columns_of(data, options)
        table = read_table(data, replace(options, left_out=()))
    except CsvRefused as refusal:
        return TablePreview(problem=refusal.sentence, columns=columns)
    matched = match_rows(table.rows, own, others)
    found = {row.line for row in matched.rows.values()}
    known = match_labels(table.label_counts, live)
    refused = sorted([*table.refused, *matched.refused], key=lambda refusal: refusal.row)
    mentioned = {label.id for label in known.values()}
    return TablePreview(
        columns=columns,
        separator=table.separator,
        encoding=table.encoding,
        rows=[
            PreviewRow(
                row.line, row.file, row.line in found, [(name, known.get(name)) for name in row.labels], row.tagged
            )
            for row in table.rows[:PREVIEW_ROWS]
        ],
        row_count=len(table.rows),
        found_count=len(found),
        none_apply_count=sum(row.tagged and not row.labels for row in table.rows),
        refused=refused[:PREVIEW_REFUSALS],
        refused_count=len(refused),
        notes=[*table.notes, *matched.notes, *spelling_notes(known)],
        unknown=unknown_labels(table, live),
        unmentioned=[label for label in live if label.id not in mentioned and any(row.tagged for row in table.rows)],
        details=[_detail_preview(name, table, options) for name in table.details],
    )


def _detail_preview(name: str, table: LabelTable, options: TableOptions) -> DetailPreview:
    given = [row.details[name] for row in table.rows if name in row.details]
    return DetailPreview(name, len(given), next(iter(given), ""), name not in options.left_out)


def _separator(options: TableOptions) -> str | None:
    return SEPARATOR_NAMES.get(options.separator, options.separator) or None


def _in_utf8(data: bytes, encoding: str) -> bytes:
    """Bring a table whose encoding somebody has named into UTF-8."""
    if not encoding:
        return data
    if encoding not in ENCODINGS:
        raise CsvRefused(_("This encoding is not one that Loupe reads."))
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode(encoding)
    except UnicodeDecodeError as error:
        raise CsvRefused(_("The table is not in the encoding %(name)s.") % {"name": encoding}) from error
    return text.encode("utf-8")


def _problem(name: str) -> str:
    try:
        validate_label_name(name)
    except InvalidInputError as refusal:
        return refusal.sentence
    return ""


def _base(name: str) -> str:
    return PurePosixPath(unicodedata.normalize("NFC", name).replace("\\", "/")).name.casefold()
