"""A run's tables of confusion for a spreadsheet: one line a cell, so that any of them can be pivoted."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from app.formats.detail_columns import guarded

COLUMNS = ("table", "row", "column", "count", "row_share", "column_share")
BY_LABEL = (("found", "missed"), ("wrongly_added", "rightly_left_out"))
# In brackets, so that no label can be mistaken for it.
NO_LABEL = "[no label]"


def confusion_csv(made: Mapping[str, Any]) -> str:
    """Write tables, as `confusions.to_dict` gives them, in full precision; an undefined share is an empty cell."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for row in made["by_label"]:
        writer.writerows(_label_lines(row))
    for name, table in made["tables"].items():
        writer.writerows(_table_lines(name, table))
    return buffer.getvalue()


def _label_lines(row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the cells of a 2x2 table, each as a share of the images that show the label, or of those that do not."""
    for pair in BY_LABEL:
        whole = sum(row[cell] for cell in pair)
        for cell in pair:
            share = row[cell] / whole if whole else None
            yield {
                "table": "by_label",
                "row": _name(row["label"]),
                "column": cell,
                "count": row[cell],
                "row_share": share,
            }


def _table_lines(name: str, table: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for r, row in enumerate(table["rows"]):
        for c, column in enumerate(table["columns"]):
            yield {
                "table": name,
                "row": _name(row),
                "column": _name(column),
                "count": table["counts"][r][c],
                "row_share": table["row_shares"][r][c],
                "column_share": table["column_shares"][r][c],
            }


def _name(label: str | None) -> str:
    return NO_LABEL if label is None else guarded(label)
