"""Everything known about every image, one row each, for spreadsheets and statistics.

Of this form files, labels and details are read back, nothing else. A cell of text that a spreadsheet would run as a
formula gets an apostrophe in front; the lesson's form (labels_csv) keeps every name exactly. The words in it are those
of Loupe's vocabulary and are not translated, so that a script works on every installation's file.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from app.formats.detail_columns import DETAIL_PREFIX, guarded
from app.formats.label_names import LABEL_DELIMITER

Status = Literal["tagged", "none apply", "not tagged", "skipped", "disputed"]
Answer = Literal["present", "absent", "unsure", "unknown", "disputed"]

FIXED_COLUMNS = ("file", "status", "labels", "who", "when", "split", "threshold set")
# Their prefixes keep a label called "file" or "split" from looking like a fixed column.
LABEL_COLUMNS = ("answer", "probability", "threshold", "predicted")

# Excel takes a CSV for UTF-8 only if it begins with this mark.
_BOM = "\ufeff"
# Rows written between two chunks: enough that a chunk is worth sending, few enough that it is small.
_CHUNK_ROWS = 200


@dataclass(frozen=True)
class LabelCells:
    """What is known of one label on one image."""

    answer: Answer = "unknown"
    probability: float | None = None
    threshold: float | None = None
    # Whether it is the most probable one, where labels exclude each other and no threshold is used.
    is_meant: bool | None = None

    @property
    def predicted(self) -> str:
        """Say what the model predicts, or nothing where it has not."""
        if self.is_meant is not None:
            return "present" if self.is_meant else "absent"
        if self.probability is None or self.threshold is None:
            return ""
        return "present" if self.probability >= self.threshold else "absent"


@dataclass(frozen=True)
class FullRow:
    """One image: its status, resolved labels, who answered and when last, its split, and its labels one by one."""

    file: str
    status: Status
    labels: Sequence[str] = ()
    who: Sequence[str] = ()
    when: datetime | None = None
    split: str | None = None
    cells: Mapping[str, LabelCells] = field(default_factory=dict)
    details: Mapping[str, str] = field(default_factory=dict)
    # By which run and which version of its thresholds the image is predicted; empty where no run speaks of it.
    threshold_set: str = ""


def full_csv(
    labels: Sequence[str], rows: Iterable[FullRow], details: Sequence[str] = (), *, bom: bool = True
) -> Iterator[str]:
    """Write the table in chunks of text, to be encoded as UTF-8; `labels` and `details` give columns and order."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    if bom:
        buffer.write(_BOM)
    of_labels = [f"{column}: {label}" for label in labels for column in LABEL_COLUMNS]
    writer.writerow([*FIXED_COLUMNS, *of_labels, *(f"{DETAIL_PREFIX}{name}" for name in details)])
    for number, row in enumerate(rows, start=1):
        writer.writerow(_cells(labels, details, row))
        if number % _CHUNK_ROWS == 0:
            yield _drained(buffer)
    yield _drained(buffer)


def _cells(labels: Sequence[str], details: Sequence[str], row: FullRow) -> Iterator[str]:
    yield guarded(row.file)
    yield row.status
    yield guarded(LABEL_DELIMITER.join(row.labels))
    yield guarded(LABEL_DELIMITER.join(name.replace(LABEL_DELIMITER, "/") for name in row.who))
    yield _moment(row.when)
    yield row.split or ""
    yield guarded(row.threshold_set)
    for label in labels:
        cells = row.cells.get(label, LabelCells())
        yield cells.answer
        yield _number(cells.probability)
        yield _number(cells.threshold)
        yield cells.predicted
    for name in details:
        yield guarded(row.details.get(name, ""))


def _moment(value: datetime | None) -> str:
    if value is None:
        return ""
    if value.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be exported")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _number(value: float | None) -> str:
    # Six decimals tell apart what a model tells apart; more is noise.
    return "" if value is None else f"{value:.6f}"


def _drained(buffer: io.StringIO) -> str:
    chunk = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return chunk
