"""Looking at what a network would get of the images, before any training."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from pydantic import BaseModel, Field

from app.deps import DbSession, Files, Lead
from app.domain.recipe_fields import FieldGroup
from app.domain.statuses import Recipe, Role
from app.errors import NotFoundError
from app.models import Label, Project
from app.services import images, labels, previews, readiness
from app.services.preview_words import StepWords, words_of_steps
from app.services.previews import PreviewKind, Wish
from app.services.recipe_forms import FormGroup, form_groups, read_form
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/runs/look")

# What changes the pictures that a network gets; how it learns from them is chosen elsewhere.
GROUPS = (FieldGroup.AUGMENTATION, FieldGroup.IMAGES, FieldGroup.NETWORK)
# A preview is never made twice under one number while anybody shows it; only this browser may keep it.
KEPT = "private, max-age=600"


class WishRequest(BaseModel):
    """What a lead wants to see."""

    what: PreviewKind
    recipe: Recipe = Recipe.FINETUNE
    config: dict[str, Any] = Field(default_factory=dict, max_length=100)
    image_id: int | None = Field(default=None, ge=1, le=2**62)
    seed: int = 0
    count: int = 9


@dataclass(frozen=True)
class LookPage:
    """What previews/page.html shows."""

    project: Project
    role: Role
    groups: list[FormGroup]
    image_id: int | None
    has_images: bool


@dataclass(frozen=True)
class Shown:
    """What previews/shown.html shows: one preview that is done, or why there is none."""

    project: Project
    job_id: int
    what: PreviewKind
    sentence: str
    result: Mapping[str, Any] | None
    labels: Mapping[str, Label]
    steps: StepWords | None
    # What the labels' answers would not let a training learn.
    label_sentences: tuple[str, ...]


@router.get("")
def page(
    request: Request, session: DbSession, access: Lead, image: Annotated[int | None, Query(ge=1, le=2**62)] = None
) -> Response:
    """Show the settings that change pictures, and room for the pictures; the address may bring settings."""
    given = read_form(Recipe.FINETUNE, request.query_params.multi_items())
    if image is not None:
        images.get_image(session, access.project.id, image)
    groups = {group.key: group for group in form_groups(Recipe.FINETUNE, given, {})}
    shown = LookPage(
        project=access.project,
        role=access.role,
        groups=[groups[key] for key in GROUPS if key in groups],
        image_id=image,
        has_images=previews.has_images(session, access.project.id),
    )
    return render(request, "previews/page.html", shown)


@router.post("")
def ask(session: DbSession, access: Lead, asked: WishRequest) -> Response:
    """Have a preview made."""
    wish = Wish(asked.what, asked.recipe, asked.config, asked.image_id, asked.seed, asked.count)
    job = previews.ask(session, access.project, access.account, wish)
    return JSONResponse({"url": f"/projects/{access.project.id}/runs/look/{job.id}"}, status_code=202)


@router.get("/{job_id}")
def show(request: Request, session: DbSession, access: Lead, job_id: int) -> Response:
    """Give the preview as a fragment of a page, or say what it waits for."""
    found = previews.standing(session, access.project.id, access.account, job_id)
    if found.is_waiting:
        headers = {"Cache-Control": "no-store"}
        return JSONResponse({"sentence": found.sentence}, status_code=202, headers=headers)
    check = (found.result or {}).get("check")
    ready = readiness.check(session, access.project) if check else None
    shown = Shown(
        project=access.project,
        job_id=job_id,
        what=PreviewKind(found.job.params["what"]),
        sentence=found.sentence,
        result=found.result,
        labels={str(label.id): label for label in labels.live_labels(session, access.project.id)},
        steps=words_of_steps(check) if check else None,
        label_sentences=(*ready.refusals, *ready.warnings) if ready else (),
    )
    return render(request, "previews/shown.html", shown)


@router.get("/{job_id}/{row}")
def picture(session: DbSession, access: Lead, storage: Files, job_id: int, row: int) -> Response:
    """Send one picture of a preview."""
    found = previews.standing(session, access.project.id, access.account, job_id)
    path = storage.previews / str(found.job.id) / f"{row}.jpg"
    if found.result is None or not path.is_file():
        raise NotFoundError
    return FileResponse(path, media_type="image/jpeg", headers={"Cache-Control": KEPT, "Vary": "Cookie"})
