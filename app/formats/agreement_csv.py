"""How far people agree as a table for a spreadsheet: one row for each label, then one for each two people and label."""

import csv
import io
from collections.abc import Mapping
from typing import Any

from app.formats.detail_columns import guarded

_FIGURES = ("share", "present", "alpha", "kappa")
COLUMNS = (
    "label",
    "first",
    "second",
    "images",
    "answers",
    "differing",
    "unsure",
    "both_present",
    "only_first_present",
    "only_second_present",
    "both_absent",
    *(f"{figure}{ending}" for figure in _FIGURES for ending in ("", "_low", "_high")),
)


def agreement_csv(figures: Mapping[str, Any]) -> str:
    """Write what `agreements.to_dict` gives, in full precision; an undefined figure is an empty cell.

    Rows of all people together have no `first` and `second`.
    """
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for row in [*figures["labels"], *figures["pairs"]]:
        cells = {column: row[column] for column in COLUMNS if column in row and column not in _FIGURES}
        named = {column: guarded(cells[column]) for column in ("label", "first", "second") if column in cells}
        writer.writerow(cells | named | _cells(row))
    return buffer.getvalue()


def _cells(row: Mapping[str, Any]) -> dict[str, Any]:
    cells: dict[str, Any] = {}
    for figure in _FIGURES:
        if row.get(figure) is not None:
            low, high = row[figure]["interval"] or (None, None)
            cells |= {figure: row[figure]["value"], f"{figure}_low": low, f"{figure}_high": high}
    return cells


def course_csv(pieces: list[dict[str, Any]]) -> str:
    """Write the course of one label, a row a stretch of the work."""
    buffer = io.StringIO()
    columns = ("stretch", "begin", "images", "differing", *COLUMNS[11:20])
    writer = csv.DictWriter(buffer, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    for row in pieces:
        writer.writerow({column: row[column] for column in columns[:4]} | _cells(row))
    return buffer.getvalue()
