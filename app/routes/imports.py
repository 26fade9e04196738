"""Imports: sending files, choosing how their table is read, watching the job, reading its report."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.broker import IMAGES_QUEUE
from app.config import get_settings
from app.db import session_scope
from app.deps import Access, DbSession, Files, Lead, StreamingLead
from app.domain.statuses import JobStatus, Role
from app.errors import InvalidInputError
from app.formats.refusals_csv import refusals_csv
from app.models import Import, ImportRefusal, Job, Project
from app.services import gathering, images, import_tables, imports, jobs, labels, uploads
from app.services.gathering import Gathered
from app.services.import_tables import TableOptions
from app.templating import render

router = APIRouter()
PAGES = "/projects/{project_id}/imports"
API = "/api/v1/projects/{project_id}/imports"
# Pieces of a request that are written at once: small enough to answer others in between.
PIECE = 1 << 20


@dataclass(frozen=True)
class NewImportPage:
    """What imports/new.html shows; its block `check` needs `project`, `gathered` and the choices."""

    project: Project
    role: Role
    gathered: Gathered | None
    upload_max_mb: int
    has_labels: bool
    recent: list[tuple[Import, Job]] = field(default_factory=list)
    encodings: tuple[str, ...] = import_tables.ENCODINGS


@dataclass(frozen=True)
class ImportPage:
    """What imports/show.html and its block `state` show."""

    project: Project
    role: Role
    batch: Import
    job: Job
    is_over: bool
    has_worker: bool
    seconds_left: float | None
    refused_files: int
    refused_rows: int
    refusals: list[ImportRefusal]
    page: int
    pages: int
    details: dict[str, Any]
    may_repeat: bool
    to_tag: int
    has_labels: bool


class TableForm(BaseModel):
    """How a table is to be read, as the form sends it."""

    table: str = ""
    separator: str = ""
    file_column: str = ""
    label_column: str = ""
    label_delimiter: str = ""
    encoding: str = ""
    unmentioned: Literal["absent", "unknown"] = "absent"
    # Further columns that the form showed, and those of them that are ticked; a column not shown yet is kept.
    offered: list[str] = []
    detail: list[str] = []

    def options(self) -> TableOptions:
        """Take the choices over; what was left empty is as usual."""
        given = self.model_dump(include=set(TableForm.model_fields), exclude={"offered", "detail"})
        chosen = {name: value for name, value in given.items() if value}
        return TableOptions(**chosen, left_out=tuple(name for name in self.offered if name not in self.detail))


class StartForm(TableForm):
    """The same, with what is to become of labels that the project does not have."""

    use_table: str = ""
    unknown: str = ""
    create: list[str] = []


@router.get(PAGES + "/new")
def new_page(request: Request, session: DbSession, access: Lead) -> Response:
    """Show where files are dropped."""
    return render(request, "imports/new.html", _new(session, access, None))


@router.get(PAGES + "/{import_id}")
def show_page(
    request: Request,
    session: DbSession,
    access: Lead,
    import_id: int,
    storage: Files,
    page: Annotated[int, Query(ge=1)] = 1,
) -> Response:
    """Show an import: what came for it, how far it is, or its report."""
    found = imports.get_import(session, access.project.id, import_id)
    job = imports.job_of(session, found)
    if job is None:
        gathered = gathering.gather(session, found, storage, TableOptions())
        return render(request, "imports/new.html", _new(session, access, gathered))
    return render(request, "imports/show.html", _show(session, access, found, job, page))


@router.get(PAGES + "/{import_id}/state")
def state(request: Request, session: DbSession, access: Lead, import_id: int) -> Response:
    """Give the state alone; htmx asks for it while the job is open."""
    found = imports.get_import(session, access.project.id, import_id)
    job = jobs.get_job(session, found.job_id or 0, project_id=access.project.id)
    return render(request, "imports/show.html", _show(session, access, found, job, 1), block="state")


@router.get(PAGES + "/{import_id}/check")
def check(
    request: Request,
    session: DbSession,
    access: Lead,
    import_id: int,
    storage: Files,
    form: Annotated[TableForm, Query()],
) -> Response:
    """Show what came and what its table would do, read as chosen."""
    found = imports.get_open_import(session, access.project.id, import_id)
    page = _new(session, access, gathering.gather(session, found, storage, form.options()))
    return render(request, "imports/new.html", page, block="check")


@router.post(PAGES + "/{import_id}/start")
def start(
    request: Request,
    session: DbSession,
    access: Lead,
    import_id: int,
    storage: Files,
    form: Annotated[StartForm, Form()],
) -> Response:
    """Begin: from here on the worker does it."""
    found = imports.get_open_import(session, access.project.id, import_id)
    options = form.options() if form.use_table else TableOptions()
    choice = imports.UnknownChoice(form.unknown, tuple(form.create))
    try:
        imports.start_upload(session, found, options, choice)
    except InvalidInputError as refusal:
        gathered = gathering.gather(session, found, storage, options, error=refusal.sentence)
        return render(request, "imports/new.html", _new(session, access, gathered), status=refusal.status)
    return _to_import(access, found)


@router.post(PAGES + "/{import_id}/cancel")
def cancel(session: DbSession, access: Lead, import_id: int) -> Response:
    """Ask for the import to stop; what is in stays."""
    found = imports.get_import(session, access.project.id, import_id)
    job = imports.job_of(session, found)
    if job is not None:
        jobs.request_cancel(session, job)
    return _to_import(access, found)


@router.post(PAGES + "/{import_id}/retry")
def retry(session: DbSession, access: Lead, import_id: int) -> Response:
    """Try a failed import again."""
    found = imports.get_import(session, access.project.id, import_id)
    imports.retry_import(session, found)
    return _to_import(access, found)


@router.post(PAGES + "/{import_id}/labels")
def create_labels(
    session: DbSession,
    access: Lead,
    import_id: int,
    create: Annotated[list[str] | None, Form()] = None,
    everything: Annotated[str, Form()] = "",
) -> Response:
    """Make labels that the table names, and read the table once more."""
    found = imports.get_import(session, access.project.id, import_id)
    names = found.unknown_labels if everything else create or []
    again = imports.repeat_with_labels(session, found, names, access.account)
    return _to_import(access, again)


@router.get(PAGES + "/{import_id}/refusals.csv")
def refused_table(session: DbSession, access: Lead, import_id: int) -> Response:
    """Send everything that an import refused as a table."""
    found = imports.get_import(session, access.project.id, import_id)
    text = refusals_csv((each.file, each.row, each.reason) for each in imports.all_refusals(session, found.id))
    headers = {"Content-Disposition": f'attachment; filename="refused-{found.id}.csv"', "Cache-Control": "no-store"}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


@router.post(API)
def begin(session: DbSession, access: Lead) -> JSONResponse:
    """Begin an import that files can then be sent to."""
    made = imports.create_import(session, access.project, access.account)
    page = f"/projects/{access.project.id}/imports/{made.id}"
    return JSONResponse({"id": made.id, "page": page, "files": f"/api/v1{page}/files", "check": f"{page}/check"}, 201)


# The service refuses what is too large, by a setting; the limit that forms have does not count here.
@router.put(API + "/{import_id}/files", max_body_size=2**63 - 1)
async def receive_file(
    request: Request, access: StreamingLead, import_id: int, storage: Files, name: str, key: str = ""
) -> JSONResponse:
    """Take the body of the request as a file; the same key again replaces it."""
    most = get_settings().upload_max_mb * 1_000_000
    await run_in_threadpool(_require_open, access.project.id, import_id)
    declared = request.headers.get("content-length", "")
    uploads.refuse_too_large(int(declared) if declared.isdecimal() else 0, most)
    receiving = uploads.receive(storage, import_id, name=name, key=key, most_bytes=most)
    incoming = await run_in_threadpool(receiving.__enter__)
    try:
        piece = bytearray()
        async for chunk in request.stream():
            piece += chunk
            if len(piece) >= PIECE:
                await run_in_threadpool(incoming.write, bytes(piece))
                piece.clear()
        await run_in_threadpool(incoming.write, bytes(piece))
    except BaseException as error:
        receiving.__exit__(type(error), error, error.__traceback__)
        raise
    await run_in_threadpool(receiving.__exit__, None, None, None)
    return JSONResponse({"name": name, "bytes": incoming.received}, 201)


@router.get(API + "/{import_id}")
def report(session: DbSession, access: Lead, import_id: int) -> dict[str, Any]:
    """Tell what an import did, as `loupe import --json` does."""
    found = imports.get_import(session, access.project.id, import_id)
    job = imports.job_of(session, found)
    return {"status": job.status if job else "gathering"} | imports.report_dict(session, found)


def _require_open(project_id: int, import_id: int) -> None:
    with session_scope(writes=False) as session:
        imports.get_open_import(session, project_id, import_id)


def _to_import(access: Access, found: Import) -> Response:
    return RedirectResponse(f"/projects/{access.project.id}/imports/{found.id}", status_code=303)


def _new(session: Session, access: Access, gathered: Gathered | None) -> NewImportPage:
    return NewImportPage(
        project=access.project,
        role=access.role,
        gathered=gathered,
        upload_max_mb=get_settings().upload_max_mb,
        has_labels=bool(labels.live_labels(session, access.project.id)),
        recent=imports.recent_imports(session, access.project.id),
    )


def _show(session: Session, access: Access, found: Import, job: Job, page: int) -> ImportPage:
    files, rows = imports.count_refusals(session, found.id)
    return ImportPage(
        project=access.project,
        role=access.role,
        batch=found,
        job=job,
        is_over=imports.is_over(job),
        has_worker=job.status is not JobStatus.QUEUED or jobs.worker_alive(session, IMAGES_QUEUE),
        seconds_left=jobs.seconds_left(job),
        refused_files=files,
        refused_rows=rows,
        refusals=imports.refusals(session, found.id, page=page),
        page=page,
        pages=-(-(files + rows) // imports.REFUSALS_PER_PAGE),
        details=imports.kept_details(found),
        may_repeat=imports.may_repeat(found),
        to_tag=images.counts(session, access.project.id).not_tagged,
        has_labels=bool(labels.live_labels(session, access.project.id)),
    )
