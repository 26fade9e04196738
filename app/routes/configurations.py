"""Named configurations: keeping settings under a name, the list of them, and configurations as files."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from app.deps import Access, DbSession, Lead
from app.domain.statuses import Recipe, Role
from app.errors import AppError, InvalidInputError
from app.formats.configuration_json import MAX_BYTES
from app.i18n import gettext as _
from app.models import Project, Run
from app.routes.new_runs import FilledIn, new_run_page
from app.services import configuration_files, configurations, new_runs
from app.services.configurations import ConfigurationRow
from app.services.run_configs import clean_config
from app.services.setting_words import Setting, changes_of, value_text
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/configurations")


@dataclass(frozen=True)
class ConfigurationsPage:
    """What configurations/list.html shows."""

    project: Project
    role: Role
    rows: list[ConfigurationRow]
    # The configuration whose new name was refused, and the sentence.
    refused_id: int
    refused_name: str
    name_error: str
    file_error: str


@dataclass(frozen=True)
class NewConfigurationPage:
    """What configurations/new.html shows."""

    project: Project
    role: Role
    recipe: Recipe
    changes: list[Setting]
    # The settings as the form of a new run would send them.
    values: dict[str, str]
    # The number of the run that the form would go on from, for the way back to it.
    parent: int | None
    name: str
    name_error: str
    is_taken: bool


@router.get("")
def list_page(request: Request, session: DbSession, access: Lead) -> Response:
    """List the named configurations."""
    return _list_page(request, session, access)


@router.post("/new")
def new_page(request: Request, session: DbSession, access: Lead, given: FilledIn) -> Response:
    """Ask for a name for the settings of a form; what is wrong with them is told in the form."""
    beginning = new_runs.beginning(session, access.project, given)
    try:
        config = clean_config(beginning.recipe, beginning.values)
    except AppError as refusal:
        errors = refusal.fields or {"": refusal.sentence}
        return new_run_page(request, session, access, beginning, errors, status=refusal.status)
    return _new_page(request, access, beginning.recipe, config, parent=beginning.parent)


@router.post("")
def save(
    request: Request,
    session: DbSession,
    access: Lead,
    given: FilledIn,
    name: Annotated[str, Form()] = "",
    replace: Annotated[bool, Form()] = False,
) -> Response:
    """Keep settings under a name."""
    beginning = new_runs.beginning(session, access.project, given)
    config = clean_config(beginning.recipe, beginning.values)
    try:
        configurations.save(
            session,
            access.project,
            name=name,
            recipe=beginning.recipe,
            config=config,
            account=access.account,
            replace=replace,
        )
    except AppError as refusal:
        return _new_page(request, access, beginning.recipe, config, parent=beginning.parent, name=name, refusal=refusal)
    return _back(access)


@router.post("/upload")
def upload(
    request: Request, session: DbSession, access: Lead, file: Annotated[UploadFile | None, File()] = None
) -> Response:
    """Look at a file that somebody hands in, and ask for the name it shall be kept under."""
    # One byte more than may be is enough to tell that it is too much.
    data = file.file.read(MAX_BYTES + 1) if file else b""
    try:
        if not data:
            raise InvalidInputError(_("Please choose a file first."))
        said = configuration_files.read_file(data)
    except AppError as refusal:
        return _list_page(request, session, access, file_error=refusal.sentence, status=refusal.status)
    return _new_page(request, access, said.recipe, said.config, name=said.name)


@router.get("/{configuration_id}/file")
def download(session: DbSession, access: Lead, configuration_id: int) -> Response:
    """Give a configuration as a file."""
    found = configurations.get_configuration(session, access.project.id, configuration_id)
    name = quote(f"{found.name}.json", safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(configuration_files.file_text(found), media_type="application/json", headers=headers)


@router.post("/{configuration_id}")
def rename(
    request: Request, session: DbSession, access: Lead, configuration_id: int, name: Annotated[str, Form()] = ""
) -> Response:
    """Give a configuration another name."""
    found = configurations.get_configuration(session, access.project.id, configuration_id)
    try:
        configurations.rename(session, access.project, found, name)
    except AppError as refusal:
        return _list_page(
            request,
            session,
            access,
            refused=(found.id, name),
            name_error=refusal.sentence,
            status=refusal.status,
        )
    return _back(access)


@router.post("/{configuration_id}/copy")
def copy(session: DbSession, access: Lead, configuration_id: int) -> Response:
    """Keep the same settings once more, under another name."""
    found = configurations.get_configuration(session, access.project.id, configuration_id)
    configurations.copy(session, access.project, found, access.account)
    return _back(access)


@router.post("/{configuration_id}/remove")
def remove(session: DbSession, access: Lead, configuration_id: int) -> Response:
    """Forget a configuration."""
    configurations.remove(session, configurations.get_configuration(session, access.project.id, configuration_id))
    return _back(access)


def _list_page(
    request: Request,
    session: Session,
    access: Access,
    *,
    refused: tuple[int, str] = (0, ""),
    name_error: str = "",
    file_error: str = "",
    status: int = 200,
) -> Response:
    rows = configurations.list_configurations(session, access.project.id)
    page = ConfigurationsPage(access.project, access.role, rows, *refused, name_error, file_error)
    return render(request, "configurations/list.html", page, status=status)


def _new_page(
    request: Request,
    access: Access,
    recipe: Recipe,
    config: dict[str, object],
    *,
    parent: Run | None = None,
    name: str = "",
    refusal: AppError | None = None,
) -> Response:
    page = NewConfigurationPage(
        project=access.project,
        role=access.role,
        recipe=recipe,
        changes=changes_of(recipe, config),
        values={key: value_text(value) for key, value in config.items()},
        parent=parent.number if parent else None,
        name=name[: 2 * configurations.NAME_MOST],
        name_error=refusal.sentence if refusal else "",
        is_taken=refusal is not None and refusal.status == 409,
    )
    return render(request, "configurations/new.html", page, status=refusal.status if refusal else 200)


def _back(access: Access) -> Response:
    return RedirectResponse(f"/projects/{access.project.id}/configurations", status_code=303)
