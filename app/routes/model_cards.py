"""A run's model card: shown, sent as Markdown, and the paragraph that a lead adds."""

import re
from dataclasses import dataclass
from itertools import count
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from app.deps import Access, DbSession, Lead, Reviewer
from app.domain.statuses import Role
from app.errors import InvalidInputError
from app.formats.model_card import model_card
from app.i18n import gettext as _
from app.models import Project, Run
from app.services import guides, model_cards, runs
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/runs/{number:int}/card")
# A thousand labels with definitions of a page each: more would be slow to lay out.
MOST = 2_000_000


@dataclass(frozen=True)
class ModelCardPage:
    """What model_cards/page.html shows."""

    project: Project
    role: Role
    is_lead: bool
    run: Run
    card: Markup
    remark: str
    errors: dict[str, str]


@router.get("")
def card_page(request: Request, session: DbSession, access: Reviewer, number: int) -> Response:
    """Show the card of a finished run."""
    run = runs.finished_run(session, access.project.id, number)
    return render(request, "model_cards/page.html", _page(session, access, run, run.remark, {}))


@router.get(".md")
def card_file(session: DbSession, access: Reviewer, number: int) -> Response:
    """Send the card as Markdown."""
    run = runs.finished_run(session, access.project.id, number)
    headers = {"Content-Disposition": f'attachment; filename="run-{number}-model-card.md"'}
    text = model_card(model_cards.card_of(session, run))
    return Response(text, media_type="text/markdown; charset=utf-8", headers=headers)


@router.post("/remark")
def remark(
    request: Request, session: DbSession, access: Lead, number: int, remark: Annotated[str, Form()] = ""
) -> Response:
    """Keep the paragraph that a lead adds."""
    run = runs.finished_run(session, access.project.id, number)
    try:
        model_cards.remark_on(run, remark)
    except InvalidInputError as refusal:
        page = _page(session, access, run, remark, refusal.fields)
        return render(request, "model_cards/page.html", page, status=refusal.status)
    return RedirectResponse(f"/projects/{access.project.id}/runs/{number}/card", status_code=303)


def _page(session: Session, access: Access, run: Run, remark: str, errors: dict[str, str]) -> ModelCardPage:
    text = model_card(model_cards.card_of(session, run))
    return ModelCardPage(
        project=access.project,
        role=access.role,
        is_lead=access.is_at_least(Role.LEAD),
        run=run,
        card=_shown(access.project, text),
        remark=remark,
        errors=errors,
    )


def _shown(project: Project, text: str) -> Markup:
    """Render a card for a page that has a heading of its own; its tables scroll within themselves, also by keyboard."""
    made = guides.as_html(project, text.partition("\n")[2].replace("\n## ", "\n# "), MOST)
    number = count(1)

    def framed(_found: re.Match[str]) -> str:
        label = escape(_("Table %(number)s") % {"number": next(number)})
        opened = f'<div class="table-scroll" role="region" tabindex="0" aria-label="{label}">'
        return opened + '<table class="table table--dense">'

    # What is put around the tables is written here; all else comes from the renderer, which has escaped it.
    return Markup(re.sub("<table>", framed, made).replace("</table>", "</table></div>"))  # noqa: S704
