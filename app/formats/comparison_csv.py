"""A comparison of runs, and the course of all runs, as tables for a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

COLUMNS = (
    "label", "support", "figure", "run_before", "run_after", "before", "after", "change", "change_low", "change_high",
    "clear",
)  # fmt: skip
HISTORY_COLUMNS = (
    "run", "recipe", "annotated_images", "answers", "macro_f1_own", "own_validation_images", "macro_f1_common",
    "common_validation_images",
)  # fmt: skip
# What a spreadsheet takes for the beginning of a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def comparison_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """Write one row for each label and figure, in full precision; an undefined figure is an empty cell."""
    return _csv(COLUMNS, ({**row, "label": _plain(row["label"])} for row in rows))


def history_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """Write one row for each run."""
    return _csv(HISTORY_COLUMNS, rows)


def _plain(name: str) -> str:
    return f"'{name}" if name.startswith(_FORMULA_STARTS) else name


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()
