"""A run's model for other programs: sending its weights, having other files made, sending those."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, RedirectResponse, Response, StreamingResponse
from sqlalchemy.orm import Session

from app.deps import Access, DbSession, Files, Lead, Reviewer
from app.domain.statuses import Role
from app.errors import NotFoundError
from app.i18n import gettext as _
from app.models import Project, Run
from app.services import file_sizes, model_files, runs
from app.services.file_sizes import Kind
from app.services.model_files import FileForm, FileStatus, Standing
from app.storage import Storage
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/runs/{number:int}/files")
PRIVATE = {"Cache-Control": "private, no-store"}


@dataclass(frozen=True)
class ModelFilesPage:
    """What model_files/page.html and its fragment show."""

    project: Project
    role: Role
    is_lead: bool
    run: Run
    weights_size: int
    files: list[Standing]
    is_waiting: bool


@router.get("")
def files_page(request: Request, session: DbSession, access: Reviewer, storage: Files, number: int) -> Response:
    """Offer the files of a finished run's model."""
    return render(request, "model_files/page.html", _page(session, access, storage, number))


@router.get("/state")
def state(request: Request, session: DbSession, access: Reviewer, storage: Files, number: int) -> Response:
    """Give the part of the page that changes while a file is being made."""
    return render(request, "model_files/page.html", _page(session, access, storage, number), block="files")


@router.get("/weights.zip")
def weights(session: DbSession, access: Lead, storage: Files, number: int) -> Response:
    """Send the weights with what is needed to use them; the answer is written while it is being sent."""
    run = runs.finished_run(session, access.project.id, number)
    parts = model_files.weights_parts(session, storage, run)
    headers = {"Content-Disposition": f'attachment; filename="run-{number}-model.zip"', **PRIVATE}
    return StreamingResponse(model_files.weights_zip(parts), media_type="application/zip", headers=headers)


@router.post("/{kind_of_file}")
def ask(session: DbSession, access: Lead, storage: Files, number: int, kind_of_file: FileForm) -> Response:
    """Have a file made."""
    run = runs.finished_run(session, access.project.id, number)
    model_files.ask(session, storage, run, access.account, kind_of_file)
    return RedirectResponse(f"/projects/{access.project.id}/runs/{number}/files", status_code=303)


@router.get("/{kind_of_file}.zip")
def download(session: DbSession, access: Lead, storage: Files, number: int, kind_of_file: FileForm) -> Response:
    """Send a file that has been made."""
    run = runs.finished_run(session, access.project.id, number)
    found = model_files.standing(session, storage, run, kind_of_file)
    if found.path is None:
        raise NotFoundError(_("This file has not been made yet."))
    name = f"run-{number}-{kind_of_file.value}.zip"
    return FileResponse(found.path, media_type="application/zip", filename=name, headers=PRIVATE)


def _page(session: Session, access: Access, storage: Storage, number: int) -> ModelFilesPage:
    run = runs.finished_run(session, access.project.id, number)
    files = [model_files.standing(session, storage, run, form) for form in FileForm]
    return ModelFilesPage(
        project=access.project,
        role=access.role,
        is_lead=access.is_at_least(Role.LEAD),
        run=run,
        weights_size=file_sizes.of_run(storage, run)[Kind.CHECKPOINT],
        files=files,
        is_waiting=any(each.status is FileStatus.WAITING for each in files),
    )
