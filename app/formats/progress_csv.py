"""How the tagging of a project went, as tables for a spreadsheet: by person, by day, by label."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.formats.detail_columns import guarded

PEOPLE = ("person", "answers", "answers_last_7_days", "answers_per_active_hour", "skips", "last_answer")
DAYS = ("day", "person", "answers")
LABELS = ("day", "label", "found", "found_until_then")


def people_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """Write one row for each person; an unknown pace is an empty cell."""
    return _csv(PEOPLE, rows)


def days_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """Write one row for each day and person with answers."""
    return _csv(DAYS, rows)


def labels_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """Write one row for each day and label."""
    return _csv(LABELS, rows)


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: guarded(value) if isinstance(value, str) else value for name, value in row.items()})
    return buffer.getvalue()
