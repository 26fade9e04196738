"""Jobs: the background work of a project, how far it is, and stopping it."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from app.deps import Access, DbSession, Lead, Reviewer
from app.domain.statuses import Role
from app.models import Project
from app.services import jobs
from app.services.jobs import JobRow
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/jobs")


@dataclass(frozen=True)
class JobsPage:
    """What jobs/list.html and its fragment show."""

    project: Project
    role: Role
    rows: list[JobRow]
    is_lead: bool
    any_open: bool


@router.get("")
def list_page(request: Request, session: DbSession, access: Reviewer) -> Response:
    """List the background work of a project, newest first."""
    return render(request, "jobs/list.html", _page(session, access))


@router.get("/table")
def table(request: Request, session: DbSession, access: Reviewer) -> Response:
    """Give the list alone; htmx asks for it while anything is open."""
    return render(request, "jobs/list.html", _page(session, access), block="jobs")


@router.post("/{job_id}/cancel")
def cancel(session: DbSession, access: Lead, job_id: int) -> Response:
    """Ask for a job to stop."""
    jobs.request_cancel(session, jobs.get_job(session, job_id, project_id=access.project.id))
    return RedirectResponse(f"/projects/{access.project.id}/jobs", status_code=303)


def _page(session: Session, access: Access) -> JobsPage:
    rows = jobs.recent_jobs(session, access.project.id)
    return JobsPage(
        project=access.project,
        role=access.role,
        rows=rows,
        is_lead=access.is_at_least(Role.LEAD),
        any_open=any(not row.job.status.is_final for row in rows),
    )
