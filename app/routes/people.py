"""The people of this Loupe: what its owners decide about accounts."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from app.deps import DbSession, Owner
from app.errors import InvalidInputError
from app.models import Account, Invitation
from app.services import accounts, invitations
from app.templating import render

router = APIRouter(prefix="/people")


@dataclass(frozen=True)
class PeoplePage:
    """What people/page.html shows; a link is shown once, in the answer to the request that made it."""

    accounts: list[Account]
    invitations: list[Invitation]
    link: str = ""
    link_for: Account | None = None
    email: str = ""
    error: str = ""


@router.get("")
def people_page(request: Request, session: DbSession, _owner: Owner) -> Response:
    """List everyone who has an account, and the open invitations."""
    return render(request, "people/page.html", _page(session))


@router.post("/invitations")
def invite(
    request: Request,
    session: DbSession,
    owner: Owner,
    email: Annotated[str, Form()] = "",
    makes_owner: Annotated[bool, Form()] = False,
) -> Response:
    """Make a link with which somebody gets an account, and show it this once."""
    try:
        link = invitations.invite(session, created_by=owner, email=email, makes_owner=makes_owner)
    except InvalidInputError as refusal:
        page = _page(session, email=email, error=refusal.sentence)
        return render(request, "people/page.html", page, status=refusal.status)
    return render(request, "people/page.html", _page(session, link=link))


@router.post("/invitations/{invitation_id}/revoke")
def revoke(session: DbSession, _owner: Owner, invitation_id: int) -> Response:
    """Withdraw an invitation."""
    invitations.revoke(session, invitation_id, None)
    return RedirectResponse("/people", status_code=303)


@router.post("/{account_id}/owner")
def set_owner(
    session: DbSession,
    _owner: Owner,
    account_id: int,
    value: Annotated[bool, Form()],
) -> Response:
    """Make somebody an owner, or end that."""
    accounts.set_owner(session, accounts.get_account(session, account_id), is_owner=value)
    return RedirectResponse("/people", status_code=303)


@router.post("/{account_id}/disabled")
def set_disabled(
    session: DbSession,
    _owner: Owner,
    account_id: int,
    value: Annotated[bool, Form()],
) -> Response:
    """Shut an account out, or let it in again."""
    accounts.set_disabled(session, accounts.get_account(session, account_id), disabled=value)
    return RedirectResponse("/people", status_code=303)


@router.post("/{account_id}/reset")
def reset(request: Request, session: DbSession, owner: Owner, account_id: int) -> Response:
    """Make a link with which a person chooses a new password, and show it this once."""
    account = accounts.get_account(session, account_id)
    link = invitations.invite_to_reset(session, created_by=owner, account=account)
    return render(request, "people/page.html", _page(session, link=link, link_for=account))


def _page(
    session: Session, *, link: str = "", link_for: Account | None = None, email: str = "", error: str = ""
) -> PeoplePage:
    return PeoplePage(
        accounts=accounts.list_accounts(session),
        invitations=invitations.open_invitations(session, None),
        link=link,
        link_for=link_for,
        email=email,
        error=error,
    )
