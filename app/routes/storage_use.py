"""How much room a project takes, and freeing what can be made again."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from app.deps import DbSession, Files, Lead
from app.domain.statuses import Role
from app.models import Project
from app.services import storage_use
from app.services.file_sizes import Kind
from app.services.storage_use import StorageUse
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/storage")


@dataclass(frozen=True)
class StoragePage:
    """What storage_use/page.html shows."""

    project: Project
    role: Role
    use: StorageUse


@router.get("")
def storage_page(request: Request, session: DbSession, access: Lead, storage: Files) -> Response:
    """Show what takes how much room."""
    page = StoragePage(access.project, access.role, storage_use.use(session, storage, access.project))
    return render(request, "storage_use/page.html", page)


@router.post("/free")
def free(
    session: DbSession, access: Lead, storage: Files, kind: Annotated[Literal["maps", "files"], Form()]
) -> Response:
    """Remove files that can be made again."""
    storage_use.free(session, storage, access.project, Kind(kind))
    return RedirectResponse(f"/projects/{access.project.id}/storage", status_code=303)
