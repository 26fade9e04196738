"""Thresholds: the probability from which on a run counts a label as predicted, tuned by a worker or set by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.statuses import JobKind, JobStatus
from app.domain.thresholds import DEFAULT_THRESHOLD, F1, Objective, ObjectiveKind
from app.errors import ConflictError, InvalidInputError, NotFoundError
from app.i18n import gettext as _
from app.models import Account, Job, Run, Threshold, ThresholdSet
from app.services import jobs

BY_HAND = "by hand"


@dataclass(frozen=True)
class Chosen:
    """One label's threshold as tuning found it."""

    label_id: int
    value: float
    tuned: bool


def active_set(session: Session, run_id: int) -> ThresholdSet | None:
    """Read the set of thresholds that a run is judged by; None before it was ever tuned."""
    return session.scalar(select(ThresholdSet).where(ThresholdSet.run_id == run_id, ThresholdSet.is_active))


def thresholds_of(session: Session, run: Run) -> dict[int, Threshold]:
    """Read a run's active thresholds by label id."""
    query = select(Threshold).join(ThresholdSet).where(ThresholdSet.run_id == run.id, ThresholdSet.is_active)
    return {row.label_id: row for row in session.scalars(query)}


def limits_of(session: Session, run_id: int) -> dict[int, float]:
    """Read the values of a run's active thresholds by label id."""
    query = (
        select(Threshold.label_id, Threshold.value)
        .join(ThresholdSet)
        .where(ThresholdSet.run_id == run_id, ThresholdSet.is_active)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def threshold_values(session: Session, run: Run) -> list[float]:
    """Read a run's active thresholds in the order of its labels; 0.5 where there is none."""
    limits = limits_of(session, run.id)
    return [limits.get(label["id"], DEFAULT_THRESHOLD) for label in run.labels]


def keep_tuned(
    session: Session, run_id: int, chosen: Sequence[Chosen], objective: Objective, *, account_id: int | None = None
) -> ThresholdSet:
    """Keep tuned thresholds as a new set of a run, and judge the run by it from now on."""
    made = _new_set(session, run_id, account_id, objective_to_dict(objective))
    session.add_all(
        Threshold(
            set_id=made.id,
            label_id=each.label_id,
            value=each.value,
            objective=objective_name(objective),
            tuned=each.tuned,
            set_by_id=account_id,
        )
        for each in chosen
    )
    return made


def set_by_hand(session: Session, run: Run, label_id: int, value: float, account: Account | None) -> Threshold:
    """Set one label's threshold by hand: a new set, with the others as they were."""
    if label_id not in {label["id"] for label in run.labels}:
        raise NotFoundError
    if not (isfinite(value) and 0 <= value <= 1):
        sentence = _("A threshold is a number from 0 to 1.")
        raise InvalidInputError(sentence, fields={"value": sentence})
    earlier = thresholds_of(session, run)
    account_id = account.id if account else None
    made = _new_set(session, run.id, account_id, None)
    session.add_all(
        Threshold(
            set_id=made.id,
            label_id=row.label_id,
            value=row.value,
            objective=row.objective,
            tuned=row.tuned,
            set_by_id=row.set_by_id,
            set_at=row.set_at,
        )
        for row in earlier.values()
        if row.label_id != label_id
    )
    changed = Threshold(
        set_id=made.id, label_id=label_id, value=value, objective=BY_HAND, tuned=False, set_by_id=account_id
    )
    session.add(changed)
    return changed


def _new_set(session: Session, run_id: int, account_id: int | None, objective: dict[str, Any] | None) -> ThresholdSet:
    """Add the next version of a run's thresholds, and make it the active one."""
    earlier = active_set(session, run_id)
    last = session.scalar(select(func.max(ThresholdSet.version)).where(ThresholdSet.run_id == run_id)) or 0
    if earlier is not None:
        earlier.is_active = False
        session.flush()  # two active ones are refused by the database
    made = ThresholdSet(run_id=run_id, version=last + 1, objective=objective, is_active=True, made_by_id=account_id)
    session.add(made)
    session.flush()  # the thresholds carry its number
    return made


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
    """Name an objective shortly, such as f1 or recall_at_precision 0.9; the name says it exactly."""
    number = repr(float(objective.value)).removesuffix(".0")
    return f"f{number}" if objective.kind is ObjectiveKind.F_BETA else f"{objective.kind.value} {number}"


def objective_from_name(name: str) -> Objective:
    """Read an objective from its name."""
    kind, _space, number = name.rpartition(" ")
    return Objective(ObjectiveKind(kind), float(number)) if kind else Objective(value=float(name.removeprefix("f")))
