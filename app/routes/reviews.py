"""Judging a run: the screen on which the places of a list are judged, and the verdicts."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from app.deps import DbSession, Reviewer
from app.domain.statuses import Role, Verdict
from app.models import Project, Run
from app.routes.review_lists import PAGE, PAGE_SIZE, Listed, Wanted, listed_of
from app.services import places, review_lists, reviews, runs
from app.services.places import Place
from app.services.review_lists import Entry, ReviewList
from app.templating import render

router = APIRouter()
# The strip shows where one comes from, and more of where one goes.
STRIP_BEFORE, STRIP_AFTER = 4, 8
# Longer than the keys that browsers make, shorter than what the database takes.
ClientKey = Annotated[str, Field(min_length=8, max_length=64)]


@dataclass(frozen=True)
class ReviewPage:
    """What reviews/review.html and its fragment show; place is None where the list is empty."""

    project: Project
    role: Role
    run: Run
    listed: Listed
    place: Place | None
    strip: list[Entry]
    position: int
    back: str
    verdict_url: str


class VerdictIn(BaseModel):
    """A verdict as the browser sends it."""

    image_id: int
    label_id: int
    verdict: Verdict
    client_key: ClientKey


class UndoIn(BaseModel):
    """Which verdict to take back."""

    client_key: ClientKey


@router.get(f"{PAGE}/errors/review")
def review(
    request: Request,
    session: DbSession,
    access: Reviewer,
    number: int,
    wanted: Wanted,
    position: Annotated[int, Query(ge=0)] = 0,
    item: Annotated[str, Query(pattern=r"^(\d{1,18}-\d{1,18})?$")] = "",
) -> Response:
    """Show one place of a list to be judged; `item` finds it again where a threshold has moved it."""
    run = runs.finished_run(session, access.project.id, number)
    made = review_lists.open_list(session, run, wanted)
    at = _position(made, position, item)
    listed = listed_of(made)
    current = review_lists.entries(session, made, [at])
    page = ReviewPage(
        project=access.project,
        role=access.role,
        run=run,
        listed=listed,
        place=places.describe(session, run, made, current[0], access.account) if current else None,
        strip=review_lists.entries(session, made, range(at - STRIP_BEFORE, at + STRIP_AFTER + 1)),
        position=at,
        back=f"/projects/{access.project.id}/runs/{number}/errors?{listed.params}&page={at // PAGE_SIZE + 1}",
        verdict_url=f"/api/v1/projects/{access.project.id}/runs/{number}/verdicts",
    )
    is_fragment = "hx-request" in request.headers
    return render(request, "reviews/review.html", page, block="place" if is_fragment else None)


@router.post(f"/api/v1{PAGE}/verdicts")
def judge(session: DbSession, access: Reviewer, number: int, given: VerdictIn) -> dict[str, Any]:
    """Keep a verdict; sent twice under one key it counts once."""
    run = runs.finished_run(session, access.project.id, number)
    made = reviews.judge(
        session,
        project=access.project,
        run=run,
        account=access.account,
        image_id=given.image_id,
        label_id=given.label_id,
        verdict=given.verdict,
        client_key=given.client_key,
    )
    return {
        "verdict": made.verdict.value,
        "undone": made.undone_at is not None,
        "reviewed": reviews.count(session, run),
    }


@router.post(f"/api/v1{PAGE}/verdicts/undo")
def undo(session: DbSession, access: Reviewer, number: int, given: UndoIn) -> dict[str, Any]:
    """Take a verdict back; done already, or never arrived, it changes nothing."""
    run = runs.finished_run(session, access.project.id, number)
    taken = reviews.undo(session, project=access.project, run=run, account=access.account, client_key=given.client_key)
    return {"undone": taken is not None, "reviewed": reviews.count(session, run)}


def _position(made: ReviewList, position: int, item: str) -> int:
    if item:
        image_id, _dash, label_id = item.partition("-")
        found = made.find(int(image_id), int(label_id), position)
        if found is not None:
            return found
    return max(0, min(position, len(made) - 1))
