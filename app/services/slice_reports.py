"""Reports by slice: how good a run is with the images of one decade, source or size, beside all its others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from app.domain.slice_comparison import FEW_IMAGES, Cell, Figure, Measure, compare_slices
from app.domain.slice_figures import SliceAverages, SliceCounts, count_slices, macro, micro
from app.domain.statuses import Split
from app.errors import NotFoundError
from app.models import Run
from app.services import evidence, slices
from app.services.evidence import Basis, RunLabel
from app.services.slices import Dimension, SliceValue


@dataclass(frozen=True)
class Average:
    """Precision, recall and F1 over all labels; NaN where undefined."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class SliceRow:
    """One slice: its images, its labels in the order of the run's, and its averages."""

    value: SliceValue
    cells: tuple[Cell, ...]
    micro: Average
    macro: Average

    @property
    def is_small(self) -> bool:
        """Tell whether so few images are in it that its figures say little."""
        return self.value.count < FEW_IMAGES

    @property
    def n_errors(self) -> int:
        """Count the (image, label) pairs of the slice that the run gets wrong."""
        return sum(cell.n_errors for cell in self.cells)


@dataclass(frozen=True)
class Finding:
    """A gap that is larger than chance: of a label's precision and recall in a slice the surer one, else F1."""

    row: SliceRow
    label: RunLabel
    cell: Cell
    measure: Measure

    @property
    def figure(self) -> Figure:
        """Return the figure that differs."""
        return self.cell.figures[self.measure]


@dataclass(frozen=True)
class SliceReport:
    """All that one split of a run shows slice by slice; without a dimension there is nothing to tell images apart."""

    split: Split
    basis: Basis
    n_images: int
    seen_in_training: int
    labels: tuple[RunLabel, ...]
    dimensions: list[Dimension]
    dimension: Dimension | None
    rows: tuple[SliceRow, ...]
    whole: SliceRow | None
    findings: tuple[Finding, ...]
    n_compared: int


def slice_report(
    session: Session, run: Run, split: Split, basis: Basis, key: str = "", names: Mapping[int, str] | None = None
) -> SliceReport:
    """Measure a run slice by slice of a dimension; without a choice the first one is taken.

    `names` stand in place of people's, by account.

    Raises:
        NotFoundError: when the project has no such dimension.

    """
    seen = evidence.load(session, run, split, basis)
    surveyed = slices.survey(session, run.project_id, names)
    known = surveyed.dimensions
    if key and all(dimension.key != key for dimension in known):
        raise NotFoundError
    dimension: Dimension | None = None
    rows: tuple[SliceRow, ...] = ()
    whole: SliceRow | None = None
    compared: list[list[Cell]] = []
    if known and len(seen.image_ids):
        found = surveyed.membership(seen.image_ids, key or known[0].key)
        dimension = found.dimension
        everything = np.ones((len(seen.image_ids), 1), dtype=np.bool_)
        total = count_slices(seen.truth, seen.predictions, everything)
        parts = count_slices(seen.truth, seen.predictions, found.members)
        compared = compare_slices(parts, total.minus(parts))
        rows = _rows(dimension.values, parts, compared)
        all_images = SliceValue("", "", len(seen.image_ids))
        # Outside of everything is nothing, so that nothing is compared with it.
        (whole,) = _rows((all_images,), total, compare_slices(total, total.minus(total)))
    return SliceReport(
        split=split,
        basis=basis,
        n_images=len(seen.image_ids),
        seen_in_training=seen.seen_in_training,
        labels=seen.labels,
        dimensions=known,
        dimension=dimension,
        rows=rows,
        whole=whole,
        findings=_findings(rows, seen.labels),
        n_compared=sum(figure.is_compared for row in compared for cell in row for figure in cell.figures.values()),
    )


def _rows(values: Sequence[SliceValue], parts: SliceCounts, cells: Sequence[Sequence[Cell]]) -> tuple[SliceRow, ...]:
    averages = micro(parts), macro(parts)
    return tuple(
        SliceRow(value, tuple(cells[row]), _average(averages[0], row), _average(averages[1], row))
        for row, value in enumerate(values)
    )


def _average(averages: SliceAverages, row: int) -> Average:
    return Average(float(averages.precision[row]), float(averages.recall[row]), float(averages.f1[row]))


def _findings(rows: Sequence[SliceRow], labels: Sequence[RunLabel]) -> tuple[Finding, ...]:
    """List the gaps, the surest first, one for each label and slice."""
    found = []
    for row in rows:
        for label, cell in zip(labels, row.cells, strict=True):
            # Counts of images say more to a reader than F1 does, which therefore comes last.
            gaps = [(name is Measure.F1, figure.p, name) for name, figure in cell.figures.items() if figure.is_gap]
            if gaps:
                found.append(Finding(row, label, cell, min(gaps)[2]))
    return tuple(sorted(found, key=lambda each: (each.figure.p, -abs(each.figure.value - each.figure.rest))))


def to_dict(run: Run, made: SliceReport) -> dict[str, Any]:
    """Give a report by slice for JSON and CSV; an undefined figure is None."""
    dimension = made.dimension
    rows = [*([made.whole] if made.whole else []), *made.rows]
    return {
        "run": run.number,
        "split": made.split.value,
        "at": made.basis.value,
        "dimension": dimension.key if dimension else None,
        "dimension_name": dimension.name if dimension else None,
        "n_images": made.n_images,
        "n_compared": made.n_compared,
        "slices": [_row_dict(row, made) for row in rows],
    }


def _row_dict(row: SliceRow, made: SliceReport) -> dict[str, Any]:
    return {
        # The address of all images is empty, and so is their name in a file for programs.
        "slice": row.value.address or None,
        "name": row.value.name,
        "n_images": row.value.count,
        "micro": _numbers(row.micro),
        "macro": _numbers(row.macro),
        "labels": [_cell_dict(label, cell) for label, cell in zip(made.labels, row.cells, strict=True)],
    }


def _cell_dict(label: RunLabel, cell: Cell) -> dict[str, Any]:
    counts = {"support": cell.support, "n_known": cell.n_known, "tp": cell.tp, "fp": cell.fp, "fn": cell.fn}
    return {"label": label.name, **counts} | {name.value: each.to_dict() for name, each in cell.figures.items()}


def _numbers(average: Average) -> dict[str, float | None]:
    return {name: _or_none(getattr(average, name)) for name in ("precision", "recall", "f1")}


def _or_none(value: float) -> float | None:
    return None if isnan(value) else value
