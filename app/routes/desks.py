"""The page of the annotator's desk, to which the images come by its scripts; flags, and reasons for skips."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from app.config import get_settings
from app.deps import Annotator, DbSession
from app.domain.sampling import Order
from app.domain.statuses import Role, SkipReason
from app.i18n import gettext as _
from app.models import Project
from app.routes.annotate import API
from app.services import desk_settings, flags, label_examples, label_groups, queue_progress, runs, skip_reasons
from app.services.label_examples import Example
from app.services.label_groups import Section
from app.templating import render

router = APIRouter()


class FlagRequest(BaseModel):
    """An image to flag, or whose flag to take away."""

    image_id: int
    flagged: bool


class ReasonRequest(BaseModel):
    """Why an image was passed by; without a reason, an earlier one is taken back."""

    image_id: int
    reason: SkipReason | None
    note: Annotated[str, Field(max_length=2 * skip_reasons.NOTE_MAX_LENGTH)] = ""


@dataclass(frozen=True)
class DeskPage:
    """What annotate/page.html shows."""

    project: Project
    role: Role
    sections: list[Section]
    count: int
    examples: dict[int, list[Example]]
    progress: queue_progress.Progress
    run_number: int | None
    orders: list[tuple[str, str]]
    order: str
    suggestions: str
    reasons: list[tuple[str, str]]
    desk: dict[str, Any]


@router.get("/projects/{project_id}/annotate")
def desk_page(request: Request, session: DbSession, access: Annotator) -> Response:
    """Show the desk; the images come to it by its scripts."""
    project = access.project
    run = runs.active_run(session, project.id)
    settings = desk_settings.settings_of(session, project)
    sections = label_groups.grouped(session, project.id)
    orders = _orders(has_model=run is not None)
    page = DeskPage(
        project=project,
        role=access.role,
        sections=sections,
        count=sum(len(section.labels) for section in sections),
        examples=label_examples.examples_of(session, project.id),
        progress=queue_progress.progress(session, project, access.account),
        run_number=run.number if run else None,
        orders=orders,
        order=settings.order if settings.order in dict(orders) else Order.SEQUENTIAL,
        suggestions=settings.suggestions,
        reasons=_reasons(),
        desk={
            "account": access.account.id,
            "project": project.id,
            "api": API.format(project_id=project.id),
            "claimSeconds": get_settings().claim_minutes * 60,
        },
    )
    return render(request, "annotate/page.html", page)


@router.post(f"{API}/flag")
def flag(session: DbSession, access: Annotator, given: FlagRequest) -> dict[str, bool]:
    """Flag an image, or take this person's flag away."""
    change = flags.put if given.flagged else flags.take_away
    change(session, access.project, access.account, given.image_id)
    return {"flagged": given.flagged}


@router.post(f"{API}/reason")
def reason(session: DbSession, access: Annotator, given: ReasonRequest) -> dict[str, str | None]:
    """Say why an image was passed by."""
    skip = skip_reasons.give(session, access.project, access.account, **given.model_dump())
    return {"reason": skip.reason, "note": skip.note}


def _orders(*, has_model: bool) -> list[tuple[str, str]]:
    orders = [(Order.SEQUENTIAL.value, _("As brought in")), (Order.RANDOM.value, _("Random"))]
    return [*orders, (Order.LEAST_CERTAIN.value, _("Least certain first"))] if has_model else orders


def _reasons() -> list[tuple[str, str]]:
    return [
        (SkipReason.ILLEGIBLE.value, _("it cannot be made out")),
        (SkipReason.FOREIGN.value, _("it does not belong to this collection")),
        (SkipReason.SENSITIVE.value, _("it is sensitive")),
        (SkipReason.DUPLICATE.value, _("it is a duplicate")),
        (SkipReason.OTHER.value, _("another reason")),
    ]
