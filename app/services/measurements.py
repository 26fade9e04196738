"""What a report's figures follow from, reckoned once for a split and kept: counts, rankings, calibration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from app.domain.calibration import Bin, Calibration, calibrate, histogram
from app.domain.confusion import missed_instead
from app.domain.curves import POINTS, Curves, trace
from app.domain.intervals import NOTHING_KNOWN, RESAMPLES, Interval, ranking_intervals
from app.domain.losses import cell_losses
from app.domain.metrics import UNDEFINED, Ranked, json_safe, rank
from app.domain.statuses import Split
from app.domain.tallies import Tally, tally
from app.models import Run
from app.services import evidence, kept_reports
from app.services.evidence import Basis, Evidence
from app.services.thresholds import active_set

# A page that finds nothing kept should not take longer for its intervals: ten million cells take a tenth of a second.
CELLS_ON_A_PAGE = 10_000_000
# A worker has more time: so many cells take ten seconds, which is little beside a training with that many images.
CELLS_IN_A_WORKER = 1_000_000_000
# Fewer resamples leave the ends of a 95 % interval to two or three draws.
FEWEST_RESAMPLES = 100
# More than a page shows, because images that were excluded meanwhile are passed by.
WORST = 40


@dataclass(frozen=True)
class LabelRanking:
    """Hold what can be said of one label's probabilities without a threshold."""

    average_precision: float
    roc_auc: float
    average_precision_interval: Interval
    roc_auc_interval: Interval
    calibration: Calibration
    # Images in each bin of probability: those without the label, those with it.
    histogram: tuple[tuple[int, ...], tuple[int, ...]]

    @property
    def ranked(self) -> Ranked:
        """Give what goes into the figures of an evaluation."""
        return self.average_precision, self.roc_auc


@dataclass(frozen=True)
class Counted:
    """Hold what can be counted of one split at one set of thresholds."""

    tally: Tally
    seen_in_training: int
    # Images on which a label was missed and another wrongly added, by their columns; pairs without any are left out.
    instead: Mapping[tuple[int, int], int]
    nothing_else: Sequence[int]
    # Image and label of the cells with the highest losses on the wrong side of their thresholds, the worst first.
    worst: Sequence[tuple[int, int]]


def rankings(session: Session, run: Run, split: Split, n: int) -> list[LabelRanking]:
    """Give what can be said of each label's probabilities on the `n` images of a split; reckoned now if need be."""
    key = _ranking_key(split)
    kept = kept_reports.read(session, run, [key], n).get(key)
    if kept is None:
        # Not kept: a worker has the time for intervals that a page may lack.
        return _rank(evidence.load(session, run, split, Basis.HALF), run.seed, CELLS_ON_A_PAGE)
    return [_ranking(each) for each in kept["labels"]]


def counted(session: Session, run: Run, split: Split, basis: Basis, n: int) -> Counted:
    """Give the counts of the `n` images of a split on a basis, counted now where they must be."""
    key = _counted_key(session, run, split, basis)
    kept = kept_reports.read(session, run, [key], n).get(key)
    if kept is None:
        seen = evidence.load(session, run, split, basis)
        return _keep_counted(session, run, key, seen)
    return _counted(kept)


def curves(session: Session, run: Run, split: Split, column: int, points: int | None = POINTS) -> Curves:
    """Trace what every threshold would give for one label on the images of a split."""
    seen = evidence.load(session, run, split, Basis.HALF)
    return trace(seen.truth[:, column], seen.probabilities[:, column], points)


def rank_all(session: Session, run: Run) -> dict[Split, list[LabelRanking]]:
    """Reckon what can be said of the probabilities of each split, unless that is kept; many images take a while."""
    return {
        split: _rank(evidence.load(session, run, split, Basis.HALF), run.seed, CELLS_IN_A_WORKER)
        for split, n in evidence.split_counts(session, run).items()
        if not kept_reports.read(session, run, [_ranking_key(split)], n)
    }


def count_all(session: Session, run: Run) -> None:
    """Count and keep, for every split, what follows from the thresholds in force, as far as it is not there yet."""
    for split, n in evidence.split_counts(session, run).items():
        keys = {basis: _counted_key(session, run, split, basis) for basis in Basis}
        there = kept_reports.read(session, run, list(keys.values()), n)
        for basis, key in keys.items():
            if key not in there:
                _keep_counted(session, run, key, evidence.load(session, run, split, basis))


def prepare(session: Session, run: Run, ranked: Mapping[Split, Sequence[LabelRanking]] | None = None) -> None:
    """Keep what the pages of a finished run will ask for, as far as it is not there yet.

    `ranked` is what `rank_all` gave, for whoever must not hold this transaction so long; else it is reckoned here.
    """
    count_all(session, run)
    counts = evidence.split_counts(session, run)
    for split, made in (rank_all(session, run) if ranked is None else ranked).items():
        kept_reports.keep(session, run, {_ranking_key(split): _rankings_to_dict(made)}, counts.get(split, 0))


def _ranking_key(split: Split) -> str:
    return f"ranking:{split.value}"


def _counted_key(session: Session, run: Run, split: Split, basis: Basis) -> str:
    if basis is Basis.HALF:
        return f"counted:{split.value}:half"
    made = active_set(session, run.id)
    return f"counted:{split.value}:set {made.version if made else 0}"


def _rank(seen: Evidence, seed: int, most_cells: int) -> list[LabelRanking]:
    resamples = min(RESAMPLES, most_cells // max(1, seen.truth.size))
    if resamples >= FEWEST_RESAMPLES and seen.truth.size:
        intervals = ranking_intervals(seen.truth, seen.probabilities, seed, resamples)
    else:
        intervals = [(NOTHING_KNOWN, NOTHING_KNOWN)] * len(seen.labels)
    made = []
    columns = zip(rank(seen.truth, seen.probabilities), intervals, seen.truth.T, seen.probabilities.T, strict=True)
    for ranked, interval, truth, said in columns:
        without, showing = histogram(truth, said).tolist()
        made.append(LabelRanking(*ranked, *interval, calibrate(truth, said), (tuple(without), tuple(showing))))
    return made


def _rankings_to_dict(made: Sequence[LabelRanking]) -> dict[str, Any]:
    return {"labels": [_ranking_to_dict(each) for each in made]}


def _ranking_to_dict(made: LabelRanking) -> dict[str, object]:
    fields = {
        "average_precision": made.average_precision,
        "roc_auc": made.roc_auc,
        "average_precision_interval": made.average_precision_interval,
        "roc_auc_interval": made.roc_auc_interval,
        "histogram": made.histogram,
    }
    return {**json_safe(fields), "calibration": made.calibration.to_dict()}


def _ranking(kept: Mapping[str, Any]) -> LabelRanking:
    told = kept["calibration"]
    bins = [
        Bin(
            low=each["low"],
            high=each["high"],
            n=each["n"],
            n_present=each["n_present"],
            mean=_number(each["mean"]),
            share=_number(each["share"]),
            interval=_interval(each["interval"]),
        )
        for each in told["bins"]
    ]
    without, showing = kept["histogram"]
    return LabelRanking(
        average_precision=_number(kept["average_precision"]),
        roc_auc=_number(kept["roc_auc"]),
        average_precision_interval=_interval(kept["average_precision_interval"]),
        roc_auc_interval=_interval(kept["roc_auc_interval"]),
        calibration=Calibration(_number(told["error"]), tuple(bins)),
        histogram=(tuple(without), tuple(showing)),
    )


def _keep_counted(session: Session, run: Run, key: str, seen: Evidence) -> Counted:
    table = missed_instead(seen.truth, seen.predictions)
    made = Counted(
        tally=tally(seen.truth, seen.predictions),
        seen_in_training=seen.seen_in_training,
        instead={(int(a), int(b)): int(table.counts[a, b]) for a, b in np.argwhere(table.counts)},
        nothing_else=table.nothing_else.tolist(),
        worst=_worst(seen),
    )
    figures = {
        "tally": made.tally.to_dict(),
        "seen_in_training": made.seen_in_training,
        "instead": [[*pair, count] for pair, count in made.instead.items()],
        "nothing_else": made.nothing_else,
        "worst": [list(pair) for pair in made.worst],
    }
    kept_reports.keep(session, run, {key: figures}, len(seen.image_ids))
    return made


def _counted(kept: Mapping[str, Any]) -> Counted:
    return Counted(
        tally=Tally.from_dict(kept["tally"]),
        seen_in_training=kept["seen_in_training"],
        instead={(a, b): count for a, b, count in kept["instead"]},
        nothing_else=kept["nothing_else"],
        worst=[(image_id, label_id) for image_id, label_id in kept["worst"]],
    )


def _worst(seen: Evidence) -> list[tuple[int, int]]:
    """Give the first places of the list of errors, in its order."""
    rows, columns = np.nonzero((seen.truth >= 0) & (seen.truth != seen.predictions))
    losses = cell_losses(seen.truth, seen.probabilities)[rows, columns]
    first = np.lexsort((columns, rows, -losses))[:WORST]
    return [(int(seen.image_ids[rows[i]]), seen.labels[columns[i]].id) for i in first]


def _number(value: float | None) -> float:
    return UNDEFINED if value is None else value


def _interval(value: Sequence[float] | None) -> Interval:
    return NOTHING_KNOWN if value is None else Interval(*value)
