"""Evaluating a run: thresholds tuned on its validation images, and figures that those thresholds have not flattered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from types import MappingProxyType
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.matrices import Cells, Floats, predict
from app.domain.metrics import Evaluation, evaluate, evaluate_predictions
from app.domain.single_label import accuracy, predict_one
from app.domain.statuses import Labelling, Split
from app.domain.thresholds import DEFAULT_THRESHOLD, F1, Objective, ObjectiveKind, cross_fitted, tune
from app.errors import ConflictError
from app.i18n import gettext as _
from app.models import Job, Run
from app.services import measurements
from app.services.predictions import probability_matrix
from app.services.snapshots import truth_matrix
from app.services.thresholds import (
    BY_HAND,
    Chosen,
    keep_tuned,
    objective_from_dict,
    objective_from_name,
    objective_to_dict,
    thresholds_of,
)
from worker.running import Progress

# With fewer positives in validation a recall of one half has a 95 % interval from a fifth to four fifths.
FEW_POSITIVES = 10


@dataclass(frozen=True)
class Measured:
    """What evaluating a run found out."""

    evaluation: dict[str, Any]
    chosen: tuple[Chosen, ...]
    notes: tuple[str, ...]


def measure(
    truth: Cells,
    probabilities: Floats,
    labels: Sequence[tuple[int, str]],
    objective: Objective | Sequence[Objective],
    seed: int,
    fixed: Mapping[int, float] = MappingProxyType({}),
    labelling: Labelling = Labelling.OVERLAPPING,
) -> Measured:
    """Tune thresholds on validation images and measure the run on them.

    Where labels exclude each other nothing is tuned: the most probable one is predicted.

    Args:
        truth: int8 [n, L], 1 present, 0 absent, -1 unknown.
        probabilities: float [n, L], 0 to 1, as they are kept.
        labels: id and name of each column.
        objective: what thresholds are tuned for: one for all labels, or one for each.
        seed: deals the images to the folds of cross-fitting.
        fixed: thresholds by label id that a person set; they are not tuned, and judged as they stand.
        labelling: whether an image may show several labels.

    """
    if labelling is Labelling.EXCLUSIVE:
        return _measure_exclusive(truth, probabilities, labels)
    tuned = tune(truth, probabilities, objective, seed)
    limits = np.array([fixed.get(label_id, each.threshold) for (label_id, _), each in zip(labels, tuned, strict=True)])
    by_hand = np.array([label_id in fixed for label_id, _name in labels], dtype=np.bool_)
    crossed = cross_fitted(truth, probabilities, objective, seed)
    honest = evaluate_predictions(truth, np.where(by_hand, predict(probabilities, limits), crossed), probabilities)
    evaluation = {
        "n_validation": len(truth),
        "outcomes": [each.outcome.value for each in tuned],
        "at_half": evaluate(truth, probabilities, DEFAULT_THRESHOLD).to_dict(),
        "tuned": honest.to_dict(),
        "optimistic": evaluate(truth, probabilities, limits).to_dict(),
    }
    if isinstance(objective, Objective):
        evaluation["objective"] = objective_to_dict(objective)
    chosen = tuple(
        Chosen(label_id, each.threshold, not each.outcome.keeps_default)
        for (label_id, _name), each in zip(labels, tuned, strict=True)
    )
    return Measured(evaluation, chosen, tuple(_notes(honest, [name for _id, name in labels])))


def work(progress: Progress) -> None:
    """Tune thresholds of a finished run anew: all, or those that the job names."""
    progress(_("Tuning thresholds"), 0, 0)
    with session_scope(writes=False) as session:
        job = session.get_one(Job, progress.job_id)
        run = session.get_one(Run, job.params["run_id"])
        snapshot = truth_matrix(session, run)
        validation = snapshot.of(Split.VALIDATION)
        said = probability_matrix(session, run, validation.image_ids.tolist())
        plan = _plan(session, run, job.params, snapshot.truth)
        ranked = measurements.rank_all(session, run)
    if len(said.image_ids) != len(validation.image_ids):
        raise ConflictError(_("Some predictions of run %(number)s are missing.") % {"number": run.number})
    labels = [(label["id"], label["name"]) for label in run.labels]
    measured = measure(validation.truth, said.probabilities, labels, plan.measured_for, run.seed, plan.fixed)
    wanted = [place for place, (label_id, _name) in enumerate(labels) if label_id in plan.wanted]
    progress.check()

    def keep(session: Session) -> None:
        # In the transaction that ends the job: repeated after a worker was lost, it makes one set, not two.
        kept = session.get_one(Run, run.id)
        kept.evaluation = {**kept.evaluation, **measured.evaluation}
        keep_tuned(
            session,
            run.id,
            [measured.chosen[place] for place in wanted],
            [plan.objectives[place] for place in wanted],
            account_id=job.created_by_id,
            name=job.params.get("name", ""),
        )
        measurements.prepare(session, kept, ranked)

    progress.at_success(keep)


@dataclass(frozen=True)
class _Plan:
    """Which labels are tuned, what for, and which keep what a person set; objectives are in the order of the labels."""

    wanted: frozenset[int]
    objectives: tuple[Objective, ...]
    fixed: dict[int, float]

    @property
    def measured_for(self) -> Objective | tuple[Objective, ...]:
        """Give the one objective of all labels where there is one."""
        return self.objectives[0] if not self.fixed and len(set(self.objectives)) == 1 else self.objectives


def _plan(session: Session, run: Run, params: Mapping[str, Any], truth: Cells) -> _Plan:
    """Read what a job asks for; labels that it does not name keep what they were tuned for, or set to."""
    wanted = frozenset(params.get("label_ids") or [label["id"] for label in run.labels])
    rows = {label_id: row for label_id, row in thresholds_of(session, run).items() if label_id not in wanted}
    asked = params.get("objective", objective_to_dict(F1))
    objectives = []
    for column, label in enumerate(run.labels):
        row = rows.get(label["id"])
        if row is not None and row.objective != BY_HAND:
            objectives.append(objective_from_name(row.objective))
        elif asked["value"] is None:
            objectives.append(_own_share(truth[:, column]))
        else:
            objectives.append(objective_from_dict(asked))
    fixed = {label_id: row.value for label_id, row in rows.items() if row.objective == BY_HAND}
    return _Plan(wanted, tuple(objectives), fixed)


def _own_share(truth: Cells) -> Objective:
    """Give the share of a label among all images, of whatever split, for which it is known."""
    known = truth[truth >= 0]
    return Objective(ObjectiveKind.PREVALENCE, float((known == 1).mean()) if known.size else 0.0)


def _measure_exclusive(truth: Cells, probabilities: Floats, labels: Sequence[tuple[int, str]]) -> Measured:
    figures = evaluate_predictions(truth, predict_one(probabilities), probabilities)
    told, share = figures.to_dict(), accuracy(truth, probabilities)
    evaluation = {
        "n_validation": len(truth),
        "outcomes": [],
        "at_half": told,
        "tuned": told,
        "optimistic": told,
        "accuracy": None if isnan(share) else share,
    }
    return Measured(evaluation, (), tuple(_notes(figures, [name for _id, name in labels])))


def _notes(honest: Evaluation, names: Sequence[str]) -> list[str]:
    """Say what the figures cannot, as sentences."""
    if not honest.n_rows:
        return [_("No image was set aside to measure on, so nothing is known of how well this model does.")]
    pairs = list(zip(names, honest.labels, strict=True))
    notes = []
    unseen = [name for name, label in pairs if not label.support]
    if unseen:
        notes.append(
            _("No validation image shows these labels, so their recall cannot be measured: %(labels)s.")
            % {"labels": ", ".join(unseen)}
        )
    rare = [f"{name} ({label.support})" for name, label in pairs if 0 < label.support < FEW_POSITIVES]
    if rare:
        notes.append(
            _("These labels are shown by so few validation images that their figures are rough: %(labels)s.")
            % {"labels": ", ".join(rare)}
        )
    silent = [name for name, label in pairs if label.support and not label.tp + label.fp]
    if silent:
        notes.append(
            _("These labels were never predicted in the validation images: %(labels)s.") % {"labels": ", ".join(silent)}
        )
    return notes
