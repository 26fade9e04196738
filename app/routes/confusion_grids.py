"""Tables of labels by labels as a page shows them: what stands in each cell, how deep its tint is, and as a drawing."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, isnan
from typing import Any, NamedTuple

import numpy as np

from app.domain.confusion import Counts, shares
from app.domain.matrices import Floats
from app.i18n import gettext as _
from app.services.confusions import Confusions
from app.services.evidence import RunLabel
from app.services.list_queries import ListKind

# As many depths of tint as css/confusions.css knows.
DEPTHS = 5
# Large enough for four figures in the size of the axis labels.
CELL_PIXELS = 34
# The deepest tint on which ink still reads well, in the light as in the dark.
DEEPEST = 0.45

# Beside the diagonal of these stand errors; the others only tell what goes with what.
TELL_ERRORS = frozenset({ListKind.CONFUSED, ListKind.ONE_LABEL})


class Show(StrEnum):
    """Say what stands in the cells."""

    COUNTS = "counts"
    ROWS = "rows"
    COLUMNS = "columns"


class Cell(NamedTuple):
    """One cell: how many images it opens, what stands in it, its tint from 0 to 5, and whether that is of errors."""

    column: RunLabel | None
    images: int
    text: str
    depth: int
    is_error: bool
    # How many images more or fewer than in the table beside it, with its sign; empty where as many, or none is beside.
    difference: str = ""


@dataclass(frozen=True)
class Grid:
    """A table of labels by labels; None in place of a label stands for no label."""

    kind: ListKind
    columns: tuple[RunLabel | None, ...]
    rows: tuple[tuple[RunLabel | None, tuple[Cell, ...]], ...]

    @property
    def is_crowded(self) -> bool:
        """Tell whether the names of the columns have no room beside each other."""
        return len(self.columns) > 8  # eight names of ordinary length fill a page


def label_by_label(made: Confusions, show: Show) -> Grid:
    """Lay out what was predicted for what."""
    return _grid(ListKind.CONFUSED, (*made.labels, None), made.label_by_label, show)


def one_label(made: Confusions, show: Show) -> Grid | None:
    """Lay out the table of labels that exclude each other; None where they overlap."""
    return None if made.one_label is None else _grid(ListKind.ONE_LABEL, made.labels, made.one_label, show)


def together(made: Confusions) -> tuple[Grid, Grid]:
    """Lay out which labels are shown together and which are predicted together, tinted by one measure."""
    pairs = [table - np.diag(table.diagonal()) for table in (made.shown, made.predicted)]
    most = max(1, *(int(table.max(initial=0)) for table in pairs))
    shown, predicted = (table / most for table in pairs)
    return (
        _laid_out(ListKind.SHOWN_TOGETHER, made.labels, made.shown, shown),
        _laid_out(ListKind.PREDICTED_TOGETHER, made.labels, made.predicted, predicted, made.predicted - made.shown),
    )


def heatmap(named: Sequence[tuple[str, Grid]]) -> dict[str, Any]:
    """Describe tables of the same labels for Vega-Lite, one beside the other, with the figure in every cell."""
    values = [
        {
            "table": name,
            "row": _row_name(row),
            "column": _column_name(cell.column),
            "text": cell.text,
            "images": cell.images,
            "depth": cell.depth,
            "is_error": cell.is_error,
        }
        for name, grid in named
        for row, cells in grid.rows
        for cell in cells
    ]
    axis = {"labelLimit": 160, "domain": False, "ticks": False, "title": None}
    place = {
        "y": {"field": "row", "type": "nominal", "sort": None, "axis": axis},
        "x": {"field": "column", "type": "nominal", "sort": None, "axis": {**axis, "orient": "top", "labelAngle": -45}},
    }
    colour = {"condition": {"test": "datum.is_error", "value": "hue:vermilion"}, "value": "token:accent"}
    depth = {"field": "depth", "type": "quantitative", "scale": {"domain": [0, DEPTHS], "range": [0, DEEPEST]}}
    tooltip = [
        {"field": field, "title": title}
        for field, title in (("row", _("Row")), ("column", _("Column")), ("images", _("Images")))
    ]
    tinted = {
        "mark": {"type": "rect", "stroke": "token:line", "strokeWidth": 1},
        "encoding": {"fill": colour, "fillOpacity": {**depth, "legend": None}, "tooltip": tooltip},
    }
    figures = {"mark": {"type": "text", "fontSize": 11, "tooltip": None}, "encoding": {"text": {"field": "text"}}}
    drawn = {"width": {"step": CELL_PIXELS}, "height": {"step": CELL_PIXELS}, "encoding": place}
    data = {"values": values}
    if len(named) == 1:
        return {"data": data, **drawn, "layer": [tinted, figures]}
    facet = {"field": "table", "type": "nominal", "sort": [name for name, _grid in named], "title": None}
    return {"data": data, "facet": {"column": facet}, "spec": {**drawn, "layer": [tinted, figures]}}


def _grid(kind: ListKind, labels: Sequence[RunLabel | None], counts: Counts, show: Show) -> Grid:
    of_rows = shares(counts, axis=1)
    measure = shares(counts, axis=0) if show is Show.COLUMNS else of_rows
    return _laid_out(kind, labels, counts, measure, in_figures=show is Show.COUNTS)


def _laid_out(
    kind: ListKind,
    labels: Sequence[RunLabel | None],
    counts: Counts,
    measure: Floats,
    more: Counts | None = None,
    *,
    in_figures: bool = True,
) -> Grid:
    numbers, measured = counts.tolist(), measure.tolist()
    differences = None if more is None else more.tolist()
    rows = [
        (
            label,
            tuple(
                Cell(
                    column=other,
                    images=numbers[r][c],
                    text=str(numbers[r][c]) if in_figures else percent(measured[r][c]),
                    depth=_depth(measured[r][c]),
                    is_error=r != c and kind in TELL_ERRORS,
                    difference="" if differences is None else signed(differences[r][c]),
                )
                for c, other in enumerate(labels)
            ),
        )
        for r, label in enumerate(labels)
    ]
    return Grid(kind, tuple(labels), tuple(rows))


def percent(share: float) -> str:
    """Write a share in whole per cent; what is more than nothing is never shown as 0, nothing of nothing as a dash."""
    if isnan(share):
        return "\N{EN DASH}"
    return "<1\N{NO-BREAK SPACE}%" if 0 < share < 0.005 else f"{100 * share:.0f}\N{NO-BREAK SPACE}%"


def signed(difference: int) -> str:
    """Write a difference with its sign; nothing where there is none."""
    return f"{difference:+d}".replace("-", "\N{MINUS SIGN}") if difference else ""


def _depth(share: float) -> int:
    return 0 if isnan(share) else ceil(DEPTHS * share)


def _row_name(label: RunLabel | None) -> str:
    return _("No label shown") if label is None else label.name


def _column_name(label: RunLabel | None) -> str:
    return _("Nothing added") if label is None else label.name
