"""What people write of a run, changed where it stands."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from app.deps import DbSession, Lead
from app.errors import InvalidInputError
from app.models import Project
from app.services import run_notes, runs
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/runs/{number}/notes")


@dataclass(frozen=True)
class Notes:
    """A run as the cell of its remark and tags needs it."""

    number: int
    remark: str
    tags: list[str]


@dataclass(frozen=True)
class NotesFragment:
    """What runs/_notes_cell.html shows."""

    project: Project
    line: Notes
    is_lead: bool
    saved: bool
    # What was typed and refused, and why.
    typed: dict[str, str]
    errors: dict[str, str]


@router.post("")
def write(
    request: Request,
    session: DbSession,
    access: Lead,
    number: int,
    remark: Annotated[str, Form()] = "",
    tags: Annotated[str, Form()] = "",
) -> Response:
    """Replace a run's remark and tags; a script gets the cell of the table, anybody else the table."""
    run = runs.get_run(session, access.project.id, number)
    is_fragment = "hx-request" in request.headers
    errors: dict[str, str] = {}
    try:
        run_notes.write(run, remark=remark, tags=tags)
    except InvalidInputError as refusal:
        if not is_fragment:
            raise
        errors = refusal.fields
    if not is_fragment:
        return RedirectResponse(f"/projects/{access.project.id}/runs#run-{number}", status_code=303)
    fragment = NotesFragment(
        project=access.project,
        line=Notes(number, run.remark, run.tags),
        is_lead=True,
        saved=not errors,
        typed={"remark": remark, "tags": tags} if errors else {},
        errors=errors,
    )
    return render(request, "runs/_notes_cell.html", fragment)
