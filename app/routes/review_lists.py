"""Lists of a run's errors and suspects, and the images behind a number."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BeforeValidator
from sqlalchemy.orm import Session

from app.deps import Access, DbSession, Reviewer
from app.domain.statuses import Direction, Role, Split
from app.models import Project, Run
from app.services import (
    blindness,
    comparisons,
    evidence,
    inspections,
    list_filters,
    review_lists,
    runs,
    slices,
    suspects,
)
from app.services.evidence import Basis, RunLabel
from app.services.inspections import State
from app.services.list_filters import Annotator
from app.services.list_queries import CellKind, ListKind, ListQuery, Reviewed
from app.services.review_lists import Counts, Entry, ReviewList
from app.services.slices import Dimension
from app.services.suspects import Estimate
from app.templating import render

router = APIRouter()
PAGE = "/projects/{project_id}/runs/{number}"
# Divides by two, three, four and six, so that most windows show full rows.
PAGE_SIZE = 48
# A form sends its choices along when nothing is chosen, too.
Chosen = Annotated[int | None, BeforeValidator(lambda given: given or None)]


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
    counts: Counts
    by_label: list[tuple[RunLabel, int]]
    split_counts: dict[Split, int]
    seen_in_training: int
    # Finished runs to compare with, newest first; only where two models are compared.
    others: list[Run]
    # How far the inspection is that the list rests on; None for lists that rest on none.
    inspection: State | None
    # How many training images another model had to judge; 0 before the inspection is complete.
    judged_anew: int
    estimates: list[Estimate]


@dataclass(frozen=True)
class NarrowFragment:
    """What reviews/_narrow.html shows: the query, and by what it can be narrowed."""

    project: Project
    run: Run
    q: ListQuery
    dimensions: list[Dimension]
    annotators: list[Annotator]


@dataclass(frozen=True)
class InspectionFragment:
    """What reviews/_inspection.html shows by itself."""

    project: Project
    run: Run
    inspection: State


@dataclass(frozen=True)
class NothingPage:
    """What reviews/nothing.html shows."""

    project: Project
    role: Role


def wanted_list(
    list: Annotated[ListKind, Query()] = ListKind.ERRORS,  # noqa: A002 - the query's name
    split: Annotated[Split | str | None, Query()] = None,
    at: Basis = Basis.TUNED,
    label: Chosen = None,
    direction: Direction | None = None,
    cell: CellKind | None = None,
    added: Chosen = None,
    other: Chosen = None,
    reviewed: Reviewed = Reviewed.ANY,
    slice: Annotated[str, Query(max_length=200)] = "",  # noqa: A002 - the query's name
    annotator: Chosen = None,
    asof: Annotated[int | None, Query(ge=0, le=4_102_444_800_000)] = None,
) -> ListQuery:
    """Read from the address which list is meant; a split that does not exist means all of them."""
    usual = None if list.whole else Split.VALIDATION
    known = usual if split is None else Split(split) if split in set(Split) else None
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
    """List what a run gets wrong, the largest loss first, or what else there is to judge."""
    run = runs.finished_run(session, access.project.id, number)
    query = _with_other(session, run, _opened(wanted))
    return render(request, "reviews/errors.html", _errors_page(session, access, run, query, page))


@router.get(f"{PAGE}/errors/narrow")
def narrow(request: Request, session: DbSession, access: Reviewer, number: int, wanted: Wanted) -> Response:
    """Give the form that narrows a list to a part of the collection or to one person's answers."""
    run = runs.finished_run(session, access.project.id, number)
    names = blindness.names_for(session, access.project, access.account, access.role)
    dimensions = slices.dimensions(session, run.project_id, names)
    people = list_filters.annotators(session, run.project_id, names)
    return render(request, "reviews/_narrow.html", NarrowFragment(access.project, run, wanted, dimensions, people))


@router.get(f"{PAGE}/inspection")
def inspection_state(request: Request, session: DbSession, access: Reviewer, number: int) -> Response:
    """Tell how far the search for doubtful answers is; htmx asks, and loads the page anew once it is over."""
    run = runs.finished_run(session, access.project.id, number)
    state = inspections.state(session, run)
    if not state.is_open:
        return Response(headers={"HX-Refresh": "true"})
    return render(request, "reviews/_inspection.html", InspectionFragment(access.project, run, state))


@router.post(f"{PAGE}/inspection")
def inspect(session: DbSession, access: Reviewer, number: int) -> Response:
    """Ask for the search for doubtful answers; while one goes on, it is not begun a second time."""
    run = runs.finished_run(session, access.project.id, number)
    inspections.request(session, run, account_id=access.account.id)
    address = f"/projects/{access.project.id}/runs/{number}/errors?list={ListKind.SUSPECTS}"
    return RedirectResponse(address, status_code=303)


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


def _opened(query: ListQuery) -> ListQuery:
    # What is judged from now on stays in the list: only then does every place keep its number.
    if query.reviewed is Reviewed.ANY or query.as_of is not None:
        return query
    return replace(query, as_of=datetime.now(UTC))


def _with_other(session: Session, run: Run, query: ListQuery) -> ListQuery:
    """Compare with the run before, or else with the newest, where no other is named."""
    if query.kind is not ListKind.DISAGREEMENT or query.other is not None:
        return query
    before, newest = comparisons.neighbours(session, run)
    other = before or newest
    return replace(query, other=None if other is None else other.number)


def listed_of(made: ReviewList) -> Listed:
    """Describe a list to its pages."""
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


def _errors_page(session: Session, access: Access, run: Run, query: ListQuery, page: int) -> ErrorsPage:
    made = review_lists.open_list(session, run, query)
    pages = max(1, -(-len(made) // PAGE_SIZE))
    page = min(page, pages)
    figures = inspections.figures(session, run) or {}
    is_of_two = query.kind is ListKind.DISAGREEMENT
    is_of_suspects = query.kind is ListKind.SUSPECTS
    return ErrorsPage(
        project=access.project,
        role=access.role,
        run=run,
        listed=listed_of(made),
        entries=review_lists.entries(session, made, range((page - 1) * PAGE_SIZE, page * PAGE_SIZE)),
        page=page,
        pages=pages,
        counts=made.counts,
        by_label=[(label, made.counts.by_label[label.id]) for label in made.seen.labels],
        split_counts=evidence.split_counts(session, run),
        seen_in_training=made.seen.seen_in_training,
        others=[each for each in comparisons.finished_runs(session, run.project_id) if is_of_two and each.id != run.id],
        inspection=inspections.state(session, run) if query.kind.inspected else None,
        judged_anew=figures.get("judged_anew", 0),
        estimates=suspects.estimates(session, run, made.seen.labels) if is_of_suspects else [],
    )
