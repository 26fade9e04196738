"""Learn from parts of the training images, and measure each time on the same validation images."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.domain.learning_curves import DRAWS, SHARES
from app.domain.metrics import evaluate
from app.domain.statuses import Labelling
from worker.ml.axes import Axes, Matrix, principal_axes, rooted
from worker.ml.callbacks import Monitor, Progress, Stage
from worker.ml.head import HeadConfig, strength_for
from worker.ml.linear_head import probabilities_of, solve_path
from worker.ml.targets import Cells, targets_of

Rows = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """Hold what was measured: a line for each draw."""

    # int [m]: how many images were learned from; and the share of all training images that was asked for, [m].
    images: Rows
    shares: Floats
    # float64 [m, L]: NaN where undefined; F1 at a threshold of 0.5.
    average_precision: Floats
    f1: Floats
    # float64 [m].
    macro_average_precision: Floats
    macro_f1: Floats


@dataclass(frozen=True)
class CurveData:
    """Hold features, float32 [n, d], cells, int8 [n, L], and what stays together of the training images."""

    features: Matrix
    cells: Cells
    groups: Sequence[Hashable]
    valid_features: Matrix
    valid_cells: Cells
    labelling: Labelling = Labelling.OVERLAPPING
    balanced: bool = False


def learning_curve(data: CurveData, *, seed: int, monitor: Monitor | None = None) -> Measured:
    """Fit a linear head on growing parts of the training images, each size with other images several times.

    Groups are drawn whole. All sizes share the principal axes of all training images, which knows no answer; how free
    a head is, is chosen anew for each size, by cross-validation within its first draw. The largest size is all images,
    and is fitted once.

    Raises:
        ValueError: when there are no training images.
        Cancelled: when asked to stop.

    """
    if not len(data.cells):
        raise ValueError("there is nothing to learn from")
    watch = monitor or Monitor()
    axes = principal_axes(rooted(data.features))
    seen = rooted(data.valid_features)
    lines = []
    draws = list(_draws(data.groups, seed))
    strengths: dict[float, float] = {}
    for done, (share, rows) in enumerate(draws, start=1):
        if share not in strengths:
            strengths[share] = strength_for(_part(axes, rows), data.cells[rows], *_how(data, rows), seed)
        lines.append((len(rows), share, *_fitted(axes, data, rows, strengths[share], seen)))
        watch.report(Progress(Stage.HEAD, done, len(draws)))
    images, shares, precision, f1, macro_precision, macro_f1 = zip(*lines, strict=True)
    return Measured(
        np.array(images, dtype=np.intp),
        np.array(shares),
        np.stack(precision),
        np.stack(f1),
        np.array(macro_precision),
        np.array(macro_f1),
    )


def _draws(groups: Sequence[Hashable], seed: int) -> Iterator[tuple[float, Rows]]:
    """Give the rows of each draw, with its share; a larger draw of the same turn holds the smaller ones."""
    numbers: dict[Hashable, int] = {}
    members = np.array([numbers.setdefault(group, len(numbers)) for group in groups], dtype=np.intp)
    chance = np.random.default_rng(seed)
    for turn in range(DRAWS):
        place = np.empty(len(numbers), dtype=np.intp)
        place[chance.permutation(len(numbers))] = np.arange(len(numbers))
        order = np.argsort(place[members], kind="stable")
        for share in SHARES:
            wanted = max(2, round(share * len(members)))
            if share == 1:
                if turn == 0:
                    yield share, np.arange(len(members))
                continue
            # A group is taken whole or not at all.
            last = members[order[min(wanted, len(order)) - 1]]
            yield share, np.sort(order[: int(np.flatnonzero(members[order] == last).max()) + 1])


def _part(axes: Axes, rows: Rows) -> Axes:
    return Axes(axes.rows[rows], axes.spectrum, axes.back, axes.mean)


def _how(data: CurveData, rows: Rows) -> tuple[list[Hashable], HeadConfig]:
    return [data.groups[row] for row in rows], HeadConfig(balanced=data.balanced, labelling=data.labelling)


def _fitted(
    axes: Axes, data: CurveData, rows: Rows, strength: float, seen: Matrix
) -> tuple[Floats, Floats, float, float]:
    """Learn rows and measure the validation images: average precision and F1 of each label, and both means."""
    targets = targets_of(data.cells[rows], data.labelling, balanced=data.balanced)
    solved = solve_path(axes.rows[rows], axes.spectrum, targets, (strength,), data.labelling)
    weights, bias = axes.plain(*solved)
    said = probabilities_of(seen @ weights + bias, len(bias), data.labelling)
    found = evaluate(data.valid_cells, said)
    return (
        np.array([label.average_precision for label in found.labels]),
        np.array([label.f1 for label in found.labels]),
        found.mean_average_precision,
        found.macro.f1,
    )
