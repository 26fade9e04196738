"""The lesson's CSV form: one row per image, `file,label`, labels separated by `|`, an empty label = none apply.

A file that is missing from the table is not tagged; a file with an empty label was looked at and none apply. Further
columns are details of the images (see detail_columns); a table may also hold details only.
Cells are written as they are, formulas too, because the form has to come back unchanged; see full_csv for the
form made for spreadsheets.
"""

import csv
import io
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.formats.csv_text import CsvRefused, Record, declared_separator, decode, sniff_separator, split_records
from app.formats.detail_columns import DetailColumns, find_details, merged
from app.formats.label_names import LABEL_DELIMITER, LabelNameRefused, clean_label_name
from app.i18n import gettext as _
from app.i18n import ngettext

FILE_COLUMN = "file"
LABEL_COLUMN = "label"
# Chosen as the column of labels where a table has none.
NO_LABEL_COLUMN = "-"

# What other programs and courses call the two columns.
_FILE_NAMES = ("file", "filename", "file_name", "file name", "fname", "image", "image_file", "path")
_LABEL_NAMES = ("label", "labels", "tags", "tag")
_IMAGE_ENDINGS = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".gif", ".webp", ".bmp", ".jp2", ".avif")

# Longer than any path that an operating system allows.
_MAX_FILE_LENGTH = 4096


@dataclass(frozen=True)
class CsvForm:
    """How a CSV is laid out; a column is chosen by its name or its position (1 is the first)."""

    separator: str | None = None
    file_column: str = FILE_COLUMN
    label_column: str = LABEL_COLUMN
    label_delimiter: str = LABEL_DELIMITER
    # Further columns that are not kept as details.
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class LabelRow:
    """The labels of one image; none apply where there are none. `line` is the row as a spreadsheet counts it."""

    line: int
    file: str
    labels: tuple[str, ...]
    details: Mapping[str, str] = field(default_factory=dict)
    # False where the row says nothing about labels, not even that none apply.
    tagged: bool = True


@dataclass(frozen=True)
class RowRefusal:
    """A row that was left out, and why."""

    row: int
    reason: str


@dataclass(frozen=True)
class LabelTable:
    """What a CSV says, what of it was refused, and what a person should know about how it was read."""

    rows: list[LabelRow]
    refused: list[RowRefusal]
    notes: list[str]
    encoding: str
    separator: str
    # Columns that are kept as details.
    details: list[str] = field(default_factory=list)

    @property
    def label_counts(self) -> dict[str, int]:
        """Count the rows of each label, in the order in which the labels first appear."""
        return dict(Counter(label for row in self.rows for label in row.labels))


@dataclass
class _Reading:
    """What piles up while rows are read."""

    form: CsvForm
    file_at: int
    label_at: int | None
    width: int
    details: DetailColumns
    rows: dict[str, LabelRow] = field(default_factory=dict)
    refused: list[RowRefusal] = field(default_factory=list)
    merged: int = 0
    repeated: int = 0


def read_labels_csv(data: bytes, form: CsvForm | None = None) -> LabelTable:
    """Read a table of labels; single rows are refused with a reason, a hopeless file by CsvRefused."""
    form = form or CsvForm()
    _check_form(form)
    decoded = decode(data)
    text, declared = declared_separator(decoded.text)
    wanted = frozenset((*_accepted(form.file_column, _FILE_NAMES), *_accepted(form.label_column, _LABEL_NAMES)))
    separator = form.separator or declared or sniff_separator(text, wanted)
    records = (record for record in split_records(text, separator) if record.problem or _has_text(record))
    first = next(records, None)
    if first is None:
        raise CsvRefused(_("The CSV file is empty."))
    if first.problem:
        raise CsvRefused(_("The first row cannot be read. %(problem)s") % {"problem": first.problem})
    notes = list(decoded.notes)
    file_at, label_at, has_header = _find_columns(first, form, notes)
    taken = {file_at} if label_at is None else {file_at, label_at}
    details = find_details(first.cells, taken, form.left_out) if has_header else DetailColumns()
    reading = _Reading(form, file_at, label_at, width=len(first.cells), details=details)
    if not has_header:
        _read_row(first, reading)
    for record in records:
        _read_row(record, reading)
    notes += _summaries(reading)
    rows = sorted(reading.rows.values(), key=lambda row: row.line)
    kept = list(details.names.values())
    return LabelTable(rows, reading.refused, notes, decoded.encoding, separator, kept)


def write_lesson_csv(rows: Iterable[tuple[str, Collection[str]]]) -> Iterator[str]:
    """Write files with their labels, to be encoded as UTF-8; leave out the files that are not tagged."""
    yield _line((FILE_COLUMN, LABEL_COLUMN))
    for file, labels in rows:
        if any(LABEL_DELIMITER in label for label in labels):
            raise LabelNameRefused(_("A label's name cannot contain “%(delimiter)s”.") % {"delimiter": LABEL_DELIMITER})
        yield _line((file, LABEL_DELIMITER.join(labels)))


def _line(cells: Sequence[str]) -> str:
    buffer = io.StringIO(newline="")
    # RFC 4180 ends lines with CRLF; with it, Python also quotes a lone CR inside a cell.
    csv.writer(buffer, lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL).writerow(cells)
    return buffer.getvalue()


def _check_form(form: CsvForm) -> None:
    if form.separator is not None and (len(form.separator) != 1 or form.separator in '"\r\n'):
        raise CsvRefused(_("The separator between columns has to be one character, such as a comma or a semicolon."))
    if not form.label_delimiter or form.label_delimiter.strip() == "" or '"' in form.label_delimiter:
        raise CsvRefused(_("The sign between labels has to be a visible character, such as “|”."))


def _has_text(record: Record) -> bool:
    return any(cell.strip() for cell in record.cells)


def _accepted(chosen: str, usual: tuple[str, ...]) -> tuple[str, ...]:
    """Name the headers that stand for a column: its other usual names only while nobody chose one."""
    name = chosen.strip().casefold()
    return usual if name == usual[0] else (name,)


def _find_columns(first: Record, form: CsvForm, notes: list[str]) -> tuple[int, int | None, bool]:
    """Find the two columns; without a recognisable header the first two, if the first row begins with an image."""
    names = [cell.strip().casefold() for cell in first.cells]
    file_at = _position(names, _accepted(form.file_column, _FILE_NAMES))
    if form.label_column == NO_LABEL_COLUMN and file_at is not None:
        return file_at, None, True
    label_at = _position(names, _accepted(form.label_column, _LABEL_NAMES))
    if file_at is not None and label_at is not None and file_at != label_at:
        starts_with_image = names[file_at].endswith(_IMAGE_ENDINGS)
        return file_at, label_at, not starts_with_image
    by_default = form.file_column == FILE_COLUMN and form.label_column == LABEL_COLUMN
    if by_default and len(names) > 1 and names[0].endswith(_IMAGE_ENDINGS):
        notes.append(_("There is no header row: the first column was read as file, the second as labels."))
        return 0, 1, False
    if by_default and len(names) == 2 and file_at is not None:
        notes.append(
            _("There is no column “label”: the column “%(column)s” was read as labels.")
            % {"column": first.cells[1 - file_at].strip()}
        )
        return file_at, 1 - file_at, True
    missing = form.file_column if file_at is None else form.label_column
    raise CsvRefused(
        _(
            "There is no column “%(missing)s”. The columns are: %(columns)s. Choose which hold the file and the labels,"
            " or say that there are no labels."
        )
        % {"missing": missing, "columns": ", ".join(cell.strip() or "-" for cell in first.cells[:20])}
    )


def _position(names: list[str], accepted: tuple[str, ...]) -> int | None:
    for name in accepted:
        if name in names:
            return names.index(name)
    number = accepted[0]
    if number.isascii() and number.isdigit() and 1 <= int(number) <= len(names):
        return int(number) - 1
    return None


def _read_row(record: Record, reading: _Reading) -> None:
    problem = record.problem or _row_problem(record, reading)
    if problem:
        reading.refused.append(RowRefusal(record.row, problem))
        return
    file = unicodedata.normalize("NFC", reading.details.text_of(record.cells[reading.file_at].strip()))
    tagged = reading.label_at is not None and reading.details.is_answered(record.cells)
    cell = reading.details.text_of(record.cells[reading.label_at]) if reading.label_at is not None and tagged else ""
    given = [label for part in cell.split(reading.form.label_delimiter) if (label := clean_label_name(part))]
    labels = tuple(dict.fromkeys(given))
    reading.repeated += len(labels) < len(given)
    details = reading.details.read(record.cells)
    earlier = reading.rows.get(file)
    if earlier is None:
        reading.rows[file] = LabelRow(record.row, file, labels, details, tagged)
    elif (set(earlier.labels), earlier.tagged) == (set(labels), tagged):
        reading.rows[file] = replace(earlier, details=merged(earlier.details, details))
        reading.merged += 1
    else:
        reason = _("The file is listed before, in row %(row)s, with other labels; that row counts.")
        reading.refused.append(RowRefusal(record.row, reason % {"row": earlier.line}))


def _row_problem(record: Record, reading: _Reading) -> str | None:
    cells = record.cells
    if any(cell.strip() for cell in cells[reading.width :]):
        return _(
            "The row has %(count)s cells instead of %(width)s. A name with the separator in it belongs in quote marks."
        ) % {"count": len(cells), "width": reading.width}
    if reading.file_at >= len(cells) or not cells[reading.file_at].strip():
        return _("The row names no file.")
    if reading.label_at is not None and reading.label_at >= len(cells):
        return _(
            "The row has no cell for labels. If none apply, write the separator after the file and nothing behind it."
        )
    if len(cells[reading.file_at]) > _MAX_FILE_LENGTH:
        return _("The name of the file is far too long.")
    return None


def _summaries(reading: _Reading) -> list[str]:
    notes = reading.details.summary()
    if reading.merged:
        notes.append(
            ngettext(
                "%(count)s row repeats an earlier row and was merged with it.",
                "%(count)s rows repeat earlier rows and were merged with them.",
                reading.merged,
            )
            % {"count": reading.merged}
        )
    if reading.repeated:
        notes.append(
            ngettext(
                "%(count)s row names a label twice; it counts once.",
                "%(count)s rows name a label twice; it counts once.",
                reading.repeated,
            )
            % {"count": reading.repeated}
        )
    note = _other_delimiter(reading)
    return [*notes, note] if note else notes


def _other_delimiter(reading: _Reading) -> str | None:
    """Notice that the labels seem to be separated by another sign than the one chosen."""
    labels = [label for row in reading.rows.values() for label in row.labels]
    if any(len(row.labels) > 1 for row in reading.rows.values()):
        return None
    for sign in (LABEL_DELIMITER, ";", ",", "/"):
        # A single label may well contain such a sign; several different ones hardly do.
        if sign != reading.form.label_delimiter and len({label for label in labels if sign in label}) > 1:
            return _(
                "Many labels contain “%(sign)s”. If it separates labels, choose it as the sign between labels."
            ) % {"sign": sign}
    return None
