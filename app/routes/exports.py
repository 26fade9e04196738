"""Taking the labels out."""

from dataclasses import dataclass
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from app.deps import DbSession, Lead
from app.domain.statuses import Role
from app.formats.full_csv import FullRow
from app.models import Label, Project
from app.services import exports, images, labels
from app.services.exports import ExportForm
from app.services.images import ImageCounts
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/export")


@dataclass(frozen=True)
class ExportPage:
    """What exports/page.html shows; `lesson` are those of the preview's rows that the lesson's form holds."""

    project: Project
    role: Role
    counts: ImageCounts
    labels: list[Label]
    rows: list[FullRow]
    lesson: list[FullRow]


@router.get("")
def export_page(request: Request, session: DbSession, access: Lead) -> Response:
    """Explain the two forms and show a little of each."""
    rows = exports.preview_rows(session, access.project)
    page = ExportPage(
        project=access.project,
        role=access.role,
        counts=images.counts(session, access.project.id),
        labels=labels.live_labels(session, access.project.id),
        rows=rows,
        lesson=[row for row in rows if exports.in_lesson_form(row)],
    )
    return render(request, "exports/page.html", page)


@router.get("/{form}.csv")
def download(access: Lead, form: ExportForm) -> Response:
    """Send the labels; the answer is written while it is being sent."""
    name = exports.file_name(access.project, form)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "Cache-Control": "private, no-store",
    }
    lines = exports.stream(access.project.id, form)
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)
