"""What routes ask for: a session, the account, and the project loaded and allowed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, TypeVar
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from fastapi import Depends, Path, Request
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import Role
from app.errors import ForbiddenError, NotFoundError, NotSignedInError
from app.i18n import gettext as _
from app.models import Account, Project
from app.security import csrf_matches
from app.services import accounts, projects, run_progress
from app.storage import Storage, get_storage

# So many requests of the desk are worked on at once: while one waits for the database, another can go on.
AT_ONCE = 4
_DESKS: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SESSION_COOKIE = "loupe_session"
BROWSER_COOKIE = "loupe_browser"


def get_session(request: Request) -> Iterator[Session]:
    """Open the request's one transaction; it commits before the answer is sent."""
    with session_scope(writes=request.method not in SAFE_METHODS) as session:
        yield session


DbSession = Annotated[Session, Depends(get_session, scope="function")]
Files = Annotated[Storage, Depends(get_storage)]


async def check_csrf(request: Request) -> None:
    """Refuse a change that does not come from a page of ours."""
    if request.method in SAFE_METHODS:
        return
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise ForbiddenError(_("This request came from another site and was not carried out."))
    given = request.headers.get("x-csrf-token", "")
    if not given and request.headers.get("content-type", "").startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    ):
        given = str((await request.form()).get("csrf_token", ""))
    if not csrf_matches(request.state.browser_token, given):
        raise ForbiddenError(_("This page has been open too long. Please load it again and repeat what you did."))


Dependency = TypeVar("Dependency", bound=Callable[..., object])


def _says(audience: str, dependency: Dependency) -> Dependency:
    # Who may reach a path is written on the dependency itself, so that no path can state one thing and do another.
    dependency.audience = audience  # type: ignore[attr-defined]
    return dependency


def _everyone(request: Request, session: DbSession) -> Account | None:
    request.state.account = accounts.account_of_token(session, request.cookies.get(SESSION_COOKIE, ""))
    account: Account | None = request.state.account
    return account


def _signed_in(account: Annotated[Account | None, Depends(_everyone)]) -> Account:
    if account is None:
        raise NotSignedInError
    return account


def _owner(account: Annotated[Account, Depends(_signed_in)]) -> Account:
    if not account.is_owner:
        raise ForbiddenError(_("Only an owner of this Loupe may do that."))
    return account


Everyone = Annotated[Account | None, Depends(_says("everyone", _everyone))]
SignedIn = Annotated[Account, Depends(_says("signed in", _signed_in))]
Owner = Annotated[Account, Depends(_says("owner", _owner))]


@dataclass(frozen=True)
class Access:
    """A project that the account may reach, and as what."""

    project: Project
    account: Account
    role: Role

    def is_at_least(self, role: Role) -> bool:
        """Tell whether the role here may do what another may."""
        return self.role.at_least(role)


def _load(request: Request, session: Session, account: Account, project_id: int, minimum: Role) -> Access:
    project, role = projects.project_for(session, account, project_id)
    if project is None or role is None:
        raise NotFoundError
    if not role.at_least(minimum):
        raise ForbiddenError
    if role is Role.LEAD and "text/html" in request.headers.get("accept", "") and "hx-request" not in request.headers:
        # Whole pages of leads say so in their frame, so that nobody starts a training twice out of doubt.
        request.state.under_way = run_progress.under_way(session, project_id)
    return Access(project, account, role)


def _allow(minimum: Role) -> Callable[..., Access]:
    def allow(
        request: Request,
        account: Annotated[Account, Depends(_signed_in)],
        session: DbSession,
        project_id: Annotated[int, Path()],
    ) -> Access:
        return _load(request, session, account, project_id, minimum)

    return _says(minimum.value, allow)


def _admit(request: Request, project_id: int, minimum: Role) -> Access:
    # The check has a transaction of its own, over before anything else is read or written.
    with session_scope(writes=False) as session:
        account = accounts.account_of_token(session, request.cookies.get(SESSION_COOKIE, ""))
        request.state.account = account
        if account is None:
            raise NotSignedInError
        return _load(request, session, account, project_id, minimum)


def _allow_streaming(minimum: Role) -> Callable[..., Access]:
    # A long upload must not hold the database.
    def allow(request: Request, project_id: Annotated[int, Path()]) -> Access:
        return _admit(request, project_id, minimum)

    return _says(minimum.value, allow)


async def _at_the_desk() -> AsyncIterator[None]:
    # Who waits here takes no thread. Threads that wait for each other would take the processor from who is at work: of
    # fifty people who answered at once, twice as many were served in a second when few were let in at a time.
    async with _DESKS.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE)):
        yield


def _allow_at_the_desk(minimum: Role) -> Callable[..., Access]:
    def allow(
        request: Request,
        project_id: Annotated[int, Path()],
        _turn: Annotated[None, Depends(_at_the_desk, scope="function")],
    ) -> Access:
        return _admit(request, project_id, minimum)

    return _says(minimum.value, allow)


Annotator = Annotated[Access, Depends(_allow(Role.ANNOTATOR))]
Reviewer = Annotated[Access, Depends(_allow(Role.REVIEWER))]
Lead = Annotated[Access, Depends(_allow(Role.LEAD))]
# What dozens of people do at once, a few at a time, in transactions of the route's own.
DeskAnnotator = Annotated[Access, Depends(_allow_at_the_desk(Role.ANNOTATOR))]
StreamingLead = Annotated[Access, Depends(_allow_streaming(Role.LEAD))]
