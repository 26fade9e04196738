"""From the bytes of a CSV file to its records, whatever program wrote it."""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from app.errors import InvalidInputError
from app.i18n import gettext as _

# A million rows of 60 characters; a larger file is some other kind of data.
MAX_CSV_BYTES = 64_000_000
SEPARATORS = (",", ";", "\t")

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Records looked at to find the separator.
_SNIFFED = 50


class CsvRefused(InvalidInputError):  # noqa: N818 - it is a refusal with a sentence, not a malfunction.
    """A whole CSV file cannot be used; the sentence says why and what to do."""


@dataclass(frozen=True)
class Decoded:
    """The text of a file, the encoding it was in, and what a person should know about that."""

    text: str
    encoding: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Record:
    """One row as a spreadsheet counts it: its cells, or why they cannot be told apart."""

    row: int
    cells: tuple[str, ...]
    problem: str | None = None


def decode(data: bytes) -> Decoded:
    """Decode the bytes of a text file, refusing what is no text."""
    if len(data) > MAX_CSV_BYTES:
        raise CsvRefused(
            _("The CSV file has more than %(most)s MB. Split it into several files.")
            % {"most": MAX_CSV_BYTES // 1_000_000}
        )
    _refuse_other_documents(data)
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return Decoded(_strictly(data, encoding), encoding.removesuffix("-sig"))
    guessed = _utf_16_without_bom(data)
    if guessed:
        return Decoded(_strictly(data, guessed), guessed, (_("The file was read as UTF-16."),))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_western(data)
    if "\x00" in text:
        raise CsvRefused(_no_text())
    return Decoded(text, "utf-8")


def sniff_separator(text: str, wanted: frozenset[str]) -> str:
    """Find the separator: the one that yields the wanted column names, else the most regular table."""
    best, best_score = SEPARATORS[0], (0, 0)
    for separator in SEPARATORS:
        records = [record for record, _index in zip(split_records(text, separator), range(_SNIFFED), strict=False)]
        rows = [record.cells for record in records if any(cell.strip() for cell in record.cells)]
        if not rows:
            continue
        header = {cell.strip().casefold() for cell in rows[0]}
        regular = sum(len(row) == len(rows[0]) for row in rows) if len(rows[0]) > 1 else 0
        score = (len(header & wanted), regular)
        if score > best_score:
            best, best_score = separator, score
    return best


def declared_separator(text: str) -> tuple[str, str | None]:
    """Take off the line `sep=;` that Excel understands, and return the rest with the separator it names."""
    line, _newline, rest = text.partition("\n")
    line = line.rstrip("\r").strip('"')
    if line.lower().startswith("sep=") and len(line) == len("sep=x"):
        return rest, line[-1]
    return text, None


def split_records(text: str, separator: str) -> Iterator[Record]:
    """Split text into records; a record that cannot be parsed is told, and the next one is tried."""
    # newline="" leaves line breaks inside quoted cells as they are, and accepts LF, CRLF and lone CR between rows.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=True)
    row = 0
    while True:
        row += 1
        first_line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Record(row, (), _parse_problem(error, first_line, reader.line_num))
        else:
            yield Record(row, tuple(cells))


def _parse_problem(error: csv.Error, first_line: int, last_line: int) -> str:
    where = _("lines %(first)s to %(last)s") % {"first": first_line, "last": last_line}
    if "field larger" in str(error):
        return _("A cell is far too long (%(where)s); probably a quote mark was opened and never closed.") % {
            "where": where
        }
    return _('The quote marks do not match (%(where)s): write "" for a quote mark inside a quoted cell.') % {
        "where": where
    }


def _refuse_other_documents(data: bytes) -> None:
    if data[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        raise CsvRefused(_("This is a spreadsheet or archive, not a CSV file. Save the table as CSV (UTF-8) first."))
    if data[:5] == b"%PDF-" or data[:3] == b"\xff\xd8\xff" or data[:4] == b"\x89PNG":
        raise CsvRefused(_no_text())


def _no_text() -> str:
    return _("This is not a text file. Save the table as CSV (UTF-8) and try again.")


def _strictly(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise CsvRefused(
            _("The file says that it is %(encoding)s, but is damaged at byte %(position)s. Save it again as UTF-8.")
            % {"encoding": encoding.removesuffix("-sig").upper(), "position": error.start}
        ) from error
    if "\x00" in text:
        raise CsvRefused(_no_text())
    return text


def _utf_16_without_bom(data: bytes) -> str | None:
    """Recognise Western text in UTF-16, where every other byte is zero."""
    sample = data[: 4096 // 2 * 2]
    if len(sample) < 4 or len(data) % 2:
        return None
    even, odd = sample[0::2], sample[1::2]
    # Half is enough: accented letters of other scripts have no zero byte.
    if odd.count(0) * 2 > len(odd) and not even.count(0):
        return "utf-16-le"
    if even.count(0) * 2 > len(even) and not odd.count(0):
        return "utf-16-be"
    return None


def _decode_western(data: bytes) -> Decoded:
    """Read bytes that are no UTF-8 as an older Western encoding, and say so."""
    if any(byte < 32 and byte not in b"\t\n\r\x0b\x0c\x1a" for byte in data):
        raise CsvRefused(_no_text())
    note = _("The file is not UTF-8; it was read as %(encoding)s. Check that accented letters are right.")
    try:
        return Decoded(data.decode("cp1252"), "cp1252", (note % {"encoding": "Windows-1252"},))
    except UnicodeDecodeError:
        return Decoded(data.decode("latin-1"), "latin-1", (note % {"encoding": "ISO-8859-1"},))
