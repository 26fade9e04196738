"""Evaluating a run: thresholds tuned on its validation images, and figures that those thresholds have not flattered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.db import session_scope
from app.domain.matrices import Cells, Floats
from app.domain.metrics import Evaluation, evaluate, evaluate_predictions
from app.domain.statuses import Split
from app.domain.thresholds import DEFAULT_THRESHOLD, F1, Objective, cross_fitted, tune
from app.errors import ConflictError
from app.i18n import gettext as _
from app.models import Job, Run
from app.services.predictions import probability_matrix
from app.services.snapshots import truth_matrix
from app.services.thresholds import Chosen, keep_tuned, objective_from_dict, objective_to_dict
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
    truth: Cells, probabilities: Floats, labels: Sequence[tuple[int, str]], objective: Objective, seed: int
) -> Measured:
    """Tune thresholds on validation images and measure the run on them.

    Args:
        truth: int8 [n, L], 1 present, 0 absent, -1 unknown.
        probabilities: float [n, L], 0 to 1, as they are kept.
        labels: id and name of each column.
        objective: what thresholds are tuned for.
        seed: deals the images to the folds of cross-fitting.

    """
    tuned = tune(truth, probabilities, objective, seed)
    honest = evaluate_predictions(truth, cross_fitted(truth, probabilities, objective, seed), probabilities)
    limits = np.array([each.threshold for each in tuned])
    evaluation = {
        "n_validation": len(truth),
        "objective": objective_to_dict(objective),
        "outcomes": [each.outcome.value for each in tuned],
        "at_half": evaluate(truth, probabilities, DEFAULT_THRESHOLD).to_dict(),
        "tuned": honest.to_dict(),
        "optimistic": evaluate(truth, probabilities, limits).to_dict(),
    }
    chosen = tuple(
        Chosen(label_id, each.threshold, not each.outcome.keeps_default)
        for (label_id, _name), each in zip(labels, tuned, strict=True)
    )
    return Measured(evaluation, chosen, tuple(_notes(honest, [name for _id, name in labels])))


def work(progress: Progress) -> None:
    """Tune the thresholds of a finished run anew, for another objective or after a threshold was set by hand."""
    progress(_("Tuning thresholds"), 0, 0)
    with session_scope(writes=False) as session:
        job = session.get_one(Job, progress.job_id)
        run = session.get_one(Run, job.params["run_id"])
        objective = objective_from_dict(job.params["objective"]) if "objective" in job.params else F1
        validation = truth_matrix(session, run).of(Split.VALIDATION)
        said = probability_matrix(session, run, validation.image_ids.tolist())
    if len(said.image_ids) != len(validation.image_ids):
        raise ConflictError(_("Some predictions of run %(number)s are missing.") % {"number": run.number})
    labels = [(label["id"], label["name"]) for label in run.labels]
    measured = measure(validation.truth, said.probabilities, labels, objective, run.seed)
    progress.check()
    with session_scope() as session:
        kept = session.get_one(Run, run.id)
        kept.evaluation = {**kept.evaluation, **measured.evaluation}
        keep_tuned(session, run.id, measured.chosen, objective, account_id=job.created_by_id)


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
