"""Judging a run: the screen on which the places of a list are judged, and the verdicts."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.deps import Access, DbSession, Reviewer
from app.domain.statuses import Answer, Role, Verdict
from app.models import Project, Run
from app.routes.review_lists import PAGE, PAGE_SIZE, Listed, Wanted, listed_of
from app.services import blindness, bulk_reviews, places, review_lists, review_progress, reviews, runs
from app.services.places import Place
from app.services.review_lists import Entry, ReviewList
from app.services.review_progress import ReviewProgress
from app.templating import render

router = APIRouter()
# The strip shows where one comes from, and more of where one goes.
STRIP_BEFORE, STRIP_AFTER = 4, 8
# The screen fetches the next places together: opening a list is most of the work.
FETCHED_MOST = 8
# Longer than the keys that browsers make, shorter than what the database takes.
ClientKey = Annotated[str, Field(min_length=8, max_length=64)]
# A page of the grid adds its place to the key.
BatchKey = Annotated[str, Field(min_length=8, max_length=56)]
# An afternoon's verdicts can be taken back one by one.
GIVEN_MOST = 500


@dataclass(frozen=True)
class Shown:
    """One place as the screen shows it."""

    place: Place
    strip: list[Entry]
    position: int
    back: str
    grid: str
    # The reviewer answers first: nothing is shown that could sway the answer.
    hidden: bool
    # What the reviewer answered before anything was shown, and the verdict that follows from it.
    answer: Answer | None
    proposal: Verdict | None


@dataclass(frozen=True)
class ReviewPage:
    """What reviews/review.html and its fragment show; there is no place where the list is empty."""

    project: Project
    role: Role
    run: Run
    listed: Listed
    places: list[Shown]
    progress: ReviewProgress
    blind: bool
    back: str
    verdict_url: str


class VerdictIn(BaseModel):
    """A verdict as the browser sends it."""

    image_id: int
    label_id: int
    verdict: Verdict
    client_key: ClientKey
    list_kind: Annotated[str, Field(max_length=32)] = ""
    blind_answer: Answer | None = None


class Judged(BaseModel):
    """One place of a page of verdicts."""

    image_id: int
    label_id: int
    verdict: Verdict


class BatchIn(BaseModel):
    """A page of verdicts as the grid sends it."""

    batch_key: BatchKey
    verdicts: Annotated[list[Judged], Field(max_length=PAGE_SIZE)]
    list_kind: Annotated[str, Field(max_length=32)] = ""


class UndoIn(BaseModel):
    """Which verdict to take back, or which page of them."""

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
    count: Annotated[int, Query(ge=1, le=FETCHED_MOST)] = 1,
    blind: bool | None = None,
    answer: Answer | None = None,
) -> Response:
    """Show places of a list to be judged; `item` finds one again where a threshold has moved it.

    In blind mode nothing is shown that could sway the reviewer, until there is an `answer`.
    """
    run = runs.finished_run(session, access.project.id, number)
    made = review_lists.open_list(session, run, wanted)
    at = _position(made, position, item)
    is_blind = request.cookies.get(f"loupe_blind_{access.account.id}") == "1" if blind is None else blind
    listed = listed_of(made)
    page = ReviewPage(
        project=access.project,
        role=access.role,
        run=run,
        listed=listed,
        places=_shown(session, access, run, made, range(at, at + count), blind=is_blind, answer=answer),
        progress=review_progress.measure(made),
        blind=is_blind,
        back=_back(access, run, listed.params, at),
        verdict_url=f"/api/v1/projects/{access.project.id}/runs/{number}/verdicts",
    )
    is_fragment = "hx-request" in request.headers
    return render(request, "reviews/review.html", page, block="places" if is_fragment else None)


@router.post(f"/api/v1{PAGE}/verdicts")
def judge(session: DbSession, access: Reviewer, number: int, given: VerdictIn) -> dict[str, Any]:
    """Keep a verdict; sent twice under one key it counts once."""
    run = runs.finished_run(session, access.project.id, number)
    made = reviews.judge(session, project=access.project, run=run, account=access.account, **given.model_dump())
    return {
        "verdict": made.verdict.value,
        "undone": made.undone_at is not None,
        "reviewed": reviews.count(session, run),
    }


@router.post(f"/api/v1{PAGE}/verdicts/batch")
def judge_page(session: DbSession, access: Reviewer, number: int, given: BatchIn) -> dict[str, Any]:
    """Keep a page of verdicts, all of them or none; sent twice under one key it counts once."""
    run = runs.finished_run(session, access.project.id, number)
    made = bulk_reviews.judge_all(
        session,
        project=access.project,
        run=run,
        account=access.account,
        given=[bulk_reviews.Given(**one.model_dump()) for one in given.verdicts],
        batch_key=given.batch_key,
        list_kind=given.list_kind,
    )
    return {"kept": len(made), "reviewed": reviews.count(session, run)}


@router.post(f"/api/v1{PAGE}/verdicts/undo")
def undo(session: DbSession, access: Reviewer, number: int, given: UndoIn) -> dict[str, Any]:
    """Take a verdict or a page of them back; done already, or never arrived, it changes nothing."""
    run = runs.finished_run(session, access.project.id, number)
    taken = bulk_reviews.undo(session, project=access.project, run=run, account=access.account, key=given.client_key)
    return {"undone": bool(taken), "count": len(taken), "reviewed": reviews.count(session, run)}


@router.get(f"/api/v1{PAGE}/verdicts/mine")
def mine(session: DbSession, access: Reviewer, number: int) -> dict[str, Any]:
    """List this person's verdicts that stand, the latest first: what can be taken back, page by page."""
    run = runs.finished_run(session, access.project.id, number)
    given: dict[str, dict[str, Any]] = {}
    for one in reviews.given_by(session, run, access.account, GIVEN_MOST):
        key = one.batch_key or one.client_key
        if key is not None:
            given.setdefault(key, {"key": key, "item": f"{one.image_id}-{one.label_id}"})
    return {"given": list(given.values())}


def _shown(
    session: Session,
    access: Access,
    run: Run,
    made: ReviewList,
    positions: range,
    *,
    blind: bool,
    answer: Answer | None,
) -> list[Shown]:
    around = range(max(0, positions.start - STRIP_BEFORE), positions.stop + STRIP_AFTER)
    nearby = {entry.position: entry for entry in review_lists.entries(session, made, around)}
    names = blindness.names_for(session, access.project, access.account, access.role)
    shown = []
    for at in positions:
        if at not in nearby:
            continue
        entry = nearby[at]
        place = places.describe(session, run, made, entry, access.account, names)
        given = answer if blind else None
        shown.append(
            Shown(
                place=place,
                strip=[nearby[i] for i in range(at - STRIP_BEFORE, at + STRIP_AFTER + 1) if i in nearby],
                position=at,
                back=_back(access, run, made.query.address(), at),
                grid=_grid(access, run, made, at),
                hidden=blind and given is None and not place.own_key,
                answer=given,
                proposal=places.proposal(entry, given) if given is not None else None,
            )
        )
    return shown


def _back(access: Access, run: Run, params: str, at: int) -> str:
    return f"/projects/{access.project.id}/runs/{run.number}/errors?{params}&page={at // PAGE_SIZE + 1}"


def _grid(access: Access, run: Run, made: ReviewList, at: int) -> str:
    """Give the address of the page of the grid on which a place stands, among the places of its label."""
    column = made.columns[at]
    query = made.query.of_label(made.seen.labels[column].id)
    before = at if made.query.kind.of_two_labels else int((made.columns[:at] == column).sum())
    page = before // PAGE_SIZE + 1
    return f"/projects/{access.project.id}/runs/{run.number}/errors/grid?{query.address()}&page={page}"


def _position(made: ReviewList, position: int, item: str) -> int:
    if item:
        image_id, _dash, label_id = item.partition("-")
        found = made.find(int(image_id), int(label_id), position)
        if found is not None:
            return found
    return max(0, min(position, len(made) - 1))
