"""Deleting a run: first what that would mean, then the deed."""

from dataclasses import dataclass

from fastapi import APIRouter, BackgroundTasks, Request
from fastapi.responses import RedirectResponse, Response

from app.deps import DbSession, Files, Lead
from app.domain.statuses import Role
from app.models import Project, Run
from app.services import run_deletion, runs
from app.services.run_deletion import Consequences
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/runs/{number:int}/delete")


@dataclass(frozen=True)
class RunDeletionPage:
    """What run_deletion/page.html shows."""

    project: Project
    role: Role
    run: Run
    is_open: bool
    told: Consequences


@router.get("")
def ask(request: Request, session: DbSession, access: Lead, storage: Files, number: int) -> Response:
    """Say what goes with a run, and what stays."""
    run = runs.get_run(session, access.project.id, number)
    page = RunDeletionPage(
        project=access.project,
        role=access.role,
        run=run,
        is_open=not run.job.status.is_final,
        told=run_deletion.consequences(session, storage, run),
    )
    return render(request, "run_deletion/page.html", page)


@router.post("")
def delete(session: DbSession, access: Lead, storage: Files, tasks: BackgroundTasks, number: int) -> Response:
    """Delete a run; its files go after the answer, when nothing can bring the rows back."""
    run = runs.get_run(session, access.project.id, number)
    run_deletion.delete_run(session, run)
    tasks.add_task(run_deletion.free, storage, run.id)
    return RedirectResponse(f"/projects/{access.project.id}/runs", status_code=303)
