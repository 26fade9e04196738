"""Reports: how good a run is, label by label, and how far each figure can be trusted."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.confusion import missed_instead
from app.domain.intervals import RESAMPLES, Interval, ranking_intervals
from app.domain.metrics import Evaluation, LabelMetrics, evaluate_predictions
from app.domain.statuses import JobKind, Split
from app.models import Account, Image, Project, Run, Threshold, Truth
from app.services import evidence, jobs
from app.services.evidence import Basis, Evidence, RunLabel
from app.services.snapshots import truth_matrix
from app.services.thresholds import BY_HAND, objective_name, thresholds_of

# With fewer positives a recall of one half has a 95 % interval from a fifth to four fifths: too wide to say anything.
FEW_POSITIVES = 10
# Drawing and ranking ten million cells takes a sixth of a second; a page should not take longer for its intervals.
CELLS_TO_RESAMPLE = 10_000_000
# Fewer resamples leave the ends of a 95 % interval to two or three draws.
FEWEST_RESAMPLES = 100


@dataclass(frozen=True)
class LabelReport:
    """Hold one label's figures, its threshold and where that comes from."""

    label: RunLabel
    metrics: LabelMetrics
    average_precision_interval: Interval
    threshold: float
    # f1 or another objective, "by hand", or empty where nothing could be tuned and 0.5 was kept.
    origin: str
    set_by: str
    cross_fitted: bool

    @property
    def is_rough(self) -> bool:
        """Tell whether too few images show the label for its figures to say much."""
        return self.metrics.support < FEW_POSITIVES

    @property
    def by_hand(self) -> bool:
        """Tell whether a person set the threshold."""
        return self.origin == BY_HAND


@dataclass(frozen=True)
class Replacement:
    """Hold what was added where one label was missed: counts per added label, in column order."""

    label: RunLabel
    missed: int
    counts: tuple[int, ...]
    nothing_else: int


@dataclass(frozen=True)
class Report:
    """Hold all that one split of a run shows on one basis."""

    split: Split
    basis: Basis
    n_images: int
    seen_in_training: int
    labels: tuple[LabelReport, ...]
    evaluation: Evaluation
    instead: tuple[Replacement, ...]
    objective: str

    @property
    def cross_fitted(self) -> bool:
        """Tell whether any figure rests on cross-fitted thresholds."""
        return any(label.cross_fitted for label in self.labels)

    @property
    def n_errors(self) -> int:
        """Count the (image, label) pairs that the run gets wrong."""
        return sum(label.metrics.fp + label.metrics.fn for label in self.labels)


@dataclass(frozen=True)
class Changes:
    """Count what was tagged or put right since a run took its snapshot."""

    labels: int
    images_changed: int
    images_new: int


def report(session: Session, run: Run, split: Split = Split.VALIDATION, basis: Basis = Basis.TUNED) -> Report:
    """Measure a run on the images of a split, against the ground truth as the run knew it."""
    seen = evidence.load(session, run, split, basis)
    measured = evaluate_predictions(seen.truth, seen.predictions, seen.probabilities)
    intervals = _ranking_intervals(seen, run.seed)
    return Report(
        split=split,
        basis=basis,
        n_images=len(seen.image_ids),
        seen_in_training=seen.seen_in_training,
        labels=tuple(_label_reports(session, run, seen, measured, intervals)),
        evaluation=measured,
        instead=tuple(_replacements(seen)),
        objective=objective_name(evidence.objective_of(run)),
    )


def changes_since(session: Session, run: Run) -> Changes:
    """Count the labels that differ now from what the run knew, and the images that were first answered since."""
    known = truth_matrix(session, run)
    live = np.array([not label.removed for label in evidence.run_labels(session, run)], dtype=np.bool_)
    today = evidence.truth_today(session, run, known.image_ids.tolist())
    differs = (today != known.truth) & live
    differs[np.isin(known.image_ids, _excluded(session, run))] = False
    answered = session.scalars(
        select(Truth.image_id)
        .distinct()
        .join(Image, Image.id == Truth.image_id)
        .where(Image.project_id == run.project_id, Image.excluded_at.is_(None))
    )
    new = set(answered) - set(known.image_ids.tolist())
    return Changes(int(differs.sum()), int(differs.any(axis=1).sum()), len(new))


def is_tuning(session: Session, run: Run) -> bool:
    """Tell whether a worker was asked to tune this run's thresholds and has not finished."""
    open_jobs = jobs.open_jobs(session, run.project_id, JobKind.EVALUATE)
    return any(job.params.get("run_id") == run.id for job in open_jobs)


def to_dict(run: Run, made: Report) -> dict[str, Any]:
    """Give a report as JSON: names, thresholds, figures and intervals; None where a figure is undefined."""
    figures = made.evaluation.to_dict()
    per_label = figures.pop("labels")
    assert isinstance(per_label, list)  # noqa: S101 - the evaluation's own form
    return {
        "run": run.number,
        "recipe": run.recipe.value,
        "split": made.split.value,
        "basis": made.basis.value,
        "objective": made.objective,
        "cross_fitted": made.cross_fitted,
        "n_images": made.n_images,
        **figures,
        "labels": [
            {
                **numbers,
                "label": row.label.name,
                "threshold": row.threshold,
                "threshold_origin": row.origin,
                "average_precision_interval": row.average_precision_interval.to_list(),
            }
            for row, numbers in zip(made.labels, per_label, strict=True)
        ],
        "missed_instead": [
            {
                "label": row.label.name,
                "missed": row.missed,
                "nothing_else": row.nothing_else,
                "added": {made.labels[column].label.name: count for column, count in enumerate(row.counts) if count},
            }
            for row in made.instead
        ],
    }


def summary(session: Session, run: Run) -> dict[str, Any]:
    """Give a finished run's figures on validation as `loupe evaluate --json` prints them; None where undefined.

    They are those of the report: cross-fitted beside a tuned threshold, as it stands beside one set by hand.
    """
    tuned = report(session, run)
    fitted, at_half = to_dict(run, tuned), to_dict(run, report(session, run, basis=Basis.HALF))
    shown = ("support", "threshold", "precision", "recall", "f1", "average_precision")
    labels = [
        {
            "label": each["label"],
            **{name: each[name] for name in (*shown, "precision_interval", "recall_interval")},
            "at_half": {name: plain[name] for name in ("precision", "recall", "f1")},
        }
        for each, plain in zip(fitted["labels"], at_half["labels"], strict=True)
    ]
    return {
        "project": session.scalars(select(Project.name).where(Project.id == run.project_id)).one(),
        "run": run.number,
        "recipe": run.recipe.value,
        "n_validation": tuned.n_images,
        "labels": labels,
        "macro_f1": fitted["macro"]["f1"],
        "micro_f1": fitted["micro"]["f1"],
        "macro_f1_at_half": at_half["macro"]["f1"],
        "mean_average_precision": at_half["mean_average_precision"],
    }


def _label_reports(
    session: Session, run: Run, seen: Evidence, measured: Evaluation, intervals: list[Interval]
) -> list[LabelReport]:
    rows = thresholds_of(session, run)
    ids = {row.set_by_id for row in rows.values() if row.set_by_id is not None}
    names = dict(session.execute(select(Account.id, Account.name).where(Account.id.in_(ids))).all())
    return [
        LabelReport(
            label=label,
            metrics=measured.labels[column],
            average_precision_interval=intervals[column],
            threshold=float(seen.thresholds[column]),
            origin=_origin(rows.get(label.id)) if seen.basis is Basis.TUNED else "",
            set_by=names.get(rows[label.id].set_by_id or 0, "") if label.id in rows else "",
            cross_fitted=bool(seen.cross_fitted[column]),
        )
        for column, label in enumerate(seen.labels)
    ]


def _origin(row: Threshold | None) -> str:
    if row is None or not (row.tuned or row.objective == BY_HAND):
        return ""
    return row.objective


def _ranking_intervals(seen: Evidence, seed: int) -> list[Interval]:
    """Give the bootstrap interval of each label's average precision; undefined where the split is very large."""
    n_labels = len(seen.labels)
    resamples = min(RESAMPLES, CELLS_TO_RESAMPLE // max(1, seen.truth.size))
    if resamples < FEWEST_RESAMPLES or not seen.truth.size:
        return [Interval(float("nan"), float("nan"))] * n_labels
    return [pair[0] for pair in ranking_intervals(seen.truth, seen.probabilities, seed, resamples)]


def _replacements(seen: Evidence) -> list[Replacement]:
    table = missed_instead(seen.truth, seen.predictions)
    return [
        Replacement(
            label=label,
            missed=int(table.missed[row]),
            counts=tuple(int(count) for count in table.counts[row]),
            nothing_else=int(table.nothing_else[row]),
        )
        for row, label in enumerate(seen.labels)
    ]


def _excluded(session: Session, run: Run) -> list[int]:
    query = select(Image.id).where(Image.project_id == run.project_id, Image.excluded_at.is_not(None))
    return list(session.scalars(query))
