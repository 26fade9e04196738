"""What an import refused, as a table for a spreadsheet."""

import csv
import io
from collections.abc import Iterable

_BOM = "\ufeff"  # without it Excel takes the table for an older encoding
_FORMULA_STARTS = ("=", "+", "-", "@")


def refusals_csv(refused: Iterable[tuple[str | None, int | None, str]]) -> str:
    """Write files, rows of the table and reasons; a name that a spreadsheet would run gets an apostrophe in front."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(("file", "row", "reason"))
    for file, row, reason in refused:
        name = file or ""
        writer.writerow((f"'{name}" if name.startswith(_FORMULA_STARTS) else name, row, reason))
    return _BOM + buffer.getvalue()
