"""A report by slice as a table."""

import csv
import io
from typing import Any

from app.formats.slices_csv import COLUMNS, slices_csv


def figure(value: float | None) -> dict[str, Any]:
    interval = None if value is None else [value - 0.1, value + 0.1]
    return {"value": value, "interval": interval, "elsewhere": 0.5, "p": None, "gap": "too_few"}


def row(slice_: str | None, name: str) -> dict[str, Any]:
    label = {"label": "=human", "support": 3, "n_known": 5, "tp": 2, "fp": 1, "fn": 1}
    label |= {"precision": figure(0.6), "recall": figure(None), "f1": figure(0.4)}
    average = {"precision": 0.1, "recall": 0.2, "f1": None}
    return {"slice": slice_, "name": name, "n_images": 7, "labels": [label], "micro": average, "macro": average}


def test_every_label_of_every_slice_has_a_row_and_undefined_figures_are_empty() -> None:
    report = {"dimension_name": "paper", "slices": [row(None, ""), row("detail.paper:-Star", "-Star")]}
    rows = list(csv.DictReader(io.StringIO(slices_csv(report), newline="")))
    assert [(each["slice"], each["label"]) for each in rows] == [
        ("[all images]", "'=human"),
        ("[all images]", "[micro average]"),
        ("[all images]", "[macro average]"),
        ("'-Star", "'=human"),
        ("'-Star", "[micro average]"),
        ("'-Star", "[macro average]"),
    ]
    human = rows[3]
    assert list(human) == list(COLUMNS)
    assert (human["dimension"], human["images"], human["support"], human["fp"]) == ("paper", "7", "3", "1")
    assert (human["precision"], human["precision_low"], human["precision_gap"]) == ("0.6", "0.5", "too_few")
    assert (human["recall"], human["recall_low"], human["recall_elsewhere"]) == ("", "", "0.5")
    assert (rows[4]["recall"], rows[4]["f1"]) == ("0.2", "")


def test_a_report_without_slices_is_a_header() -> None:
    assert slices_csv({"dimension_name": None, "slices": []}) == ",".join(COLUMNS) + "\r\n"
