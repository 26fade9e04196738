"""Giving all images new splits: what that touches, and the confirmation."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.deps import DbSession, Lead
from app.domain.statuses import Role
from app.models import Project
from app.services import labels, split_choices, split_plans, split_previews, split_resets
from app.services.split_choices import SplitChoice
from app.services.split_previews import Preview
from app.services.split_resets import Impact
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/ready/new-splits")


@dataclass(frozen=True)
class NewSplitsPage:
    """What ready/new_splits.html shows."""

    project: Project
    role: Role
    choice: SplitChoice
    impact: Impact
    preview: Preview


@router.get("")
def page(request: Request, session: DbSession, access: Lead) -> Response:
    """Say what new splits for all images would touch, and ask."""
    project = access.project
    choice, live = split_choices.choice_of(project), labels.live_labels(session, project.id)
    material = split_plans.read(session, project.id, live, choice)
    anew = split_previews.preview(material, live, choice, anew=True)
    impact = split_resets.impact(session, project, material, anew)
    shown = NewSplitsPage(project, access.role, choice, impact, anew)
    return render(request, "ready/new_splits.html", shown)


@router.post("")
def forget(session: DbSession, access: Lead) -> Response:
    """Take all splits back, so that the next training gives new ones."""
    split_resets.forget_splits(session, access.project)
    return RedirectResponse(f"/projects/{access.project.id}/ready?done=forgotten", status_code=303)
