"""Many places of one label at once: a page of a list as a grid, exceptions taken out, the rest confirmed together."""

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from app.deps import DbSession, Reviewer
from app.domain.statuses import Role, Split
from app.models import Project, Run
from app.routes.review_lists import PAGE, PAGE_SIZE, Listed, Wanted, listed_of
from app.services import evidence, review_lists, review_progress, runs
from app.services.evidence import RunLabel
from app.services.list_queries import ListQuery
from app.services.review_lists import Entry, ReviewList
from app.services.review_progress import ReviewProgress
from app.templating import render

router = APIRouter()


@dataclass(frozen=True)
class GridPage:
    """What reviews/grid.html and its fragment show; `back` leads to the list itself."""

    project: Project
    role: Role
    run: Run
    listed: Listed
    entries: list[Entry]
    page: int
    pages: int
    by_label: list[tuple[RunLabel, int, str]]
    by_split: list[tuple[Split | None, str]]
    progress: ReviewProgress
    back: str
    verdict_url: str


@router.get(f"{PAGE}/errors/grid")
def grid(
    request: Request,
    session: DbSession,
    access: Reviewer,
    number: int,
    wanted: Wanted,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> Response:
    """Show a page of a list's places of one label; without a label named, of the first place's."""
    run = runs.finished_run(session, access.project.id, number)
    made = _of_one_label(session, run, wanted)
    pages = max(1, -(-len(made) // PAGE_SIZE))
    page = min(page, pages)
    root = f"/projects/{access.project.id}/runs/{number}/errors"
    splits = [*evidence.split_counts(session, run), None]
    shown = GridPage(
        project=access.project,
        role=access.role,
        run=run,
        listed=listed_of(made),
        entries=review_lists.entries(session, made, range((page - 1) * PAGE_SIZE, page * PAGE_SIZE)),
        page=page,
        pages=pages,
        by_label=[
            (label, made.counts.by_label[label.id], f"{root}/grid?{replace(made.query, label=label.id).address()}")
            for label in made.seen.labels
            if not made.query.kind.of_two_labels
        ],
        by_split=[(split, f"{root}/grid?{replace(made.query, split=split).address()}") for split in splits],
        progress=review_progress.measure(made),
        back=f"{root}?{made.query.address()}",
        verdict_url=f"/api/v1/projects/{access.project.id}/runs/{number}/verdicts",
    )
    return render(request, "reviews/grid.html", shown, block="grid" if "hx-request" in request.headers else None)


def _of_one_label(session: Session, run: Run, wanted: ListQuery) -> ReviewList:
    """Open a list of one label: of the one named, or else of the first place's."""
    made = review_lists.open_list(session, run, wanted)
    if wanted.label is not None or wanted.kind.of_two_labels:
        return made
    column = int(made.columns[0]) if len(made) else 0
    return review_lists.open_list(session, run, replace(wanted, label=made.seen.labels[column].id))
