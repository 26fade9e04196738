"""A run's report as a table for a spreadsheet: one row a label, then the averages."""

import csv
import io
from collections.abc import Mapping
from typing import Any

COLUMNS = (
    "label", "support", "known", "threshold", "threshold_origin", "tp", "fp", "fn", "tn",
    "precision", "precision_low", "precision_high", "recall", "recall_low", "recall_high",
    "f1", "f1_low", "f1_high", "beta", "f_beta", "f_beta_low", "f_beta_high",
    "average_precision", "average_precision_low", "average_precision_high",
    "roc_auc", "roc_auc_low", "roc_auc_high", "calibration_error", "value",
)  # fmt: skip
AVERAGES = ("micro", "macro", "weighted", "samples")
TOTALS = ("subset_accuracy", "hamming_loss", "accuracy_multi", "mean_average_precision")
# What a spreadsheet takes for the beginning of a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def report_csv(report: Mapping[str, Any]) -> str:
    """Write a report, as `evaluations.to_dict` gives it, in full precision; an undefined figure is an empty cell.

    Averages and totals follow the labels, their names in brackets, so that no label can be mistaken for one.
    """
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    beta = {"beta": report["beta"]}
    writer.writerows({**_label_row(label), **beta} for label in report["labels"])
    writer.writerows({"label": f"[{name} average]", **report[name], **beta} for name in AVERAGES)
    writer.writerows({"label": f"[{name}]", "value": report[name]} for name in TOTALS)
    return buffer.getvalue()


def _label_row(label: Mapping[str, Any]) -> dict[str, Any]:
    name = label["label"]
    row = {key: label[key] for key in COLUMNS if key in label}
    row["label"] = f"'{name}" if name.startswith(_FORMULA_STARTS) else name
    row["known"] = label["n_known"]
    row["calibration_error"] = label["calibration"]["error"]
    for figure in ("precision", "recall", "f1", "f_beta", "average_precision", "roc_auc"):
        low, high = label[f"{figure}_interval"] or (None, None)
        row |= {f"{figure}_low": low, f"{figure}_high": high}
    return row
