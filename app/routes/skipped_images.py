"""The list of skipped and flagged images, and what a lead or reviewer does with them."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from app.deps import Access, DbSession, Reviewer
from app.domain.statuses import Role, SkipReason
from app.i18n import gettext as _
from app.i18n import ngettext
from app.models import Account, Project
from app.services import skipped_images
from app.services.skipped_images import NO_REASON, Action, Counts, Kind, SetAside, Wanted
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/skipped")


@dataclass(frozen=True)
class SkippedPage:
    """What skipped/page.html shows; its block `list` is what comes back after something was done."""

    project: Project
    role: Role
    wanted: Wanted
    counts: Counts
    people: list[Account]
    reasons: list[tuple[str, str]]
    items: list[SetAside]
    # The addresses of the list from the beginning and from the next page on, and where the form goes.
    first: str
    following: str
    action: str
    done: str = ""
    # Images that were just left out, to take them in again.
    excluded: tuple[int, ...] = ()


def read_filter(
    kind: Annotated[str, Query()] = "", reason: Annotated[str, Query()] = "", person: Annotated[str, Query()] = ""
) -> Wanted:
    """Read the filter of an address; what makes no sense is passed over."""
    return Wanted(
        kind=Kind(kind) if kind in set(Kind) else None,
        reason=reason if reason in {*SkipReason, NO_REASON} else "",
        account_id=int(person) if person.isdecimal() and len(person) < MOST_DIGITS else None,
    )


# More digits than any row's number has.
MOST_DIGITS = 10
Filter = Annotated[Wanted, Depends(read_filter)]


@router.get("")
def page(
    request: Request, session: DbSession, access: Reviewer, wanted: Filter, after: Annotated[int, Query(ge=0)] = 0
) -> Response:
    """List skipped and flagged images."""
    return render(request, "skipped/page.html", _page(session, access, wanted, after))


@router.post("")
def act(
    request: Request,
    session: DbSession,
    access: Reviewer,
    wanted: Filter,
    action: Annotated[Action, Form()],
    image: Annotated[list[int], Form(default_factory=list)],
) -> Response:
    """Do something with the chosen images, and show the list as it is then."""
    done = skipped_images.act(session, access.project, image, action)
    session.flush()  # the list is read anew
    excluded = tuple(done) if action is Action.EXCLUDE else ()
    shown = _page(session, access, wanted, 0, done=_said(action, len(done)), excluded=excluded)
    return render(request, "skipped/page.html", shown, block="list" if "hx-request" in request.headers else None)


def _page(
    session: Session, access: Access, wanted: Wanted, after: int, *, done: str = "", excluded: tuple[int, ...] = ()
) -> SkippedPage:
    items, following = skipped_images.listed(session, access.project, wanted, after=after)
    return SkippedPage(
        project=access.project,
        role=access.role,
        wanted=wanted,
        counts=skipped_images.counts(session, access.project.id),
        people=skipped_images.people(session, access.project.id),
        reasons=_reasons(),
        items=items,
        first=_address(access, wanted) if after else "",
        following=_address(access, wanted, after=following) if following else "",
        action=_address(access, wanted),
        done=done,
        excluded=excluded,
    )


def _address(access: Access, wanted: Wanted, **more: int) -> str:
    values = {"kind": wanted.kind or "", "reason": wanted.reason, "person": wanted.account_id or ""} | more
    query = urlencode({name: value for name, value in values.items() if value})
    return f"/projects/{access.project.id}/skipped" + (f"?{query}" if query else "")


def _reasons() -> list[tuple[str, str]]:
    return [
        (SkipReason.ILLEGIBLE.value, _("Illegible")),
        (SkipReason.FOREIGN.value, _("Not of this collection")),
        (SkipReason.SENSITIVE.value, _("Sensitive")),
        (SkipReason.DUPLICATE.value, _("Duplicate")),
        (SkipReason.OTHER.value, _("Another reason")),
        (NO_REASON, _("No reason given")),
    ]


def _said(action: Action, count: int) -> str:
    if not count:
        return _("No image was chosen, so nothing has changed.")
    sentences = {
        Action.EXCLUDE: ngettext("%(num)s image was left out.", "%(num)s images were left out.", count),
        Action.INCLUDE: ngettext("%(num)s image was taken in again.", "%(num)s images were taken in again.", count),
        Action.GIVE_BACK: ngettext(
            "%(num)s image comes up again for those who skipped it.",
            "%(num)s images come up again for those who skipped them.",
            count,
        ),
        Action.UNFLAG: ngettext("%(num)s image has no flag now.", "%(num)s images have no flags now.", count),
    }
    return sentences[action] % {"num": count}
