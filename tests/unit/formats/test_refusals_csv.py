"""The table of what an import refused."""

import csv
import io

from app.formats.refusals_csv import refusals_csv


def test_files_and_rows_stand_with_their_reasons_and_no_name_runs_as_a_formula() -> None:
    written = refusals_csv([("=cmd().jpg", None, "It is empty."), (None, 7, "No image is called “x”, sorry.")])
    assert list(csv.reader(io.StringIO(written.removeprefix("\ufeff"), newline=""))) == [
        ["file", "row", "reason"],
        ["'=cmd().jpg", "", "It is empty."],
        ["", "7", "No image is called “x”, sorry."],
    ]
