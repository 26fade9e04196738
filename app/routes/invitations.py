"""Accepting an invitation: a new account, a place in a project, or a new password."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from app.deps import DbSession, Everyone, SignedIn
from app.domain.statuses import Role
from app.errors import ConflictError, InvalidInputError
from app.models import Account, Invitation, Project
from app.routes.sign_in import browser_of, start_browser_session
from app.security import PASSWORD_MIN_LENGTH
from app.services import accounts, invitations
from app.templating import render

router = APIRouter()


@dataclass(frozen=True)
class InvitationPage:
    """What invitations/page.html shows."""

    token: str
    is_setup: bool
    is_reset: bool
    makes_owner: bool
    project: Project | None
    role: Role | None
    bound_email: str | None
    whose: Account | None
    password_length: int = PASSWORD_MIN_LENGTH
    name: str = ""
    email: str = ""
    error: str = ""
    errors: dict[str, str] = field(default_factory=dict)


@router.get("/invitations/{token}")
def invitation_page(request: Request, session: DbSession, _account: Everyone, token: str) -> Response:
    """Show what an invitation offers and what it asks for."""
    invitation = invitations.open_invitation(session, token)
    return render(request, "invitations/page.html", _page(session, invitation, token))


@router.post("/invitations/{token}")
def accept_as_new(
    request: Request,
    session: DbSession,
    _account: Everyone,
    token: str,
    name: Annotated[str, Form()] = "",
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """Make an account by an invitation and sign it in."""
    invitation = invitations.open_invitation(session, token)
    try:
        with session.begin_nested():
            account = invitations.accept_as_new(session, token, name=name, email=email, password=password)
    except (ConflictError, InvalidInputError) as refusal:
        session.refresh(invitation)
        page = _page(session, invitation, token, name=name, email=email, refusal=refusal)
        return render(request, "invitations/page.html", page, status=refusal.status)
    return _signed_in(request, session, account, _target(invitation))


@router.post("/invitations/{token}/join")
def accept_as(session: DbSession, account: SignedIn, token: str) -> Response:
    """Accept an invitation with the account one is signed in with."""
    invitation = invitations.accept_as(session, token, account)
    return RedirectResponse(_target(invitation), status_code=303)


@router.post("/invitations/{token}/password")
def accept_reset(
    request: Request,
    session: DbSession,
    _account: Everyone,
    token: str,
    password: Annotated[str, Form()] = "",
) -> Response:
    """Set a new password by a link and sign the person in."""
    invitation = invitations.open_invitation(session, token)
    try:
        with session.begin_nested():
            account = invitations.accept_reset(session, token, password=password)
    except InvalidInputError as refusal:
        session.refresh(invitation)
        page = _page(session, invitation, token, refusal=refusal)
        return render(request, "invitations/page.html", page, status=refusal.status)
    return _signed_in(request, session, account, "/")


def _signed_in(request: Request, session: Session, account: Account, target: str) -> Response:
    response = RedirectResponse(target, status_code=303)
    start_browser_session(response, accounts.start_session(session, account, browser=browser_of(request)))
    return response


def _target(invitation: Invitation) -> str:
    return f"/projects/{invitation.project_id}" if invitation.project_id else "/"


def _page(
    session: Session,
    invitation: Invitation,
    token: str,
    *,
    name: str = "",
    email: str = "",
    refusal: ConflictError | InvalidInputError | None = None,
) -> InvitationPage:
    whose, project = invitations.subjects(session, invitation)
    return InvitationPage(
        token=token,
        is_setup=invitations.is_setup(invitation),
        is_reset=whose is not None,
        makes_owner=invitation.makes_owner,
        project=project,
        role=invitation.role,
        bound_email=invitation.email,
        whose=whose,
        name=name,
        email=invitation.email or email,
        error=refusal.sentence if refusal else "",
        errors=refusal.fields if refusal else {},
    )
