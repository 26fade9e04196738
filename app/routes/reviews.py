"""Reviewing a run: lists of its errors, the images behind a number, and the screen on which they are judged."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.deps import Access, DbSession, Reviewer
from app.domain.statuses import Direction, Role, Split, Verdict
from app.models import Project, Run
from app.services import evidence, places, review_lists, reviews, runs
from app.services.evidence import Basis, RunLabel
from app.services.list_queries import CellKind, ListKind, ListQuery, Reviewed
from app.services.places import Place
from app.services.review_lists import Entry, ReviewList
from app.templating import render

router = APIRouter()
PAGE = "/projects/{project_id}/runs/{number}"
# Divides by two, three, four and six, so that most windows show full rows.
PAGE_SIZE = 48
# The strip shows where one comes from, and more of where one goes.
STRIP_BEFORE, STRIP_AFTER = 4, 8
# Longer than the keys that browsers make, shorter than what the database takes.
ClientKey = Annotated[str, Field(min_length=8, max_length=64)]


@dataclass(frozen=True)
class Listed:
    """A list as its pages speak of it: what it holds, and the address that leads back to it."""

    query: ListQuery
    params: str
    label: RunLabel | None
    added: RunLabel | None
    total: int
    n_reviewed: int


@dataclass(frozen=True)
class ErrorsPage:
    """What reviews/errors.html shows."""

    project: Project
    role: Role
    run: Run
    listed: Listed
    entries: list[Entry]
    page: int
    pages: int
    counts: dict[str, int]
    by_label: list[tuple[RunLabel, int]]
    split_counts: dict[Split, int]
    seen_in_training: int


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


@dataclass(frozen=True)
class NothingPage:
    """What reviews/nothing.html shows."""

    project: Project
    role: Role


class VerdictIn(BaseModel):
    """A verdict as the browser sends it."""

    image_id: int
    label_id: int
    verdict: Verdict
    client_key: ClientKey


class UndoIn(BaseModel):
    """Which verdict to take back."""

    client_key: ClientKey


def wanted_list(
    list: Annotated[ListKind, Query()] = ListKind.ERRORS,  # noqa: A002 - the query's name
    split: Annotated[Split | str, Query()] = Split.VALIDATION,
    at: Basis = Basis.TUNED,
    label: int | None = None,
    direction: Direction | None = None,
    cell: CellKind | None = None,
    added: int | None = None,
    other: int | None = None,
    reviewed: Reviewed = Reviewed.ANY,
    slice: Annotated[str, Query(max_length=200)] = "",  # noqa: A002 - the query's name
    annotator: int | None = None,
    asof: Annotated[int | None, Query(ge=0, le=4_102_444_800_000)] = None,
) -> ListQuery:
    """Read from the address which list is meant; a split that does not exist means all of them."""
    known = Split(split) if split in set(Split) else None
    moment = None if asof is None else datetime.fromtimestamp(asof / 1000, UTC)
    return ListQuery(
        kind=list,
        split=known,
        basis=at,
        label=label,
        direction=direction,
        cell=cell,
        added=added,
        other=other,
        reviewed=reviewed,
        slice=slice,
        annotator=annotator,
        as_of=moment,
    )


Wanted = Annotated[ListQuery, Depends(wanted_list)]


@router.get("/projects/{project_id}/review")
def newest(request: Request, session: DbSession, access: Reviewer) -> Response:
    """Lead to the errors of the newest finished run."""
    run = runs.latest_run(session, access.project.id)
    if run is None:
        return render(request, "reviews/nothing.html", NothingPage(access.project, access.role))
    return RedirectResponse(f"/projects/{access.project.id}/runs/{run.number}/errors", status_code=303)


@router.get(f"{PAGE}/errors")
def errors(
    request: Request,
    session: DbSession,
    access: Reviewer,
    number: int,
    wanted: Wanted,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> Response:
    """List what a run gets wrong, the largest loss first."""
    run = runs.finished_run(session, access.project.id, number)
    return render(request, "reviews/errors.html", _errors_page(session, access, run, _opened(wanted), page))


@router.get(f"{PAGE}/cells/{{label_id}}/{{cell}}")
def cell_images(
    request: Request,
    session: DbSession,
    access: Reviewer,
    number: int,
    label_id: int,
    cell: CellKind,
    wanted: Wanted,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> Response:
    """Show the images behind one number of a label's 2x2 table."""
    run = runs.finished_run(session, access.project.id, number)
    query = replace(_opened(wanted), kind=ListKind.CELL, label=label_id, cell=cell)
    return render(request, "reviews/errors.html", _errors_page(session, access, run, query, page))


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
    listed = _listed(made)
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


def _opened(query: ListQuery) -> ListQuery:
    # What is judged from now on stays in the list: only then does every place keep its number.
    if query.reviewed is Reviewed.ANY or query.as_of is not None:
        return query
    return replace(query, as_of=datetime.now(UTC))


def _listed(made: ReviewList) -> Listed:
    named = {label.id: label for label in made.seen.labels}
    query = made.query
    return Listed(
        query=query,
        params=query.address(),
        label=named.get(query.label or 0),
        added=named.get(query.added or 0),
        total=len(made),
        n_reviewed=made.n_reviewed,
    )


def _position(made: ReviewList, position: int, item: str) -> int:
    if item:
        image_id, _dash, label_id = item.partition("-")
        found = made.find(int(image_id), int(label_id), position)
        if found is not None:
            return found
    return max(0, min(position, len(made) - 1))


def _errors_page(session: Session, access: Access, run: Run, query: ListQuery, page: int) -> ErrorsPage:
    made = review_lists.open_list(session, run, query)
    pages = max(1, -(-len(made) // PAGE_SIZE))
    page = min(page, pages)
    counted = review_lists.errors_by_label(made.seen)
    return ErrorsPage(
        project=access.project,
        role=access.role,
        run=run,
        listed=_listed(made),
        entries=review_lists.entries(session, made, range((page - 1) * PAGE_SIZE, page * PAGE_SIZE)),
        page=page,
        pages=pages,
        counts=review_lists.counts(made.seen, query.label),
        by_label=[(label, counted[label.id]) for label in made.seen.labels],
        split_counts=evidence.split_counts(session, run),
        seen_in_training=made.seen.seen_in_training,
    )
