"""Adjudication: the screen on which disputed images are settled, and what its scripts speak."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.config import get_settings
from app.deps import Access, DbSession, Reviewer
from app.domain.statuses import Answer, Role
from app.models import Project
from app.services import adjudication_cases, adjudications
from app.services.adjudications import Standing
from app.services.desk_settings import settings_of
from app.templating import render, render_text

router = APIRouter()
PAGE = "/projects/{project_id}/adjudicate"
API = "/api/v1/projects/{project_id}/adjudication"
ClientKey = Annotated[str, Field(min_length=8, max_length=64)]
# More than a screen ever holds; it bounds the work of one request.
ImageIds = Annotated[list[int], Field(max_length=50)]


@dataclass(frozen=True)
class AdjudicationPage:
    """What adjudication/page.html shows; the images come to it by its scripts."""

    project: Project
    role: Role
    standing: Standing
    all_differing: bool
    hidden: bool
    desk: dict[str, Any]


class NextRequest(BaseModel):
    """How many images are wanted, after which one, and which the screen has already; `image` is shown in any case."""

    count: int = Field(default=1, ge=1, le=adjudications.BATCH_MOST)
    after: int = Field(default=0, ge=0)
    held: ImageIds = []
    all_differing: bool = False
    image: int | None = None


class DecideRequest(BaseModel):
    """What a reviewer decides on an image, label by label; `known` is the last decision that they have seen."""

    image_id: int
    decisions: Annotated[dict[int, Answer], Field(max_length=1000)]
    client_key: ClientKey
    reason: Annotated[str, Field(max_length=4000)] = ""
    known: int | None = None


class UndoRequest(BaseModel):
    """Which step to take back."""

    client_key: ClientKey


class LeaseRequest(BaseModel):
    """Images to keep or to give back."""

    image_ids: ImageIds


@router.get(PAGE)
def adjudication_page(request: Request, session: DbSession, access: Reviewer, show: str = "") -> Response:
    """Show the screen; `show=all` asks for all images on which people differ."""
    project, is_all = access.project, show == "all"
    page = AdjudicationPage(
        project=project,
        role=access.role,
        standing=adjudications.standing(session, project, access.account, all_differing=is_all),
        all_differing=is_all,
        hidden=settings_of(session, project).names_hidden,
        desk={
            "account": access.account.id,
            "project": project.id,
            "api": API.format(project_id=project.id),
            "all": is_all,
            "leaseSeconds": get_settings().claim_minutes * 60,
        },
    )
    return render(request, "adjudication/page.html", page)


@router.post(f"{API}/next")
def next_cases(session: DbSession, access: Reviewer, asked: NextRequest) -> dict[str, Any]:
    """Lease the next images to this reviewer, drawn as the screen shows them."""
    project, account = access.project, access.account
    first = [] if asked.image is None else adjudications.renew(session, project, account, [asked.image])
    ids = adjudications.next_images(
        session,
        project,
        account,
        count=asked.count - len(first),
        after=asked.after,
        all_differing=asked.all_differing,
        held=[*asked.held, *first],
    )
    return {
        "cases": _drawn(session, access, [*first, *ids]),
        "standing": _standing(session, access, all_differing=asked.all_differing),
    }


@router.post(f"{API}/decide")
def decide(session: DbSession, access: Reviewer, given: DecideRequest) -> dict[str, Any]:
    """Settle labels of an image; sent twice under one key it counts once."""
    made = adjudications.decide(session, access.project, access.account, **given.model_dump())
    return {"decisions": [annotation.id for annotation in made]}


@router.post(f"{API}/undo")
def undo(session: DbSession, access: Reviewer, given: UndoRequest) -> dict[str, int | None]:
    """Take a step back; done already, or never arrived, it changes nothing."""
    return {"image": adjudications.undo(session, access.project, access.account, given.client_key)}


@router.post(f"{API}/renew")
def renew(session: DbSession, access: Reviewer, given: LeaseRequest) -> dict[str, list[int]]:
    """Keep images before this reviewer; tells which still are."""
    return {"held": adjudications.renew(session, access.project, access.account, given.image_ids)}


@router.post(f"{API}/release")
def release(session: DbSession, access: Reviewer, given: LeaseRequest) -> dict[str, list[int]]:
    """Give images back to the other reviewers."""
    adjudications.release(session, access.account, given.image_ids)
    return {"held": []}


def _drawn(session: Session, access: Access, image_ids: list[int]) -> list[dict[str, Any]]:
    hidden = settings_of(session, access.project).names_hidden
    found = adjudication_cases.cases(session, access.project, image_ids, hidden=hidden)
    return [
        {
            "id": case.image.id,
            "html": render_text("adjudication/_case.html", {"case": case, "project": access.project}),
        }
        for case in found
    ]


def _standing(session: Session, access: Access, *, all_differing: bool) -> dict[str, int]:
    found = adjudications.standing(session, access.project, access.account, all_differing=all_differing)
    return {"left": found.left, "elsewhere": found.elsewhere, "settled": found.settled}
