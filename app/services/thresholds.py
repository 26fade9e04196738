"""Thresholds: the probability from which on a run counts a label as predicted, kept as sets that never change.

Whoever changes a value makes a new set, which is active from then on. The database counts; beside the model's weights
lies a copy of the active set for whoever takes the checkpoint elsewhere.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.statuses import Labelling
from app.domain.thresholds import DEFAULT_THRESHOLD, Objective, ObjectiveKind
from app.errors import ConflictError, InvalidInputError, NotFoundError
from app.i18n import gettext as _
from app.models import Account, Run, Threshold, ThresholdSet
from app.storage import get_storage, write_atomically

BY_HAND = "by hand"
# Raised whenever an older reader could misread the copy beside a checkpoint.
FORMAT = 1
COPY = "thresholds.json"
NAME_MOST = 120


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


def set_words(run: Run, made: ThresholdSet | None) -> str:
    """Name a set in exported files, the same in every language: run 2, threshold set 3, discovery."""
    if run.labelling is Labelling.EXCLUSIVE:
        return f"run {run.number}, the most probable label"
    if made is None:
        return f"run {run.number}, 0.5 for all"
    return f"run {run.number}, threshold set {made.version}" + (f", {made.name}" if made.name else "")


def keep_tuned(
    session: Session,
    run_id: int,
    chosen: Sequence[Chosen],
    objective: Objective | Sequence[Objective],
    *,
    account_id: int | None = None,
    name: str = "",
) -> ThresholdSet:
    """Keep tuned thresholds as a new set, labels that were not tuned as they were; the run is judged by it from now on.

    `objective` is one for all, or one for each that was chosen.
    """
    each_for = [objective] * len(chosen) if isinstance(objective, Objective) else list(objective)
    fresh = [
        Threshold(
            label_id=each.label_id,
            value=each.value,
            objective=objective_name(tuned_for),
            tuned=each.tuned,
            set_by_id=account_id,
        )
        for each, tuned_for in zip(chosen, each_for, strict=True)
    ]
    return _keep(session, session.get_one(Run, run_id), fresh, account_id, name)


def set_values(
    session: Session, run: Run, values: Mapping[int, float], account: Account | None, *, name: str = ""
) -> ThresholdSet:
    """Set thresholds by hand, by label id: one new set, with the other labels as they were."""
    refuse_exclusive(run)
    if not set(values) <= {label["id"] for label in run.labels}:
        raise NotFoundError
    if not all(isfinite(value) and 0 <= value <= 1 for value in values.values()):
        sentence = _("A threshold is a number from 0 to 1.")
        raise InvalidInputError(sentence, fields={"value": sentence})
    account_id = account.id if account else None
    fresh = [
        Threshold(label_id=label_id, value=value, objective=BY_HAND, tuned=False, set_by_id=account_id)
        for label_id, value in values.items()
    ]
    return _keep(session, run, fresh, account_id, name)


def refuse_exclusive(run: Run) -> None:
    """Refuse to set thresholds where the most probable label is predicted, whatever its probability."""
    if run.labelling is Labelling.EXCLUSIVE:
        raise ConflictError(
            _("The labels of this run exclude each other: the most probable one is predicted, without any threshold.")
        )


def checked_name(name: str) -> str:
    """Trim a set's name; refuse one that is too long."""
    trimmed = " ".join(name.split())
    if len(trimmed) > NAME_MOST:
        sentence = _("A name can be at most %(count)s characters long.") % {"count": NAME_MOST}
        raise InvalidInputError(sentence, fields={"name": sentence})
    return trimmed


def lock(session: Session, run_id: int) -> None:
    """Let two people who change a run's thresholds at once do so one after the other."""
    session.execute(select(Run.id).where(Run.id == run_id).with_for_update())


def write_copy(session: Session, run: Run, made: ThresholdSet) -> None:
    """Write the active set beside the weights of its checkpoint, where there are any."""
    folder = get_storage().checkpoints / (run.checkpoint or "")
    if not run.checkpoint or not folder.is_dir():
        return
    rows = thresholds_of(session, run)
    names = {label["id"]: label["name"] for label in run.labels}
    told = {
        "format": FORMAT,
        "run": run.number,
        "version": made.version,
        "name": made.name,
        "made_at": made.made_at.isoformat(),
        "thresholds": [
            {"label": names[label_id], "threshold": rows[label_id].value, "objective": rows[label_id].objective}
            for label_id in names
            if label_id in rows
        ],
    }
    write_atomically(folder / COPY, [json.dumps(told, ensure_ascii=False, indent=2).encode()])


def _keep(session: Session, run: Run, fresh: Sequence[Threshold], account_id: int | None, name: str) -> ThresholdSet:
    """Add the next version of a run's thresholds, the unchanged labels copied, and make it the active one."""
    lock(session, run.id)
    changed = {row.label_id for row in fresh}
    kept = [_copy(row) for label_id, row in thresholds_of(session, run).items() if label_id not in changed]
    earlier = active_set(session, run.id)
    last = session.scalar(select(func.max(ThresholdSet.version)).where(ThresholdSet.run_id == run.id)) or 0
    if earlier is not None:
        earlier.is_active = False
        session.flush()  # two active ones are refused by the database
    made = ThresholdSet(
        run_id=run.id,
        version=last + 1,
        name=checked_name(name),
        objective=_common_objective([row.objective for row in (*kept, *fresh)]),
        is_active=True,
        made_by_id=account_id,
    )
    session.add(made)
    session.flush()  # the thresholds carry its number
    for row in (*kept, *fresh):
        row.set_id = made.id
        session.add(row)
    session.flush()  # the copy tells them
    write_copy(session, run, made)
    return made


def _copy(row: Threshold) -> Threshold:
    return Threshold(
        label_id=row.label_id,
        value=row.value,
        objective=row.objective,
        tuned=row.tuned,
        set_by_id=row.set_by_id,
        set_at=row.set_at,
    )


def _common_objective(names: Sequence[str]) -> dict[str, Any] | None:
    """Give what a set was tuned for as a whole; None where its labels differ. Shares are each label's own."""
    if not names or BY_HAND in names:
        return None
    objectives = {objective_from_name(name) for name in names}
    if len(objectives) == 1:
        return objective_to_dict(objectives.pop())
    if {objective.kind for objective in objectives} == {ObjectiveKind.PREVALENCE}:
        return {"kind": ObjectiveKind.PREVALENCE.value, "value": None}
    return None


def objective_to_dict(objective: Objective) -> dict[str, Any]:
    """Write an objective as a job's parameters keep it."""
    return {"kind": objective.kind.value, "value": objective.value}


def objective_from_dict(given: dict[str, Any]) -> Objective:
    """Read an objective from a job's parameters or a form."""
    try:
        return Objective(ObjectiveKind(given["kind"]), float(given["value"]))
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInputError(
            _(
                "Beta and the cost of a miss must be greater than 0; a floor must be greater than 0 and at most 1; a "
                "share must lie from 0 to 1."
            )
        ) from error


def objective_name(objective: Objective) -> str:
    """Name an objective shortly, such as f1 or recall_at_precision 0.9; the name says it exactly."""
    number = repr(float(objective.value)).removesuffix(".0")
    return f"f{number}" if objective.kind is ObjectiveKind.F_BETA else f"{objective.kind.value} {number}"


def objective_from_name(name: str) -> Objective:
    """Read an objective from its name."""
    kind, _space, number = name.rpartition(" ")
    return Objective(ObjectiveKind(kind), float(number)) if kind else Objective(value=float(name.removeprefix("f")))
