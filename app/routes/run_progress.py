"""A run on its way: watching it, its curves, stopping it."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from app.broker import TRAINING_QUEUE
from app.deps import Access, DbSession, Lead, Reviewer
from app.domain.statuses import JobStatus, Role
from app.i18n import gettext as _
from app.models import Epoch, Project, Run
from app.services import jobs, runs
from app.templating import render

# Words may stand where the number does, such as "new": only a number names a run.
router = APIRouter(prefix="/projects/{project_id}/runs/{number:int}")


@dataclass(frozen=True)
class ProgressPage:
    """What runs/progress.html and its fragments show."""

    project: Project
    role: Role
    run: Run
    who: str
    epochs: list[Epoch]
    position: int
    has_worker: bool
    seconds_left: float | None
    chart_spec: dict[str, Any] | None
    is_lead: bool


@router.get("")
def run_page(request: Request, session: DbSession, access: Reviewer, number: int) -> Response:
    """Show a run on its way; a finished one is shown by its report."""
    run = runs.get_run(session, access.project.id, number)
    if run.job.status is JobStatus.SUCCEEDED:
        return RedirectResponse(_report_url(run), status_code=303)
    return render(request, "runs/progress.html", _progress(session, access, run))


@router.get("/progress")
def progress(request: Request, session: DbSession, access: Reviewer, number: int) -> Response:
    """Give the part of the page that changes while a run is on its way; htmx asks for it every second."""
    run = runs.get_run(session, access.project.id, number)
    if run.job.status is JobStatus.SUCCEEDED:
        return Response(headers={"HX-Redirect": _report_url(run)})
    if run.job.status.is_final:
        return Response(headers={"HX-Refresh": "true"})
    return render(request, "runs/progress.html", _progress(session, access, run), block="state")


@router.get("/curve")
def curve(request: Request, session: DbSession, access: Reviewer, number: int, points: int = 0) -> Response:
    """Give the loss curve, unless it is still as long as the one that the page shows."""
    run = runs.get_run(session, access.project.id, number)
    if len(run.loss_curve) == points:
        return Response(status_code=204)
    return render(request, "runs/progress.html", _progress(session, access, run), block="curve")


@router.get("/loss.csv")
def loss_csv(session: DbSession, access: Reviewer, number: int) -> Response:
    """Give the numbers of the loss curve."""
    run = runs.get_run(session, access.project.id, number)
    lines = ["batch,loss", *(f"{int(batch)},{loss:.6g}" for batch, loss in run.loss_curve)]
    headers = {"Content-Disposition": f'attachment; filename="run-{run.number}-loss.csv"'}
    return Response("\n".join(lines) + "\n", media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/cancel")
def cancel(session: DbSession, access: Lead, number: int) -> Response:
    """Ask for a run to stop."""
    run = runs.get_run(session, access.project.id, number)
    runs.cancel_run(session, run)
    return RedirectResponse(f"/projects/{access.project.id}/runs/{number}", status_code=303)


def _report_url(run: Run) -> str:
    return f"/projects/{run.project_id}/runs/{run.number}/report"


def _progress(session: Session, access: Access, run: Run) -> ProgressPage:
    return ProgressPage(
        project=access.project,
        role=access.role,
        run=run,
        who=runs.started_by(session, run),
        epochs=runs.epochs(session, run),
        position=jobs.queue_position(session, run.job) if run.job.status is JobStatus.QUEUED else 0,
        has_worker=jobs.worker_alive(session, TRAINING_QUEUE),
        seconds_left=jobs.seconds_left(run.job),
        chart_spec=loss_chart(run.loss_curve),
        is_lead=access.is_at_least(Role.LEAD),
    )


def loss_chart(points: list[list[float]]) -> dict[str, Any] | None:
    """Describe the loss curve for Vega-Lite; None while there is no line to draw."""
    if len(points) < 2:
        return None
    return {
        "data": {"values": [{"batch": batch, "loss": loss} for batch, loss in points]},
        "width": "container",
        "height": 220,
        "mark": {"type": "line", "interpolate": "monotone"},
        "encoding": {
            "x": {"field": "batch", "type": "quantitative", "title": _("Batch"), "axis": {"format": "d"}},
            "y": {"field": "loss", "type": "quantitative", "title": _("Loss"), "scale": {"zero": True}},
            "tooltip": [
                {"field": "batch", "type": "quantitative", "title": _("Batch"), "format": "d"},
                {"field": "loss", "type": "quantitative", "title": _("Loss"), "format": ".4f"},
            ],
        },
    }
