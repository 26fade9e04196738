"""The report as a spreadsheet reads it."""

import csv
import io
from typing import Any

from app.formats.report_csv import report_csv


def made_report(name: str = "animal") -> dict[str, Any]:
    label = {
        "label": name, "support": 3, "n_known": 9, "threshold": 0.4, "threshold_origin": "f1",
        "tp": 2, "fp": 1, "fn": 1, "tn": 5, "precision": 2 / 3, "precision_interval": [0.2, 0.9],
        "recall": None, "recall_interval": None, "f1": 2 / 3, "f1_interval": [0.1, 0.9],
        "f_beta": 0.6, "f_beta_interval": [0.1, 0.8],
        "average_precision": 0.1 + 0.2, "average_precision_interval": [0.1, 0.8],
        "roc_auc": None, "roc_auc_interval": None, "calibration": {"error": 0.05},
    }  # fmt: skip
    average = {"precision": 0.5, "recall": 0.5, "f1": 0.5, "f_beta": 0.4, "support": 3}
    totals = {"subset_accuracy": 0.5, "hamming_loss": 0.25, "accuracy_multi": 0.75, "mean_average_precision": 0.3}
    return {
        "beta": 2.0,
        "labels": [label],
        **dict.fromkeys(("micro", "macro", "weighted", "samples"), average),
        **totals,
    }


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_every_label_has_a_row_in_full_precision() -> None:
    first = rows_of(report_csv(made_report()))[0]
    assert first["label"] == "animal"
    assert float(first["precision"]) == 2 / 3
    assert float(first["average_precision"]) == 0.1 + 0.2
    assert (first["beta"], first["f_beta"], first["f_beta_high"]) == ("2.0", "0.6", "0.8")
    assert first["calibration_error"] == "0.05"
    assert (first["precision_low"], first["precision_high"], first["known"]) == ("0.2", "0.9", "9")


def test_an_undefined_figure_is_an_empty_cell() -> None:
    first = rows_of(report_csv(made_report()))[0]
    assert (first["recall"], first["recall_low"], first["roc_auc"]) == ("", "", "")


def test_averages_and_totals_follow_the_labels() -> None:
    names = [row["label"] for row in rows_of(report_csv(made_report()))]
    assert names[1:5] == ["[micro average]", "[macro average]", "[weighted average]", "[samples average]"]
    totals = {row["label"]: row["value"] for row in rows_of(report_csv(made_report()))[5:]}
    assert totals["[hamming_loss]"] == "0.25"
    assert totals["[mean_average_precision]"] == "0.3"


def test_no_name_of_a_label_runs_as_a_formula() -> None:
    assert rows_of(report_csv(made_report("=1+1")))[0]["label"] == "'=1+1"
