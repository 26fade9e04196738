"""The label set as a file: taken out as CSV or JSON, and brought in from one."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, File, Request, UploadFile
from fastapi.responses import Response
from sqlalchemy.orm import Session

from app.deps import Access, Annotator, DbSession, Lead
from app.domain.statuses import Role
from app.errors import AppError, InvalidInputError
from app.formats import label_set
from app.i18n import gettext as _
from app.models import Project
from app.services import label_sets
from app.services.label_sets import Brought
from app.services.labels import live_labels
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/label-set")


@dataclass(frozen=True)
class LabelSetPage:
    """What labels/set.html shows; `brought` is what became of a file that was just handed in."""

    project: Project
    role: Role
    count: int
    columns: tuple[str, ...]
    brought: Brought | None = None
    error: str = ""


@router.get("")
def page(request: Request, session: DbSession, access: Lead) -> Response:
    """Offer the labels as a file, and ask for one."""
    return render(request, "labels/set.html", _page(session, access))


@router.post("")
def bring_in(
    request: Request, session: DbSession, access: Lead, file: Annotated[UploadFile | None, File()] = None
) -> Response:
    """Make the labels of a file that are not there yet, and tell what became of each."""
    # One byte more than may be is enough to tell that it is too much.
    data = file.file.read(label_set.MAX_BYTES + 1) if file else b""
    try:
        if not data:
            raise InvalidInputError(_("Please choose a file first."))
        with session.begin_nested():
            brought = label_sets.bring_in(session, access.project, label_set.read(data), access.account)
    except AppError as refusal:
        return render(request, "labels/set.html", _page(session, access, error=refusal.sentence), status=refusal.status)
    return render(request, "labels/set.html", _page(session, access, brought=brought))


@router.get("/labels.csv")
def as_csv(session: DbSession, access: Annotator) -> Response:
    """Give the labels as a table."""
    text = label_set.write_csv(label_sets.rows_of(session, access.project))
    return _file(text, "labels.csv", "text/csv; charset=utf-8")


@router.get("/labels.json")
def as_json(session: DbSession, access: Annotator) -> Response:
    """Give the labels as JSON."""
    return _file(label_set.write_json(label_sets.rows_of(session, access.project)), "labels.json", "application/json")


def _page(session: Session, access: Access, *, brought: Brought | None = None, error: str = "") -> LabelSetPage:
    count = len(live_labels(session, access.project.id))
    return LabelSetPage(access.project, access.role, count, label_set.COLUMNS, brought, error)


def _file(text: str, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type=media_type, headers=headers)
