"""Thresholds: the probability from which on a run counts a label as predicted, tuned by a worker or set by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.domain.statuses import JobKind, JobStatus
from app.domain.thresholds import DEFAULT_THRESHOLD, F1, Objective, ObjectiveKind
from app.errors import ConflictError, InvalidInputError, NotFoundError
from app.i18n import gettext as _
from app.models import Account, Job, Run, Threshold
from app.models.types import now
from app.services import jobs

BY_HAND = "by hand"


@dataclass(frozen=True)
class Chosen:
    """One label's threshold as tuning found it."""

    label_id: int
    value: float
    tuned: bool


def thresholds_of(session: Session, run: Run) -> dict[int, Threshold]:
    """Read a run's thresholds by label id."""
    return {row.label_id: row for row in session.scalars(select(Threshold).where(Threshold.run_id == run.id))}


def limits_of(session: Session, run_id: int) -> dict[int, float]:
    """Read the values of a run's thresholds by label id."""
    query = select(Threshold.label_id, Threshold.value).where(Threshold.run_id == run_id)
    return {row[0]: row[1] for row in session.execute(query)}


def threshold_values(session: Session, run: Run) -> list[float]:
    """Read a run's thresholds in the order of its labels; 0.5 where there is none."""
    limits = limits_of(session, run.id)
    return [limits.get(label["id"], DEFAULT_THRESHOLD) for label in run.labels]


def keep_tuned(
    session: Session, run_id: int, chosen: Sequence[Chosen], objective: Objective, *, account_id: int | None = None
) -> None:
    """Replace all thresholds of a run by tuned ones."""
    session.execute(delete(Threshold).where(Threshold.run_id == run_id))
    session.add_all(
        Threshold(
            run_id=run_id,
            label_id=each.label_id,
            value=each.value,
            objective=objective_name(objective),
            tuned=each.tuned,
            set_by_id=account_id,
        )
        for each in chosen
    )


def set_by_hand(session: Session, run: Run, label_id: int, value: float, account: Account | None) -> Threshold:
    """Set one label's threshold by hand."""
    if label_id not in {label["id"] for label in run.labels}:
        raise NotFoundError
    if not (isfinite(value) and 0 <= value <= 1):
        sentence = _("A threshold is a number from 0 to 1.")
        raise InvalidInputError(sentence, fields={"value": sentence})
    row = session.get(Threshold, (run.id, label_id)) or Threshold(run_id=run.id, label_id=label_id)
    row.value, row.objective, row.tuned = value, BY_HAND, False
    row.set_by_id, row.set_at = account.id if account else None, now()
    session.add(row)
    return row


def request_tuning(session: Session, run: Run, *, objective: Objective = F1, account: Account | None = None) -> Job:
    """Ask a worker to tune a run's thresholds anew; an open request for the same run is given instead of a second."""
    if run.job.status is not JobStatus.SUCCEEDED:
        raise ConflictError(_("Thresholds can be tuned once the run has finished."))
    params = {"run_id": run.id, "objective": objective_to_dict(objective)}
    for job in jobs.open_jobs(session, run.project_id, JobKind.EVALUATE):
        if job.params == params:
            return job
    return jobs.create_job(
        session,
        JobKind.EVALUATE,
        project_id=run.project_id,
        account_id=account.id if account else None,
        params=params,
    )


def objective_to_dict(objective: Objective) -> dict[str, Any]:
    """Write an objective as a job's parameters keep it."""
    return {"kind": objective.kind.value, "value": objective.value}


def objective_from_dict(given: dict[str, Any]) -> Objective:
    """Read an objective from a job's parameters or a form."""
    try:
        return Objective(ObjectiveKind(given["kind"]), float(given["value"]))
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInputError(
            _("Thresholds can be tuned for F-beta (beta greater than 0), or for a floor greater than 0 and at most 1.")
        ) from error


def objective_name(objective: Objective) -> str:
    """Name an objective shortly, such as f1 or recall_at_precision 0.9."""
    if objective.kind is ObjectiveKind.F_BETA:
        return f"f{objective.value:g}"
    return f"{objective.kind.value} {objective.value:g}"
