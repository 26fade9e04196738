"""Having a worker tune a run's thresholds, and seeing how far it is."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import JobKind, JobStatus
from app.domain.thresholds import F1, Objective, ObjectiveKind
from app.errors import ConflictError, InvalidInputError, NotFoundError
from app.i18n import gettext as _
from app.models import Account, Job, Run
from app.services import jobs
from app.services.thresholds import checked_name, objective_from_dict, objective_to_dict, refuse_exclusive

# Newer ones than the last request for this run, made for other runs of the project, are passed by up to this many.
LOOKED_AT = 50


def request_tuning(
    session: Session,
    run: Run,
    *,
    objective: Objective | None = F1,
    label_ids: Sequence[int] = (),
    name: str = "",
    account: Account | None = None,
) -> Job:
    """Ask a worker to tune the thresholds of all labels or of some; an equal open request is given instead of another.

    No objective means that each label is to be predicted as often as its annotated images show it.
    """
    if run.job.status is not JobStatus.SUCCEEDED:
        raise ConflictError(_("Thresholds can be tuned once the run has finished."))
    refuse_exclusive(run)
    if not set(label_ids) <= {label["id"] for label in run.labels}:
        raise NotFoundError
    own_shares = {"kind": ObjectiveKind.PREVALENCE.value, "value": None}
    params: dict[str, Any] = {"run_id": run.id, "objective": objective_to_dict(objective) if objective else own_shares}
    if label_ids:
        params["label_ids"] = sorted(label_ids)
    if checked_name(name):
        params["name"] = checked_name(name)
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


def wanted_objective(kind: str, value: str, *, one_label: bool) -> Objective | None:
    """Read an objective from a form; None for each label's own share, which an empty share means."""
    if kind == ObjectiveKind.PREVALENCE and not value.strip():
        return None
    if kind == ObjectiveKind.PREVALENCE and not one_label:
        raise InvalidInputError(
            _("A share belongs to one label. Choose the label, or leave the share empty: then each label gets its own.")
        )
    return objective_from_dict({"kind": kind, "value": value.strip().replace(",", ".")})


def last_request(session: Session, run: Run) -> Job | None:
    """Find the newest request to tune a run's thresholds; None where there was none lately."""
    query = (
        select(Job)
        .where(Job.project_id == run.project_id, Job.kind == JobKind.EVALUATE)
        .order_by(Job.id.desc())
        .limit(LOOKED_AT)
    )
    return next((job for job in session.scalars(query) if job.params.get("run_id") == run.id), None)
