"""What a run learned from, one image a row: file, content hash, split, and the ground truth of each label then.

The words in it are those of Loupe's vocabulary and are not translated. A text that a spreadsheet would run as a formula
gets an apostrophe in front.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from app.formats.detail_columns import guarded

COLUMNS = ("file", "sha256", "split")
# A prefix keeps a label called "file" from looking like a fixed column.
LABEL_PREFIX = "label: "
WORDS = {1: "present", 0: "absent", -1: "unknown"}
# Excel takes a CSV for UTF-8 only if it begins with this mark.
_BOM = "\ufeff"
# Rows written between two chunks: enough that a chunk is worth sending, few enough that it is small.
_CHUNK_ROWS = 500

# File, SHA-256, split (empty where it had none), and one cell a label: 1 present, 0 absent, -1 unknown.
Row = tuple[str, str, str, Sequence[int]]


def snapshot_csv(labels: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """Write the table in chunks of text, to be encoded as UTF-8."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    buffer.write(_BOM)
    writer.writerow([*COLUMNS, *(f"{LABEL_PREFIX}{label}" for label in labels)])
    for number, (file, sha256, split, cells) in enumerate(rows, start=1):
        writer.writerow([guarded(file), sha256, split, *(WORDS[cell] for cell in cells)])
        if number % _CHUNK_ROWS == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
