"""A run's report by slice as a table for a spreadsheet: one row for each label in each slice, then its averages."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from app.formats.detail_columns import guarded

MEASURES = ("precision", "recall", "f1")
_COUNTS = ("support", "n_known", "tp", "fp", "fn")
_OF_MEASURE = ("", "_low", "_high", "_elsewhere", "_p", "_gap")
COLUMNS = (
    "dimension",
    "slice",
    "images",
    "label",
    *_COUNTS,
    *(f"{measure}{ending}" for measure in MEASURES for ending in _OF_MEASURE),
)
ALL_IMAGES = "[all images]"


def slices_csv(report: Mapping[str, Any]) -> str:
    """Write a report, as `slice_reports.to_dict` gives it, in full precision; an undefined figure is an empty cell.

    The row of all images and the averages have their names in brackets, so that nothing can be mistaken for them.
    """
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for row in report["slices"]:
        writer.writerows(_rows(report, row))
    return buffer.getvalue()


def _rows(report: Mapping[str, Any], row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    name = ALL_IMAGES if row["slice"] is None else guarded(row["name"])
    shared = {"dimension": guarded(report["dimension_name"]), "slice": name, "images": row["n_images"]}
    for label in row["labels"]:
        counts = {column: label[column] for column in _COUNTS}
        yield shared | {"label": guarded(label["label"])} | counts | _figures(label)
    for average in ("micro", "macro"):
        yield shared | {"label": f"[{average} average]"} | row[average]


def _figures(label: Mapping[str, Any]) -> dict[str, Any]:
    cells: dict[str, Any] = {}
    for measure in MEASURES:
        figure = label[measure]
        low, high = figure["interval"] or (None, None)
        values = (figure["value"], low, high, figure["elsewhere"], figure["p"], figure["gap"])
        cells |= {f"{measure}{ending}": value for ending, value in zip(_OF_MEASURE, values, strict=True)}
    return cells
