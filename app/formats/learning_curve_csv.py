"""A learning curve as a table for a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from app.formats.detail_columns import guarded

COLUMNS = (
    "label",
    "measure",
    "share",
    "training_images",
    "draws",
    "mean",
    "low",
    "high",
    "gain_per_doubling",
    "standard_error",
    "answer",
)


def learning_curve_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """Write one row for each label, measure and number of images; no label is the mean over all, empty is undefined."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: guarded(value) if isinstance(value, str) else value for name, value in row.items()})
    return buffer.getvalue()
