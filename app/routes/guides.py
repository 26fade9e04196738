"""The guide for those who tag: read on a page or beside an image, written by leads with a preview."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup

from app.deps import Annotator, DbSession, Lead
from app.domain.statuses import Role
from app.errors import ConflictError, InvalidInputError
from app.i18n import gettext as _
from app.models import Project
from app.services import guides
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/guide")


@dataclass(frozen=True)
class GuidePage:
    """What guide/page.html shows; its block `guide` is what the desk opens beside an image."""

    project: Project
    role: Role
    guide: Markup
    done: str


@dataclass(frozen=True)
class EditPage:
    """What guide/edit.html shows; its block `preview` needs but the preview."""

    project: Project
    role: Role
    text: str
    seen: str
    preview: Markup
    error: str = ""
    # What somebody else wrote meanwhile.
    theirs: str = ""


@dataclass(frozen=True)
class PreviewFragment:
    """What the block `preview` of guide/edit.html shows."""

    preview: Markup
    error: str = ""


@router.get("")
def guide_page(request: Request, session: DbSession, access: Annotator, done: str = "") -> Response:
    """Show the guide; scripts get it alone."""
    text = guides.guide(session, access.project)
    page = GuidePage(
        project=access.project,
        role=access.role,
        guide=guides.as_html(access.project, text),
        done=_("The guide has been saved.") if done else "",
    )
    return render(request, "guide/page.html", page, block="guide" if "hx-request" in request.headers else None)


@router.get("/edit")
def edit_page(
    request: Request, session: DbSession, access: Lead, outline: Annotated[bool, Query()] = False
) -> Response:
    """Offer the guide for writing; an empty one may begin with an outline."""
    kept = guides.guide(session, access.project)
    text = _outline() if outline and not kept else kept
    return _edit(request, access, EditPage(access.project, access.role, text, guides.digest(kept), Markup()))


@router.post("")
def save_guide(
    request: Request,
    session: DbSession,
    access: Lead,
    guide: Annotated[str, Form()] = "",
    seen: Annotated[str, Form()] = "",
) -> Response:
    """Keep the guide; where somebody else was quicker, show both."""
    try:
        with session.begin_nested():
            guides.save(session, access.project, guide, seen=seen)
    except InvalidInputError as refusal:
        page = EditPage(access.project, access.role, guide, seen, Markup(), error=refusal.sentence)
        return _edit(request, access, page, status=refusal.status)
    except ConflictError as refusal:
        kept = guides.guide(session, access.project)
        page = EditPage(
            access.project, access.role, guide, guides.digest(kept), Markup(), error=refusal.sentence, theirs=kept
        )
        return _edit(request, access, page, status=refusal.status)
    return RedirectResponse(f"/projects/{access.project.id}/guide?done=1", status_code=303)


@router.post("/preview")
def preview(request: Request, access: Lead, guide: Annotated[str, Form()] = "") -> Response:
    """Show what is typed as annotators would see it; nothing is kept."""
    try:
        fragment = PreviewFragment(guides.as_html(access.project, guides.clean(guide)))
    except InvalidInputError as refusal:
        fragment = PreviewFragment(Markup(), error=refusal.sentence)
    return render(request, "guide/edit.html", fragment, block="preview")


def _edit(request: Request, access: Lead, page: EditPage, *, status: int = 200) -> Response:
    try:
        shown = guides.as_html(access.project, guides.clean(page.text))
    except InvalidInputError:
        shown = Markup()
    values = page.__dict__ | {"preview": shown}
    return render(request, "guide/edit.html", EditPage(**values), status=status)


def _outline() -> str:
    """Give headings to begin with, each with what to say below it."""
    parts = (
        (_("What these images are"), _("Where they come from, and what the labels are to find out.")),
        (
            _("What counts"),
            _("How large or how clear must something be? Does a part of it count, a picture of it, its shadow?"),
        ),
        (_("What does not count"), _("Cases that look like it and are not, each with an image.")),
        (_("When you are unsure"), _("When to answer “unsure”, when to skip, and whom to ask.")),
        (_("What to leave out"), _("Duplicates, blank pages, what shall not be shown.")),
    )
    return "\n\n".join(f"# {heading}\n\n{text}" for heading, text in parts)
