"""Giving images to certain people, for leads."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from app.deps import Access, DbSession, Lead
from app.domain.statuses import Role
from app.errors import InvalidInputError
from app.models import Project
from app.services import assignments, members, overlaps
from app.services.assignments import Load, Sharing
from app.services.images import ImageFilter
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/assignments")


@dataclass(frozen=True)
class AssignmentsPage:
    """What assignments/page.html shows; `given` images were assigned just now, `counting` goes on."""

    project: Project
    role: Role
    loads: list[Load]
    free: int
    given: int | None
    counting: bool
    error: str = ""


@router.get("")
def assignments_page(request: Request, session: DbSession, access: Lead, given: int | None = None) -> Response:
    """Show what is assigned to whom, and a form for more."""
    return render(request, "assignments/page.html", _page(session, access, given=given))


@router.post("")
def assign(
    request: Request,
    session: DbSession,
    access: Lead,
    people: Annotated[list[int], Form(default_factory=list)],
    sharing: Annotated[Sharing, Form()] = Sharing.EVENLY,
    each: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    replace: Annotated[str, Form()] = "",
) -> Response:
    """Give images to people."""
    try:
        given = assignments.assign(
            session,
            access.project,
            people,
            ImageFilter(text=text.strip()),
            sharing=sharing,
            each=int(each) if each.strip().isdecimal() else None,
            replace=bool(replace),
            by=access.account,
        )
    except InvalidInputError as refusal:
        page = _page(session, access, error=refusal.sentence)
        return render(request, "assignments/page.html", page, status=refusal.status)
    return RedirectResponse(f"/projects/{access.project.id}/assignments?given={given}", status_code=303)


@router.post("/{account_id}/remove")
def remove(session: DbSession, access: Lead, account_id: int) -> Response:
    """Take from a person all that is assigned to them."""
    member = members.get_member(session, access.project.id, account_id)
    assignments.remove(session, access.project, member.account_id, by=access.account)
    return RedirectResponse(f"/projects/{access.project.id}/assignments", status_code=303)


def _page(session: Session, access: Access, *, given: int | None = None, error: str = "") -> AssignmentsPage:
    return AssignmentsPage(
        project=access.project,
        role=access.role,
        loads=assignments.loads(session, access.project, members.list_members(session, access.project.id)),
        free=len(assignments.free(session, access.project, ImageFilter())),
        given=given,
        counting=overlaps.is_under_way(session, access.project.id),
        error=error,
    )
