import csv
import io

from app.formats.learning_curve_csv import COLUMNS, learning_curve_csv


def test_every_row_is_written_what_is_undefined_is_empty_and_no_label_becomes_a_formula() -> None:
    row = dict.fromkeys(COLUMNS, 1) | {"label": "=1+1", "low": None}
    (read,) = csv.DictReader(io.StringIO(learning_curve_csv([row])))
    assert tuple(read) == COLUMNS
    assert (read["label"], read["low"], read["mean"]) == ("'=1+1", "", "1")
