"""Control images: which they are, and how well people answer for them; for leads alone."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from app.deps import DbSession, Lead
from app.domain.statuses import Role
from app.models import Image, Label, Project
from app.services import accuracies, controls
from app.services.accuracies import PersonAccuracy
from app.services.desk_settings import settings_of
from app.services.images import ImageUrls, image_urls
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/controls")
# Two screenfuls; what was decided longer ago is found once these are chosen or passed over.
CANDIDATES = 60
Chosen = Annotated[list[int], Form(default_factory=list)]


@dataclass(frozen=True)
class ControlsPage:
    """What controls/page.html shows."""

    project: Project
    role: Role
    share: float
    labels: list[Label]
    people: list[PersonAccuracy]
    images: list[tuple[Image, ImageUrls]]
    candidates: list[tuple[Image, ImageUrls]]


@router.get("")
def controls_page(request: Request, session: DbSession, access: Lead) -> Response:
    """Show the control images, those that could become some, and how well people answer for them."""
    project = access.project
    live, people = accuracies.by_person(session, project)
    page = ControlsPage(
        project=project,
        role=access.role,
        share=settings_of(session, project).control_share,
        labels=live,
        people=people,
        images=[(image, image_urls(project.id, image)) for image in controls.listed(session, project)],
        candidates=[
            (image, image_urls(project.id, image)) for image in controls.candidates(session, project, CANDIDATES)
        ],
    )
    return render(request, "controls/page.html", page)


@router.post("")
def choose(session: DbSession, access: Lead, image_ids: Chosen) -> Response:
    """Make images control images."""
    controls.choose(session, access.project, access.account, image_ids)
    return RedirectResponse(f"/projects/{access.project.id}/controls", status_code=303)


@router.post("/remove")
def remove(session: DbSession, access: Lead, image_ids: Chosen) -> Response:
    """Let images be ordinary ones again."""
    controls.remove(session, access.project, image_ids)
    return RedirectResponse(f"/projects/{access.project.id}/controls", status_code=303)
