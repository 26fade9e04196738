"""Runs: letting one give the suggestions."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from app.deps import DbSession, Lead
from app.services import runs

router = APIRouter(prefix="/projects/{project_id}/runs")


@router.post("/{number}/activate")
def activate(session: DbSession, access: Lead, number: int) -> Response:
    """Let a run's model give the suggestions from now on."""
    runs.activate(session, runs.finished_run(session, access.project.id, number))
    return RedirectResponse(f"/projects/{access.project.id}/runs", status_code=303)
