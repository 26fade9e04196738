"""Comparisons as plain records, for JSON and tables: None where a figure is undefined."""

from typing import Any

from app.domain.comparison import Delta
from app.domain.metrics import json_safe
from app.services.comparisons import LabelChange, SideBySide
from app.services.largest_losses import LargestLoss, LargestLosses
from app.services.looked_at import LookedAt
from app.services.run_tables import RunTable

FIGURES = ("precision", "recall", "f1", "average_precision")
TOTALS = ("macro_f1", "micro_f1", "mean_average_precision")


def of_pair(made: SideBySide) -> dict[str, Any]:
    """Give two runs side by side as a record."""
    before, after = made.largest
    return {
        "runs": [made.before.number, made.after.number],
        "truth": made.truth.value,
        "only_images_without_verdict": made.untouched,
        "n_images": made.n_images,
        "left_out": made.left_out,
        "relabelled": made.relabelled,
        **{name: _delta(getattr(made, name)) for name in TOTALS},
        "macro_f1_by_truth": json_safe(made.by_truth),
        "macro_f1_split": made.split.to_dict(),
        "labels": [_label(label) for label in made.labels],
        "largest_loss": {"before": _largest(before), "after": _largest(after)},
        "looked_at": _looked_at(made.looked_at),
        "only_before": list(made.only_before),
        "only_after": list(made.only_after),
        "renamed": [list(pair) for pair in made.renamed],
    }


def of_table(made: RunTable) -> dict[str, Any]:
    """Give several runs in one table as a record."""
    return {
        "runs": [column.run.number for column in made.columns],
        "base": made.base.number,
        "truth": made.truth.value,
        "n_images": made.n_images,
        "left_out": made.left_out,
        "not_common": list(made.not_common),
        "columns": [
            {
                "run": column.run.number,
                **{name: _delta(getattr(column, name)) for name in TOTALS},
                "labels": [
                    {
                        "label": label.name,
                        "support": made.support[place],
                        **{name: _delta(getattr(column, name)[place]) for name in FIGURES},
                    }
                    for place, label in enumerate(made.labels)
                ],
            }
            for column in made.columns
        ],
        "looked_at": _looked_at(made.looked_at),
    }


def rows(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Give a record's figures one by one, as a table holds them: names of averages stand in brackets."""
    if "columns" not in record:
        base, run = record["runs"]
        return _rows(base, {"run": run, **record})
    return [row for column in record["columns"][1:] for row in _rows(record["base"], column)]


def _rows(base: int, column: dict[str, Any]) -> list[dict[str, Any]]:
    given = [(label["label"], label["support"], name, label[name]) for label in column["labels"] for name in FIGURES]
    given += [(f"[{name}]", None, name, column[name]) for name in TOTALS]
    return [
        {
            "label": label,
            "support": support,
            "figure": figure,
            "run_before": base,
            "run_after": column["run"],
            "before": delta["before"],
            "after": delta["after"],
            "change": delta["change"],
            "change_low": (delta["interval"] or [None, None])[0],
            "change_high": (delta["interval"] or [None, None])[1],
            "clear": delta["clear"],
        }
        for label, support, figure, delta in given
    ]


def _label(label: LabelChange) -> dict[str, Any]:
    return {
        "label": label.label.name,
        "support": label.support,
        **{name: _delta(getattr(label, name)) for name in FIGURES},
        "fixed": label.n_fixed,
        "broken": label.n_broken,
        "relabelled": label.relabelled,
        "f1_split": label.split.to_dict(),
    }


def _delta(delta: Delta) -> dict[str, Any]:
    plain = {"before": delta.before, "after": delta.after, "change": delta.change, "interval": delta.interval}
    return {**json_safe(plain), "clear": delta.is_clear}


def _largest(found: LargestLosses) -> dict[str, Any]:
    return {
        "overall": _loss(found.overall),
        "labels": [_loss(each) for each in found.by_label.values() if each is not None],
    }


def _loss(found: LargestLoss | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "label": found.label.name,
        "image": found.image.name,
        "loss": found.loss,
        "probability": found.probability,
        "present": found.present,
    }


def _looked_at(found: LookedAt) -> dict[str, int]:
    return {
        "images": found.n_images,
        "verdicts": found.verdicts,
        "relabelled": found.relabelled,
        "relabelled_images": found.relabelled_images,
    }
