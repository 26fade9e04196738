"""One's own account: name, password, and where one is signed in."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from app.deps import SESSION_COOKIE, DbSession, SignedIn
from app.errors import AppError, InvalidInputError
from app.i18n import gettext as _
from app.models import Account
from app.routes.sign_in import address_of
from app.security import PASSWORD_MIN_LENGTH
from app.services import accounts
from app.templating import render

router = APIRouter(prefix="/account")


@dataclass(frozen=True)
class AccountPage:
    """What account/page.html shows."""

    browsers: list[accounts.Browser]
    name: str
    done: str = ""
    password_length: int = PASSWORD_MIN_LENGTH
    errors: dict[str, str] = field(default_factory=dict)


@router.get("")
def account_page(request: Request, session: DbSession, account: SignedIn, done: str = "") -> Response:
    """Show one's account."""
    said = {
        "name": _("Your name has been changed."),
        "password": _("Your password has been changed. Every other browser was signed out."),
        "browsers": _("Every other browser was signed out."),
    }
    return render(request, "account/page.html", _page(request, session, account, done=said.get(done, "")))


@router.post("/name")
def rename(request: Request, session: DbSession, account: SignedIn, name: Annotated[str, Form()] = "") -> Response:
    """Change the name that others see."""
    try:
        accounts.rename(account, name)
    except InvalidInputError as refusal:
        page = _page(request, session, account, name=name, errors=refusal.fields)
        return render(request, "account/page.html", page, status=refusal.status)
    return RedirectResponse("/account?done=name", status_code=303)


@router.post("/password")
def change_password(
    request: Request,
    session: DbSession,
    account: SignedIn,
    current: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """Change the password; every other browser is signed out."""
    email = account.email
    session.rollback()  # sets the database free: the check counts its tries in transactions of its own
    try:
        accounts.confirm_password(email=email, password=current, address=address_of(request))
        accounts.set_password(session, account, password, keep=request.cookies[SESSION_COOKIE])
    except AppError as refusal:
        errors = refusal.fields or {"current": refusal.sentence}
        page = _page(request, session, account, errors=errors)
        return render(request, "account/page.html", page, status=refusal.status)
    return RedirectResponse("/account?done=password", status_code=303)


@router.post("/browsers/end")
def sign_out_elsewhere(request: Request, session: DbSession, account: SignedIn) -> Response:
    """Sign out in every browser but this one."""
    accounts.end_sessions(session, account, keep=request.cookies[SESSION_COOKIE])
    return RedirectResponse("/account?done=browsers", status_code=303)


def _page(
    request: Request,
    session: Session,
    account: Account,
    *,
    done: str = "",
    name: str | None = None,
    errors: dict[str, str] | None = None,
) -> AccountPage:
    return AccountPage(
        browsers=accounts.browsers_of(session, account, request.cookies.get(SESSION_COOKIE, "")),
        name=account.name if name is None else name,
        done=done,
        errors=errors or {},
    )
