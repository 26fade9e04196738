"""Reports: how good a run is, label by label, and how far each figure can be trusted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.domain.metrics import Evaluation, LabelMetrics, evaluate_tally
from app.domain.scores import PLAIN, Scoring
from app.domain.statuses import JobKind, Split
from app.models import Account, Annotation, Image, Project, Run, SnapshotItem, Threshold, Truth
from app.services import evidence, jobs, measurements
from app.services.evidence import Basis, RunLabel
from app.services.measurements import Counted, LabelRanking
from app.services.snapshots import items_of
from app.services.thresholds import BY_HAND, active_set, set_words, thresholds_of

# With fewer images a share of one half has a 95 % interval from a fifth to four fifths: too wide to say anything.
FEW_IMAGES = 10


@dataclass(frozen=True)
class LabelReport:
    """Hold one label's figures, its threshold and where that comes from."""

    label: RunLabel
    metrics: LabelMetrics
    ranking: LabelRanking
    threshold: float
    # f1 or another objective, "by hand", or empty where nothing could be tuned and 0.5 was kept.
    origin: str
    set_by: str
    cross_fitted: bool

    @property
    def is_rough(self) -> bool:
        """Tell whether too few images show the label for its recall to say much."""
        return self.metrics.support < FEW_IMAGES

    @property
    def is_rarely_tagged(self) -> bool:
        """Tell whether too few images are tagged with the label for its precision to say much."""
        return 0 < self.metrics.tp + self.metrics.fp < FEW_IMAGES

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
    scoring: Scoring
    n_images: int
    seen_in_training: int
    labels: tuple[LabelReport, ...]
    evaluation: Evaluation
    instead: tuple[Replacement, ...]
    # What the thresholds were tuned for, as they are named; several where labels differ.
    objective: str
    # Which version of the thresholds, in words that exports share.
    threshold_set: str

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


def report(
    session: Session,
    run: Run,
    split: Split = Split.VALIDATION,
    basis: Basis = Basis.TUNED,
    scoring: Scoring = PLAIN,
) -> Report:
    """Measure a run on the images of a split, against the ground truth as the run knew it."""
    n = evidence.split_counts(session, run).get(split, 0)
    ranked = measurements.rankings(session, run, split, n)
    counted = measurements.counted(session, run, split, basis, n)
    measured = evaluate_tally(counted.tally, [each.ranked for each in ranked], None, scoring)
    rows = thresholds_of(session, run)
    labels = _label_reports(session, run, split, basis, measured, ranked, rows)
    return Report(
        split=split,
        basis=basis,
        scoring=scoring,
        n_images=n,
        seen_in_training=counted.seen_in_training,
        labels=labels,
        evaluation=measured,
        instead=tuple(_replacements(labels, counted)),
        objective=", ".join(sorted({row.objective for row in rows.values() if row.objective != BY_HAND})),
        threshold_set=set_words(run, active_set(session, run.id)),
    )


def changes_since(session: Session, run: Run) -> Changes:
    """Count the labels that differ now from what the run knew, and the images that were first answered since."""
    # Truths change only with annotations: images without a newer one need no look.
    touched = select(Annotation.image_id).where(
        Annotation.project_id == run.project_id,
        or_(Annotation.created_at >= run.created_at, Annotation.superseded_at >= run.created_at),
    )
    kept = select(Image.id).where(Image.project_id == run.project_id, Image.excluded_at.is_(None))
    known = items_of(session, run, list(session.scalars(kept.where(Image.id.in_(touched)).order_by(Image.id))))
    today = evidence.truth_today(session, run, known.image_ids.tolist())
    live = np.array([not label.removed for label in evidence.run_labels(session, run)], dtype=np.bool_)
    differs = (today != known.truth) & live
    new = kept.where(
        Image.id.not_in(select(SnapshotItem.image_id).where(SnapshotItem.run_id == run.id)),
        select(Truth.label_id).where(Truth.image_id == Image.id).exists(),
    )
    n_new = session.scalar(select(func.count()).select_from(new.subquery())) or 0
    return Changes(int(differs.sum()), int(differs.any(axis=1).sum()), n_new)


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
        "threshold_set": made.threshold_set,
        "cross_fitted": made.cross_fitted,
        "n_images": made.n_images,
        **figures,
        "labels": [
            {
                **numbers,
                "label": row.label.name,
                "threshold": row.threshold,
                "threshold_origin": row.origin,
                "average_precision_interval": row.ranking.average_precision_interval.to_list(),
                "roc_auc_interval": row.ranking.roc_auc_interval.to_list(),
                "calibration": row.ranking.calibration.to_dict(),
                "histogram": {"absent": row.ranking.histogram[0], "present": row.ranking.histogram[1]},
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
        "threshold_set": tuned.threshold_set,
        "n_validation": tuned.n_images,
        "labels": labels,
        "macro_f1": fitted["macro"]["f1"],
        "micro_f1": fitted["micro"]["f1"],
        "macro_f1_at_half": at_half["macro"]["f1"],
        "mean_average_precision": at_half["mean_average_precision"],
    }


def _label_reports(
    session: Session,
    run: Run,
    split: Split,
    basis: Basis,
    measured: Evaluation,
    ranked: Sequence[LabelRanking],
    rows: dict[int, Threshold],
) -> tuple[LabelReport, ...]:
    ids = {row.set_by_id for row in rows.values() if row.set_by_id is not None}
    names = dict(session.execute(select(Account.id, Account.name).where(Account.id.in_(ids))).all())
    limits = evidence.limits(run, rows, basis)
    crossed = evidence.was_cross_fitted(run, rows, basis) & (split is Split.VALIDATION)
    return tuple(
        LabelReport(
            label=label,
            metrics=measured.labels[column],
            ranking=ranked[column],
            threshold=float(limits[column]),
            origin=_origin(rows.get(label.id)) if basis is Basis.TUNED else "",
            set_by=names.get(rows[label.id].set_by_id or 0, "") if label.id in rows else "",
            cross_fitted=bool(crossed[column]),
        )
        for column, label in enumerate(evidence.run_labels(session, run))
    )


def _origin(row: Threshold | None) -> str:
    if row is None or not (row.tuned or row.objective == BY_HAND):
        return ""
    return row.objective


def _replacements(labels: Sequence[LabelReport], counted: Counted) -> list[Replacement]:
    columns = range(len(labels))
    return [
        Replacement(
            label=row.label,
            missed=row.metrics.fn,
            counts=tuple(counted.instead.get((missed, added), 0) for added in columns),
            nothing_else=counted.nothing_else[missed],
        )
        for missed, row in enumerate(labels)
    ]
