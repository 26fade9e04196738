"""Agreement as a table for a spreadsheet."""

import csv
import io

from app.formats.agreement_csv import COLUMNS, agreement_csv, course_csv

SURE = {"value": 0.5, "interval": [0.25, 0.75]}
UNDEFINED = {"value": None, "interval": None}
LABEL = {"label": "=1+1", "images": 4, "answers": 9, "differing": 1, "unsure": 2}
PAIR = {
    "label": "human", "first": "@one", "second": "Two", "images": 3, "both_present": 1, "only_first_present": 0,
    "only_second_present": 2, "both_absent": 0,
}  # fmt: skip


def test_labels_come_first_then_pairs_and_what_is_undefined_is_empty() -> None:
    figures = {
        "labels": [LABEL | {"share": SURE, "present": UNDEFINED, "alpha": SURE, "kappa": None}],
        "pairs": [PAIR | {"share": SURE, "kappa": UNDEFINED}],
    }
    label, pair = csv.DictReader(io.StringIO(agreement_csv(figures)))
    assert tuple(label) == COLUMNS
    assert (label["share"], label["share_low"], label["share_high"]) == ("0.5", "0.25", "0.75")
    assert (label["present"], label["kappa"], label["first"], label["unsure"]) == ("", "", "", "2")
    assert (pair["only_second_present"], pair["kappa"], pair["alpha"]) == ("2", "", "")


def test_a_name_cannot_become_a_formula() -> None:
    figures = {
        "labels": [LABEL | {"share": SURE, "present": SURE, "alpha": SURE, "kappa": SURE}],
        "pairs": [PAIR | {"share": SURE, "kappa": SURE}],
    }
    label, pair = csv.DictReader(io.StringIO(agreement_csv(figures)))
    assert not label["label"].startswith("=")
    assert not pair["first"].startswith("@")


def test_the_course_has_a_row_for_each_stretch() -> None:
    stretch = {"stretch": "1 to 100", "begin": "2026-01-05", "images": 100, "answers": 200, "differing": 3}
    (row,) = csv.DictReader(io.StringIO(course_csv([stretch | {"share": SURE, "present": SURE, "alpha": UNDEFINED}])))
    assert (row["stretch"], row["images"], row["share_low"], row["alpha"]) == ("1 to 100", "100", "0.25", "")
