"""Members of a project: roles, removal, invitations by link."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from app.deps import Access, DbSession, Lead
from app.domain.statuses import Role
from app.errors import InvalidInputError
from app.models import Invitation, Member, Project
from app.services import invitations, members
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/members")


@dataclass(frozen=True)
class MembersPage:
    """What members/page.html shows; a link is shown once, in the answer to the request that made it."""

    project: Project
    role: Role
    members: list[Member]
    invitations: list[Invitation]
    link: str = ""
    wanted_role: Role = Role.ANNOTATOR
    email: str = ""
    error: str = ""


@router.get("")
def members_page(request: Request, session: DbSession, access: Lead) -> Response:
    """List the members and the open invitations."""
    return render(request, "members/page.html", _page(session, access))


@router.post("/invitations")
def invite(
    request: Request,
    session: DbSession,
    access: Lead,
    role: Annotated[Role, Form()] = Role.ANNOTATOR,
    email: Annotated[str, Form()] = "",
) -> Response:
    """Make a link that leads into the project, and show it this once."""
    try:
        link = invitations.invite(session, created_by=access.account, project=access.project, role=role, email=email)
    except InvalidInputError as refusal:
        page = _page(session, access, wanted_role=role, email=email, error=refusal.sentence)
        return render(request, "members/page.html", page, status=refusal.status)
    return render(request, "members/page.html", _page(session, access, link=link, wanted_role=role))


@router.post("/invitations/{invitation_id}/revoke")
def revoke(session: DbSession, access: Lead, invitation_id: int) -> Response:
    """Withdraw an invitation."""
    invitations.revoke(session, invitation_id, access.project)
    return _back(access)


@router.post("/{account_id}/role")
def change_role(session: DbSession, access: Lead, account_id: int, role: Annotated[Role, Form()]) -> Response:
    """Give a member another role."""
    members.change_role(session, access.project, account_id, role, by=access.account)
    return _back(access)


@router.post("/{account_id}/remove")
def remove(session: DbSession, access: Lead, account_id: int) -> Response:
    """Take somebody out of the project."""
    members.remove_member(session, access.project, account_id, by=access.account)
    return _back(access)


def _back(access: Access) -> Response:
    return RedirectResponse(f"/projects/{access.project.id}/members", status_code=303)


def _page(
    session: Session,
    access: Access,
    *,
    link: str = "",
    wanted_role: Role = Role.ANNOTATOR,
    email: str = "",
    error: str = "",
) -> MembersPage:
    return MembersPage(
        project=access.project,
        role=access.role,
        members=members.list_members(session, access.project.id),
        invitations=invitations.open_invitations(session, access.project),
        link=link,
        wanted_role=wanted_role,
        email=email,
        error=error,
    )
