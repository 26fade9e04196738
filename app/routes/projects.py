"""Projects: making one, its first page, its settings, its end."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from app.deps import Annotator, DbSession, Lead, SignedIn
from app.domain.statuses import Role
from app.errors import ConflictError, InvalidInputError
from app.i18n import gettext as _
from app.models import Job, Member, Project
from app.services import labels, members, overview, projects
from app.services.overview import Activity, Overview
from app.templating import render

router = APIRouter(prefix="/projects")


@dataclass(frozen=True)
class NewProjectPage:
    """What projects/new.html shows."""

    name: str = ""
    description: str = ""
    labels: str = ""
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class OverviewPage:
    """What projects/overview.html shows; its block `jobs` needs but the first two and `jobs`."""

    project: Project
    role: Role
    jobs: list[Job]
    overview: Overview
    activity: list[Activity]
    members: list[Member]


@dataclass(frozen=True)
class JobsFragment:
    """What the block `jobs` of projects/overview.html shows."""

    project: Project
    jobs: list[Job]


@dataclass(frozen=True)
class SettingsPage:
    """What projects/settings.html shows."""

    project: Project
    role: Role
    name: str
    description: str
    valid_percent: int
    test_percent: int
    done: str = ""
    errors: dict[str, str] = field(default_factory=dict)


@router.get("/new")
def new_project_page(request: Request, session: DbSession, account: SignedIn) -> Response:
    """Show the form for a new project."""
    projects.require_may_create(session, account)
    return render(request, "projects/new.html", NewProjectPage())


@router.post("")
def create_project(
    request: Request,
    session: DbSession,
    account: SignedIn,
    name: Annotated[str, Form()] = "",
    description: Annotated[str, Form()] = "",
    label_names: Annotated[str, Form(alias="labels")] = "",
) -> Response:
    """Make a project with the labels typed for it, and go on to bring images in."""
    projects.require_may_create(session, account)
    try:
        with session.begin_nested():
            project = projects.create_project(session, name=name, description=description, account=account)
            labels.create_labels(session, project, label_names, account)
    except (ConflictError, InvalidInputError) as refusal:
        page = NewProjectPage(name=name, description=description, labels=label_names, errors=refusal.fields)
        return render(request, "projects/new.html", page, status=refusal.status)
    return RedirectResponse(f"/projects/{project.id}", status_code=303)


@router.get("/{project_id}")
def overview_page(request: Request, session: DbSession, access: Annotator) -> Response:
    """Show how a project stands and what to do next."""
    page = OverviewPage(
        project=access.project,
        role=access.role,
        jobs=overview.open_jobs(session, access.project),
        overview=overview.overview(session, access.project),
        activity=overview.recent_activity(session, access.project),
        members=members.list_members(session, access.project.id),
    )
    return render(request, "projects/overview.html", page)


@router.get("/{project_id}/open-jobs")
def open_jobs(request: Request, session: DbSession, access: Annotator) -> Response:
    """Show what is waiting or running, for the first page to look at every few seconds."""
    fragment = JobsFragment(project=access.project, jobs=overview.open_jobs(session, access.project))
    return render(request, "projects/overview.html", fragment, block="jobs")


@router.get("/{project_id}/settings")
def settings_page(request: Request, access: Lead, done: str = "") -> Response:
    """Show a project's settings."""
    said = _("The settings have been saved.") if done else ""
    return render(request, "projects/settings.html", _settings(access.project, access.role, done=said))


@router.post("/{project_id}/settings")
def change_settings(
    request: Request,
    session: DbSession,
    access: Lead,
    valid_percent: Annotated[int, Form()],
    test_percent: Annotated[int, Form()],
    name: Annotated[str, Form()] = "",
    description: Annotated[str, Form()] = "",
) -> Response:
    """Change a project's name, description and the shares of its splits."""
    project = access.project
    try:
        with session.begin_nested():
            projects.update_project(session, project, name=name, description=description)
            projects.set_shares(project, valid_percent=valid_percent, test_percent=test_percent)
    except (ConflictError, InvalidInputError) as refusal:
        session.refresh(project)
        page = SettingsPage(project, access.role, name, description, valid_percent, test_percent, errors=refusal.fields)
        return render(request, "projects/settings.html", page, status=refusal.status)
    return RedirectResponse(f"/projects/{project.id}/settings?done=1", status_code=303)


@router.post("/{project_id}/delete")
def delete_project(
    request: Request, session: DbSession, access: Lead, confirmation: Annotated[str, Form()] = ""
) -> Response:
    """Delete a project whose name was typed to confirm it."""
    try:
        projects.delete_project(session, access.project, confirmation=confirmation)
    except InvalidInputError as refusal:
        page = _settings(access.project, access.role, errors=refusal.fields)
        return render(request, "projects/settings.html", page, status=refusal.status)
    return RedirectResponse("/", status_code=303)


def _settings(project: Project, role: Role, *, done: str = "", errors: dict[str, str] | None = None) -> SettingsPage:
    return SettingsPage(
        project=project,
        role=role,
        name=project.name,
        description=project.description,
        valid_percent=round(project.valid_share * 100),
        test_percent=round(project.test_share * 100),
        done=done,
        errors=errors or {},
    )
