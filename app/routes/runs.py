"""Runs: the list, and letting one give the suggestions."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.deps import DbSession, Lead, Reviewer
from app.domain.statuses import Role
from app.models import Project, Run
from app.services import readiness, runs
from app.services.readiness import Readiness
from app.services.runs import RunRow
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/runs")


@dataclass(frozen=True)
class RunsPage:
    """What runs/list.html shows."""

    project: Project
    role: Role
    rows: list[RunRow]
    open_run: Run | None
    readiness: Readiness
    is_lead: bool


@router.get("")
def list_page(request: Request, session: DbSession, access: Reviewer) -> Response:
    """List the runs and offer the one button."""
    page = RunsPage(
        project=access.project,
        role=access.role,
        rows=runs.list_runs(session, access.project.id),
        open_run=runs.open_run(session, access.project.id),
        readiness=readiness.check(session, access.project),
        is_lead=access.is_at_least(Role.LEAD),
    )
    return render(request, "runs/list.html", page)


@router.post("/{number}/activate")
def activate(session: DbSession, access: Lead, number: int) -> Response:
    """Let a run's model give the suggestions from now on."""
    runs.activate(session, runs.finished_run(session, access.project.id, number))
    return RedirectResponse(f"/projects/{access.project.id}/runs", status_code=303)
