"""Confusions: what a run predicted for what, in tables whose every number opens its images."""

from dataclasses import dataclass
from math import isnan
from typing import Any

from sqlalchemy.orm import Session

from app.domain.confusion import Confused, Counts, label_confusions, missed_instead, most_confused, shares
from app.domain.cooccurrence import co_occurrence
from app.domain.mlcm import multi_label_confusion
from app.domain.single_label import labels_exclude_each_other, single_label_confusion
from app.domain.statuses import Split
from app.models import Run
from app.services import evidence
from app.services.evidence import Basis, Evidence, RunLabel
from app.services.snapshots import truth_matrix


@dataclass(frozen=True)
class LabelTable:
    """Hold one label's 2x2 table, and the images of which nobody knows whether they show it."""

    label: RunLabel
    found: int
    wrongly_added: int
    missed: int
    rightly_left_out: int
    unknown: int

    @property
    def showing(self) -> int:
        """Count the images that show the label."""
        return self.found + self.missed

    @property
    def lacking(self) -> int:
        """Count the images that do not."""
        return self.wrongly_added + self.rightly_left_out


@dataclass(frozen=True, eq=False)
class Confusions:
    """Hold the tables of one split of a run on one basis.

    `label_by_label` is int [L + 1, L + 1], the last row "no label shown", the last column "nothing added"; `shown`,
    `predicted` and `one_label` are int [L, L]. `one_label` is None where an image may show several labels, or none.
    """

    split: Split
    basis: Basis
    n_images: int
    seen_in_training: int
    labels: tuple[RunLabel, ...]
    by_label: tuple[LabelTable, ...]
    label_by_label: Counts
    shown: Counts
    predicted: Counts
    confused: tuple[Confused, ...]
    one_label: Counts | None

    def tables(self) -> dict[str, Counts]:
        """Give the tables of labels by labels by name."""
        made = {"label_by_label": self.label_by_label, "shown": self.shown, "predicted": self.predicted}
        return made if self.one_label is None else {**made, "one_label": self.one_label}


def reckon(session: Session, run: Run, split: Split = Split.VALIDATION, basis: Basis = Basis.TUNED) -> Confusions:
    """Reckon what a run predicted for what on the images of a split, against the truth as the run knew it."""
    seen = evidence.load(session, run, split, basis)
    together = co_occurrence(seen.truth, seen.predictions)
    return Confusions(
        split=split,
        basis=basis,
        n_images=len(seen.image_ids),
        seen_in_training=seen.seen_in_training,
        labels=seen.labels,
        by_label=tuple(_label_tables(seen)),
        label_by_label=multi_label_confusion(seen.truth, seen.predictions).counts,
        shown=together.shown,
        predicted=together.predicted,
        confused=tuple(most_confused(missed_instead(seen.truth, seen.predictions))),
        one_label=_one_label(session, run, seen),
    )


def to_dict(run: Run, made: Confusions) -> dict[str, Any]:
    """Give the tables as JSON: counts, and shares of rows and columns; None stands for "no label", and for 0/0."""
    names = [label.name for label in made.labels]
    return {
        "run": run.number,
        "split": made.split.value,
        "basis": made.basis.value,
        "n_images": made.n_images,
        "by_label": [
            {
                "label": row.label.name,
                "found": row.found,
                "missed": row.missed,
                "wrongly_added": row.wrongly_added,
                "rightly_left_out": row.rightly_left_out,
                "unknown": row.unknown,
            }
            for row in made.by_label
        ],
        "missed_where_another_was_added": [
            {"missed": names[pair.label], "added": names[pair.added], "images": pair.count, "of_missed": pair.missed}
            for pair in made.confused
        ],
        "tables": {name: _table(names, counts) for name, counts in made.tables().items()},
    }


def _label_tables(seen: Evidence) -> list[LabelTable]:
    unknown = (seen.truth < 0).sum(axis=0).tolist()
    return [
        LabelTable(seen.labels[each.label], *each.counts, unknown=unknown[each.label])
        for each in label_confusions(seen.truth, seen.predictions)
    ]


def _one_label(session: Session, run: Run, seen: Evidence) -> Counts | None:
    # The split tells most often that labels overlap, which spares reading the whole snapshot.
    if not labels_exclude_each_other(seen.truth) or not labels_exclude_each_other(truth_matrix(session, run).truth):
        return None
    return single_label_confusion(seen.truth, seen.probabilities)


def _table(names: list[str], counts: Counts) -> dict[str, Any]:
    listed: list[str | None] = [*names, *[None] * (len(counts) - len(names))]
    return {
        "rows": listed,
        "columns": listed,
        "counts": counts.tolist(),
        "row_shares": _defined(shares(counts, axis=1).tolist()),
        "column_shares": _defined(shares(counts, axis=0).tolist()),
    }


def _defined(table: list[list[float]]) -> list[list[float | None]]:
    return [[None if isnan(share) else share for share in row] for row in table]
