"""The first page: an account's projects, or how to begin."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.deps import DbSession, Everyone
from app.services import accounts, overview, projects
from app.templating import render

router = APIRouter()


@dataclass(frozen=True)
class HomePage:
    """What home/page.html shows."""

    cards: list[overview.ProjectCard]
    may_create: bool


@router.get("/")
def home(request: Request, session: DbSession, account: Everyone) -> Response:
    """Show the projects of an account; without one, the way to sign in or to make the first account."""
    if account is None:
        if accounts.any_account(session):
            return RedirectResponse("/sign-in", status_code=303)
        return render(request, "home/nobody.html")
    page = HomePage(cards=overview.cards(session, account), may_create=projects.may_create(session, account))
    return render(request, "home/page.html", page)
