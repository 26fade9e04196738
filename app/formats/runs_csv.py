"""The runs of a project as a table for a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from app.formats.detail_columns import guarded

COLUMNS = (
    "run", "recipe", "state", "started", "by", "continues_run", "annotated_images", "mean_average_precision",
    "macro_f1", "tags", "remark",
)  # fmt: skip
# What people have written may begin as a formula does.
_WRITTEN = ("by", "tags", "remark")


def runs_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """Write one row for each run, in full precision; what is unknown is an empty cell."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({**row, **{name: guarded(row[name]) for name in _WRITTEN}} for row in rows)
    return buffer.getvalue()
