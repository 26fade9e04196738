"""The changes of a project's labels, and undoing them."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from app.deps import Access, DbSession, Lead
from app.domain.statuses import LabelChangeKind, Role
from app.errors import ConflictError, InvalidInputError
from app.i18n import gettext as _
from app.i18n import ngettext
from app.models import LabelChange, Project
from app.services import label_change_words, label_changes, label_splitting, label_undoing
from app.services.label_changes import ChangeRow
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/label-changes")


@dataclass(frozen=True)
class ChangesPage:
    """What labels/changes.html shows."""

    project: Project
    role: Role
    # Each change with what it did, and what undoing it does.
    rows: list[tuple[ChangeRow, str, str]]
    refused: int | None = None
    refusal: str = ""


@router.get("")
def changes_page(request: Request, session: DbSession, access: Lead) -> Response:
    """List what was done to the labels, newest first."""
    return render(request, "labels/changes.html", _page(session, access))


@router.post("/{change_id}/undo")
def undo_change(
    request: Request, session: DbSession, access: Lead, change_id: int, back: Annotated[str, Form()] = ""
) -> Response:
    """Undo a change; where something later stands in the way, say what."""
    change = label_changes.get_change(session, access.project.id, change_id)
    try:
        with session.begin_nested():
            label_undoing.undo(session, access.project, change, access.account)
    except (ConflictError, InvalidInputError) as refusal:
        page = _page(session, access, refused=change_id, refusal=refusal.sentence)
        return render(request, "labels/changes.html", page, status=409)
    path = f"labels/{back}" if back.isdecimal() else "label-changes"
    return RedirectResponse(f"/projects/{access.project.id}/{path}", status_code=303)


def _page(session: Session, access: Access, *, refused: int | None = None, refusal: str = "") -> ChangesPage:
    rows = label_changes.changes_of(session, access.project.id)
    told = [(row, label_change_words.told(row), _undoing(session, row.change)) for row in rows]
    return ChangesPage(access.project, access.role, told, refused, refusal)


def _undoing(session: Session, change: LabelChange) -> str:
    if change.kind is LabelChangeKind.MERGE:
        return _("Both labels stand apart again, each with the answers that were given for it.")
    if change.kind is LabelChangeKind.SPLIT:
        given = label_splitting.answers_for_parts(session, change)
        said = _("The label is back with all its answers, and its parts are archived.")
        kept = ngettext(
            "%(num)s answer for the parts is kept with them.",
            "%(num)s answers for the parts are kept with them.",
            given,
        )
        return f"{said} {kept % {'num': given}}" if given else said
    if change.kind is LabelChangeKind.ADD:
        return _("The labels are archived, with all answers given for them.")
    return _("The labels are as they were before this change. No answer is touched.")
