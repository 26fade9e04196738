"""How a run was made: the page, and its snapshot as a table."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse

from app.deps import DbSession, Files, Lead, Reviewer
from app.domain.statuses import JobStatus, Role
from app.models import Epoch, Project, Run
from app.routes.run_charts import loss_chart, metric_chart, momentum_chart, rate_chart
from app.services import file_sizes, run_details, runs
from app.services.run_details import RunDetails
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/runs/{number:int}")


@dataclass(frozen=True)
class RunDetailsPage:
    """What run_details/page.html shows."""

    project: Project
    role: Role
    is_lead: bool
    run: Run
    who: str
    is_finished: bool
    is_open: bool
    details: RunDetails
    epochs: list[Epoch]
    # Charts of how it went; None where there is no line to draw.
    loss_spec: dict[str, Any] | None
    figures_spec: dict[str, Any] | None
    rates_spec: dict[str, Any] | None
    momentum_spec: dict[str, Any] | None
    size: int


@router.get("/details")
def details_page(request: Request, session: DbSession, access: Reviewer, storage: Files, number: int) -> Response:
    """Show everything that is needed to make a run again."""
    run = runs.get_run(session, access.project.id, number)
    epochs = runs.epochs(session, run)
    page = RunDetailsPage(
        project=access.project,
        role=access.role,
        is_lead=access.is_at_least(Role.LEAD),
        run=run,
        who=runs.started_by(session, run),
        is_finished=run.job.status is JobStatus.SUCCEEDED,
        is_open=not run.job.status.is_final,
        details=run_details.details(session, run),
        epochs=epochs,
        loss_spec=loss_chart(run.loss_curve, epochs, int(run.live.get("batches", 0))),
        figures_spec=metric_chart(epochs),
        rates_spec=rate_chart(run.schedule_curve),
        momentum_spec=momentum_chart(run.schedule_curve),
        size=sum(file_sizes.of_run(storage, run).values()),
    )
    return render(request, "run_details/page.html", page)


@router.get("/snapshot.csv")
def snapshot_csv(session: DbSession, access: Reviewer, number: int) -> Response:
    """Send what a run learned from; the answer is written while it is being sent."""
    run = runs.get_run(session, access.project.id, number)
    headers = {
        "Content-Disposition": f'attachment; filename="run-{run.number}-snapshot.csv"',
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(run_details.stream(run.id), media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/deactivate")
def deactivate(session: DbSession, access: Lead, number: int) -> Response:
    """Let no model give suggestions from now on."""
    run = runs.get_run(session, access.project.id, number)
    runs.deactivate(session, run)
    return RedirectResponse(f"/projects/{access.project.id}/runs/{number}/details", status_code=303)
