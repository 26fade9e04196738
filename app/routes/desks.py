"""The page of the annotator's desk, to which the images come by its scripts; flags, and reasons for skips."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.config import get_settings
from app.deps import Access, Annotator, DbSession
from app.domain.sampling import Order
from app.domain.statuses import Role, SkipReason
from app.i18n import gettext as _
from app.models import Label, Project
from app.routes.annotate import API
from app.services import blindness, desk_labels, desk_settings, flags, members, queue_progress, runs, skip_reasons
from app.services.desk_labels import DeskLabels
from app.services.images import LabelState
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
    shown: DeskLabels
    progress: queue_progress.Progress
    run_number: int | None
    orders: list[tuple[str, str]]
    order: str
    order_label: int | None
    label_states: list[tuple[str, str]]
    # Who may narrow the images by what others answered, or who did: (number, name) of each person.
    blind: bool
    people: list[tuple[int, str]]
    suggestions: str
    has_guide: bool
    # The label that alone is asked, where the desk was opened for a question.
    asked: Label | None
    reasons: list[tuple[str, str]]
    desk: dict[str, Any]


@router.get("/projects/{project_id}/annotate")
def desk_page(
    request: Request, session: DbSession, access: Annotator, question: Annotated[int | None, Query()] = None
) -> Response:
    """Show the desk, or the desk that asks for the label of a question alone; the images come to it by its scripts."""
    project = access.project
    run = runs.active_run(session, project.id)
    settings = desk_settings.settings_of(session, project)
    page = DeskPage(
        project=project,
        role=access.role,
        shown=desk_labels.desk_labels(session, project.id),
        progress=queue_progress.progress(session, project, access.account),
        run_number=run.number if run else None,
        orders=_orders(),
        order=settings.order,
        order_label=settings.order_label_id,
        label_states=_label_states(),
        blind=blindness.is_blind(session, project, access.role),
        people=_people(session, access),
        suggestions=settings.suggestions,
        has_guide=bool(settings.guide.strip()),
        asked=None if question is None else desk_labels.asked(session, project.id, question),
        reasons=_reasons(),
        desk={
            "account": access.account.id,
            "project": project.id,
            "api": API.format(project_id=project.id),
            "claimSeconds": get_settings().claim_minutes * 60,
            "question": question,
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


def _people(session: Session, access: Access) -> list[tuple[int, str]]:
    """List the members by whose answers images may be narrowed; where names are hidden, those who answered."""
    names = blindness.names_for(session, access.project, access.account, access.role)
    if names:
        return sorted(((each, name) for each, name in names.items() if each > 0), key=lambda pair: (len(pair[1]), pair))
    found = members.list_members(session, access.project.id)
    return [(member.account_id, member.account.name) for member in found]


def _orders() -> list[tuple[str, str]]:
    return [
        (Order.SEQUENTIAL.value, _("As brought in")),
        (Order.RANDOM.value, _("Random")),
        (Order.DATE.value, _("By date")),
        (Order.SOURCE.value, _("By source")),
        (Order.LEAST_CERTAIN.value, _("Least certain first")),
        (Order.MOST_LIKELY.value, _("Most likely to show the label first")),
        (Order.AGAINST_MODEL.value, _("Where people and model disagree")),
        (Order.AMONG_PEOPLE.value, _("Where people disagree")),
        (Order.DIVERSE.value, _("As different as possible")),
    ]


def _label_states() -> list[tuple[str, str]]:
    return [
        (LabelState.PRESENT.value, _("present")),
        (LabelState.ABSENT.value, _("absent")),
        (LabelState.DISPUTED.value, _("disputed")),
        (LabelState.UNKNOWN.value, _("unknown")),
    ]


def _reasons() -> list[tuple[str, str]]:
    return [
        (SkipReason.ILLEGIBLE.value, _("it cannot be made out")),
        (SkipReason.FOREIGN.value, _("it does not belong to this collection")),
        (SkipReason.SENSITIVE.value, _("it is sensitive")),
        (SkipReason.DUPLICATE.value, _("it is a duplicate")),
        (SkipReason.OTHER.value, _("another reason")),
    ]
