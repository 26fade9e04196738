"""Signing in and out."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from app.config import get_settings
from app.deps import BROWSER_COOKIE, SESSION_COOKIE, DbSession, Everyone, SignedIn
from app.domain.browsers import browser_name
from app.errors import AppError
from app.services import accounts
from app.templating import render

router = APIRouter()
# The longest that browsers keep a cookie; when an unused sign-in ends is decided by the server.
COOKIE_SECONDS = 400 * 86_400


@dataclass(frozen=True)
class SignInPage:
    """What sign_in/page.html shows."""

    email: str
    next: str
    error: str


def start_browser_session(response: Response, token: str) -> None:
    """Hand a sign-in's token to the browser."""
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=COOKIE_SECONDS,
        httponly=True,
        samesite="lax",
        secure=get_settings().secure_cookies,
    )


def address_of(request: Request) -> str:
    """Tell the address that a request comes from, as the server was told by a proxy it trusts, if any."""
    return request.client.host if request.client else ""


def browser_of(request: Request) -> str:
    """Name the browser that a request comes from."""
    return browser_name(request.headers.get("user-agent", ""))


def own_path(target: str) -> str:
    """Keep a redirect on this site: anything but a plain path of ours becomes the first page."""
    # Browsers read a backslash as a slash and drop tabs and line breaks, so that "/\t/evil" would leave the site.
    plain = target.isprintable() and "\\" not in target
    return target if plain and target.startswith("/") and not target.startswith("//") else "/"


@router.get("/sign-in")
def sign_in_page(request: Request, account: Everyone, next: str = "/") -> Response:  # noqa: A002 - the query's name
    """Show the sign-in form."""
    if account is not None:
        return RedirectResponse(own_path(next), status_code=303)
    return render(request, "sign_in/page.html", SignInPage(email="", next=own_path(next), error=""))


@router.post("/sign-in")
def sign_in(
    request: Request,
    session: DbSession,
    _account: Everyone,
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002 - the field's name
) -> Response:
    """Sign a person in."""
    session.rollback()  # sets the database free: signing in counts its tries in transactions of its own
    try:
        token = accounts.sign_in(
            email=email, password=password, address=address_of(request), browser=browser_of(request)
        )
    except AppError as refusal:
        page = SignInPage(email=email, next=own_path(next), error=refusal.sentence)
        return render(request, "sign_in/page.html", page, status=refusal.status)
    response = RedirectResponse(own_path(next), status_code=303)
    start_browser_session(response, token)
    return response


@router.post("/sign-out")
def sign_out(request: Request, session: DbSession, _account: SignedIn) -> Response:
    """Sign a person out in this browser."""
    accounts.sign_out(session, request.cookies.get(SESSION_COOKIE, ""))
    response = RedirectResponse("/sign-in", status_code=303)
    response.delete_cookie(SESSION_COOKIE)
    response.delete_cookie(BROWSER_COOKIE)
    return response
