import csv
import io

from app.formats.comparison_csv import COLUMNS, HISTORY_COLUMNS, comparison_csv, history_csv


def test_every_row_is_written_and_what_is_undefined_is_empty() -> None:
    row = dict.fromkeys(COLUMNS, 1) | {"label": "animal", "figure": "f1", "change_low": None}
    (read,) = csv.DictReader(io.StringIO(comparison_csv([row])))
    assert tuple(read) == COLUMNS
    assert (read["label"], read["change_low"], read["before"]) == ("animal", "", "1")


def test_no_label_becomes_a_formula() -> None:
    rows = [dict.fromkeys(COLUMNS, 0) | {"label": label} for label in ("=1+1", "@home", "fine")]
    names = [row["label"] for row in csv.DictReader(io.StringIO(comparison_csv(rows)))]
    assert names == ["'=1+1", "'@home", "fine"]


def test_the_course_of_runs_has_a_row_a_run() -> None:
    row = dict.fromkeys(HISTORY_COLUMNS, 2) | {"macro_f1_common": None}
    (read,) = csv.DictReader(io.StringIO(history_csv([row])))
    assert tuple(read) == HISTORY_COLUMNS
    assert read["macro_f1_common"] == ""
