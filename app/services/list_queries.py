"""Which list of a run is meant: its kind and its filters, as its address says them."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from app.domain.statuses import Direction, Split
from app.services.evidence import Basis


class ListKind(StrEnum):
    """Say what a list holds."""

    ERRORS = "errors"
    # The same errors, image by image, the image with the highest mean loss first.
    IMAGES = "images"
    CELL = "cell"
    INSTEAD = "instead"
    FIXED = "fixed"
    BROKEN = "broken"
    # Cells of tables of labels by labels: `label` is the row, `added` the column.
    CONFUSED = "confused"
    SHOWN_TOGETHER = "shown_together"
    PREDICTED_TOGETHER = "predicted_together"
    ONE_LABEL = "one_label"
    # Answers that the model and the nearest images contradict, the least trustworthy first.
    SUSPECTS = "suspects"
    # Images of one group, near-duplicates that is, with different answers for a label.
    DUPLICATES = "duplicates"
    # The images least like the others, one place each.
    OUTLIERS = "outliers"
    # What another run judges differently, the largest difference of probabilities first.
    DISAGREEMENT = "disagreement"

    @property
    def whole(self) -> bool:
        """Tell whether it is about answers and images, not the model: all splits are meant unless one is named."""
        return self in {ListKind.SUSPECTS, ListKind.DUPLICATES, ListKind.OUTLIERS}

    @property
    def inspected(self) -> bool:
        """Tell whether it rests on the inspection of the run."""
        return self in {ListKind.SUSPECTS, ListKind.OUTLIERS}

    @property
    def of_two_labels(self) -> bool:
        """Tell whether `label` and `added` name a cell of a table: the label judged need not be that of the row."""
        return self in {
            ListKind.CONFUSED, ListKind.SHOWN_TOGETHER, ListKind.PREDICTED_TOGETHER, ListKind.ONE_LABEL
        }  # fmt: skip

    @property
    def has_sides(self) -> bool:
        """Tell whether its places can be narrowed to labels that are present, or absent, by what people said."""
        return self in {
            ListKind.ERRORS, ListKind.IMAGES, ListKind.FIXED, ListKind.BROKEN, ListKind.SUSPECTS, ListKind.DISAGREEMENT
        }  # fmt: skip


class CellKind(StrEnum):
    """Name a cell of a 2x2 table."""

    TP = "tp"
    FP = "fp"
    FN = "fn"
    TN = "tn"

    @property
    def truth(self) -> int:
        """Return 1 where the label is present."""
        return int(self in {CellKind.TP, CellKind.FN})

    @property
    def predicted(self) -> int:
        """Return 1 where the label was predicted."""
        return int(self in {CellKind.TP, CellKind.FP})


class Reviewed(StrEnum):
    """Say whether a list holds what has a verdict, what has none, or both."""

    ANY = "any"
    OPEN = "open"
    DONE = "done"


@dataclass(frozen=True)
class ListQuery:
    """Say which list is meant; the same query gives the same list, whatever is put right meanwhile."""

    kind: ListKind = ListKind.ERRORS
    split: Split | None = Split.VALIDATION
    basis: Basis = Basis.TUNED
    label: int | None = None
    direction: Direction | None = None
    cell: CellKind | None = None
    # For what was added instead: the label that was; None where nothing was.
    added: int | None = None
    # For what two runs judge differently: the number of the run to compare with.
    other: int | None = None
    reviewed: Reviewed = Reviewed.ANY
    # Of images only those with this value of a dimension, as services.slices writes them, such as "decade:1910s".
    slice: str = ""
    # Only what this account annotated.
    annotator: int | None = None
    # When the list was opened: verdicts given later do not move anything out of it.
    as_of: datetime | None = None

    def changed(self, **changes: Any) -> "ListQuery":
        """Ask for another list that differs in some respects; it is opened anew."""
        return replace(self, **{"as_of": None, **changes})

    def of_label(self, label_id: int) -> "ListQuery":
        """Narrow the list to one label; a cell of a table of labels by labels is narrow already."""
        return self if self.kind.of_two_labels else replace(self, label=label_id)

    def address(self) -> str:
        """Write the query as the part of an address behind the question mark."""
        given = {
            "list": self.kind,
            "split": self.split or "all",
            "at": self.basis,
            "label": self.label,
            "direction": self.direction,
            "cell": self.cell,
            "added": self.added,
            "other": self.other,
            "reviewed": None if self.reviewed is Reviewed.ANY else self.reviewed,
            "slice": self.slice or None,
            "annotator": self.annotator,
            "asof": None if self.as_of is None else round(self.as_of.timestamp() * 1000),
        }
        return urlencode({name: value for name, value in given.items() if value is not None})
