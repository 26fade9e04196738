"""Whether a project is ready for a training: what there is to learn from, and how it is divided into splits."""

from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.deps import DbSession, Lead
from app.domain.statuses import Role, SplitMethod
from app.errors import InvalidInputError
from app.i18n import gettext as _
from app.models import Image, Project, Run
from app.services import (
    images,
    labels,
    readiness,
    runs,
    split_choices,
    split_plans,
    split_previews,
    split_proposals,
    split_readiness,
    split_straddles,
)
from app.services.images import ImageCounts
from app.services.readiness import Readiness
from app.services.split_choices import SplitChoice
from app.services.split_plans import Material
from app.services.split_previews import Preview
from app.services.split_proposals import Aspect, Proposal
from app.services.split_readiness import Holdings, Standing
from app.services.split_straddles import Straddles
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/ready")

# A larger collection takes longer than half a second to look through: its page comes at once and asks for the rest.
LARGE = 5_000


class SplitForm(BaseModel):
    """A way of dividing as it is typed; what is not given stays as the project has it."""

    method: str | None = None
    grouped_detail: str | None = None
    column_detail: str | None = None
    valid_percent: str | None = None
    test_percent: str | None = None
    seed: str | None = None

    @property
    def given(self) -> dict[str, str]:
        """Give what was typed, by field."""
        return {name: value for name, value in self.model_dump().items() if value is not None}


@dataclass(frozen=True)
class Division:
    """A way of dividing, what it would give, and what is wrong with it."""

    choice: SplitChoice
    preview: Preview
    # Whether the project divides so already.
    is_kept: bool
    errors: dict[str, str] = field(default_factory=dict)
    # What was refused, as it was typed.
    typed: dict[str, str] = field(default_factory=dict)

    @property
    def fields(self) -> dict[str, str | int]:
        """Give the choice as a form sends it, or what was typed where that was refused."""
        chosen = self.choice
        detail = {f"{chosen.method}_detail": chosen.detail} if chosen.detail else {}
        shares = {"valid_percent": chosen.valid_percent, "test_percent": chosen.test_percent}
        return {"method": chosen.method.value, **detail, **shares, "seed": chosen.seed, **self.typed}


@dataclass(frozen=True)
class Look:
    """What looking through a project's images found."""

    readiness: Readiness
    counts: ImageCounts
    holdings: Holdings
    standings: list[Standing]
    near_duplicates: Straddles
    look_alikes: Straddles
    # By what images were looked at besides, a source for instance, and which of its values straddle splits.
    aspect: Aspect | None
    of_value: Straddles | None
    pictures: dict[int, Image]
    aspects: list[Aspect]
    proposal: Proposal
    division: Division


@dataclass(frozen=True)
class ReadyPage:
    """What ready/page.html shows; without a look it asks for one."""

    project: Project
    role: Role
    open_run: Run | None
    done: str
    address: str
    n_images: int
    look: Look | None


@dataclass(frozen=True)
class PreviewFragment:
    """What the block `preview` of ready/page.html shows."""

    project: Project
    division: Division


@router.get("")
def page(
    request: Request,
    session: DbSession,
    access: Lead,
    form: Annotated[SplitForm, Query()],
    whole: str = "",
    done: str = "",
) -> Response:
    """Show what a training would find, and what the way of dividing in the address would give."""
    project = access.project
    n_images = readiness.count_images(session, project.id)
    is_fragment = "hx-request" in request.headers
    shown = ReadyPage(
        project=project,
        role=access.role,
        open_run=runs.open_run(session, project.id),
        done=_sentence(done),
        address=f"/projects/{project.id}/ready?{urlencode(form.given | {'whole': '1'})}",
        n_images=n_images,
        look=_look(session, project, form.given) if whole or n_images <= LARGE else None,
    )
    return render(request, "ready/page.html", shown, block="look" if is_fragment else None)


@router.get("/preview")
def preview(request: Request, session: DbSession, access: Lead, form: Annotated[SplitForm, Query()]) -> Response:
    """Show what a way of dividing would give, while it is being chosen."""
    division, _material = _divide(session, access.project, form.given)
    return render(request, "ready/page.html", PreviewFragment(access.project, division), block="preview")


@router.post("/splits")
def keep(access: Lead, form: Annotated[SplitForm, Form()]) -> Response:
    """Divide new images so from now on."""
    split_choices.keep(access.project, split_choices.read(access.project, form.given))
    return RedirectResponse(f"/projects/{access.project.id}/ready?done=kept#divide", status_code=303)


def _sentence(done: str) -> str:
    return {
        "kept": _("New images will be divided so from now on."),
        "forgotten": _("The splits have been taken back. The next training gives new ones."),
    }.get(done, "")


def _divide(session: Session, project: Project, given: dict[str, str]) -> tuple[Division, Material]:
    kept, errors = split_choices.choice_of(project), dict[str, str]()
    try:
        choice = split_choices.read(project, given)
    except InvalidInputError as refusal:
        choice, errors = kept, refusal.fields
    live = labels.live_labels(session, project.id)
    material = split_plans.read(session, project.id, live, choice)
    made = split_previews.preview(material, live, choice)
    return Division(choice, made, choice == kept and not errors, errors, given if errors else {}), material


def _look(session: Session, project: Project, given: dict[str, str]) -> Look:
    division, material = _divide(session, project, given)
    made = division.preview
    aspects = split_proposals.aspects(session, project.id, material)
    proposal = split_proposals.propose(session, project, material, aspects)
    aspect = _looked_at(division.choice, proposal, aspects)
    near = split_straddles.near_duplicates(material, made.planned)
    alike = split_straddles.look_alikes(session, project, material, made.planned)
    by_value = split_straddles.of_value(material, made.planned, aspect.detail, aspect.values) if aspect else None
    return Look(
        readiness=readiness.check(session, project),
        counts=images.counts(session, project.id),
        holdings=split_readiness.holdings(session, project.id, made.labels),
        standings=split_readiness.standings(made, division.choice.valid_percent / 100),
        near_duplicates=near,
        look_alikes=alike,
        aspect=aspect,
        of_value=by_value,
        pictures=split_straddles.images_of(session, [near, alike, *([by_value] if by_value else [])]),
        aspects=aspects,
        proposal=proposal,
        division=division,
    )


def _looked_at(choice: SplitChoice, proposal: Proposal, aspects: list[Aspect]) -> Aspect | None:
    """Say which detail is worth looking at for values that straddle: the one that groups, or is proposed to."""
    wished = next((each.detail for each in (choice, proposal) if each.method is SplitMethod.GROUPED), None)
    return next((aspect for aspect in aspects if aspect.detail == wished), None)
