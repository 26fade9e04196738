"""Fit the quick recipe's head on several frozen networks and keep the best, judged on training images alone."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from time import monotonic

import numpy as np

from app.domain.metrics import evaluate
from worker.ml.backbones import Backbone
from worker.ml.callbacks import Monitor
from worker.ml.embeddings import Features
from worker.ml.head import HeadConfig, HeadFit, fit_head
from worker.ml.targets import Cells


@dataclass(frozen=True, slots=True)
class Learnable:
    """Hold what is known of the images to fit on, what of them stays together, and where chance starts."""

    cells: Cells
    groups: Sequence[Hashable]
    seed: int


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold how well one network did, out of fold on the training images; None where nothing was held out."""

    backbone: str
    loss: float | None
    mean_average_precision: float | None
    seconds: float

    def to_dict(self, *, kept: bool) -> dict[str, object]:
        """Return the line of the table for JSON."""
        return {
            "backbone": self.backbone,
            "loss": self.loss,
            "mean_average_precision": self.mean_average_precision,
            "seconds": round(self.seconds, 2),
            "kept": kept,
        }


def compete(
    networks: Sequence[Backbone],
    learnable: Learnable,
    look: Callable[[Backbone], Features],
    config: HeadConfig,
    monitor: Monitor,
) -> tuple[Backbone, HeadFit, list[dict[str, object]]]:
    """Fit a head on each network's features; return the network with the lowest loss out of fold, its fit, and a table.

    `look` gives a network's features of the images to fit on. With one network there is nothing to compare, and the
    table is empty. Where nothing can be held out, the first network is kept.

    Raises:
        LeakError, Cancelled: as `fit_head` does; whatever `look` raises.

    """
    found: list[tuple[Backbone, HeadFit, Entry]] = []
    for network in networks:
        started = monotonic()
        fit = fit_head(
            look(network), learnable.cells, learnable.groups, seed=learnable.seed, monitor=monitor, config=config
        )
        found.append((network, fit, _entry(network, fit, learnable.cells, monotonic() - started)))
    best = min(range(len(found)), key=lambda place: (_loss(found[place][2]), place))
    network, fit, _kept = found[best]
    table = [entry.to_dict(kept=place == best) for place, (_network, _fit, entry) in enumerate(found)]
    return network, fit, table if len(found) > 1 else []


def _entry(network: Backbone, fit: HeadFit, cells: Cells, seconds: float) -> Entry:
    if not fit.is_out_of_fold:
        return Entry(network.name, None, None, seconds)
    mean = evaluate(cells, fit.out_of_fold).mean_average_precision
    return Entry(network.name, fit.loss, None if np.isnan(mean) else float(mean), seconds)


def _loss(entry: Entry) -> float:
    return float("inf") if entry.loss is None else entry.loss
