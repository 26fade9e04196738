"""Two runs side by side: what got better, what got worse, which images flipped."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from app.deps import DbSession, Reviewer
from app.domain.comparison import Delta
from app.domain.statuses import Role
from app.errors import InvalidInputError
from app.i18n import gettext as _
from app.models import Project, Run
from app.services import comparisons, review_lists
from app.services.comparisons import Change, LabelChange, SideBySide, TruthChoice
from app.services.list_queries import ListKind, ListQuery
from app.services.review_lists import Entry
from app.templating import render

router = APIRouter()
# One row of small pictures for each label; the list behind them holds them all.
THUMBNAILS = 8


@dataclass(frozen=True)
class Figure:
    """One figure before and after, with what can be said of the change."""

    delta: Delta
    change: Change


@dataclass(frozen=True)
class Row:
    """One label's line of the comparison, and the first images that flipped."""

    label: LabelChange
    figures: list[Figure]
    fixed: list[Entry]
    broken: list[Entry]


@dataclass(frozen=True)
class ComparisonPage:
    """What comparisons/page.html shows; compared is None while there are not two runs to compare."""

    project: Project
    role: Role
    finished: list[Run]
    compared: SideBySide | None
    rows: list[Row]
    totals: list[tuple[str, Figure]]


@router.get("/projects/{project_id}/compare")
def compare_page(
    request: Request,
    session: DbSession,
    access: Reviewer,
    runs: Annotated[list[str] | None, Query()] = None,
    truth: TruthChoice = TruthChoice.TODAY,
) -> Response:
    """Show what changed from one run to another, the latest two unless others are named."""
    finished = comparisons.finished_runs(session, access.project.id)
    chosen = _chosen(runs, finished)
    if chosen is None:
        return render(
            request, "comparisons/page.html", ComparisonPage(access.project, access.role, finished, None, [], [])
        )
    made = comparisons.side_by_side(session, access.project.id, chosen, truth)
    totals = [
        (_("Macro-F1"), made.macro_f1),
        (_("Micro-F1"), made.micro_f1),
        (_("Mean average precision"), made.mean_average_precision),
    ]
    page = ComparisonPage(
        project=access.project,
        role=access.role,
        finished=finished,
        compared=made,
        rows=_rows(session, made),
        totals=[(name, _figure(delta)) for name, delta in totals],
    )
    return render(request, "comparisons/page.html", page)


def _chosen(given: list[str] | None, finished: list[Run]) -> tuple[int, int] | None:
    """Read the numbers, as 1,2 or one by one; the latest two where none are given."""
    numbers = [part.strip() for text in given or [] for part in text.split(",") if part.strip()]
    if not numbers:
        return (finished[1].number, finished[0].number) if len(finished) > 1 else None
    if len(numbers) != 2 or not all(number.isdecimal() and len(number) < 10 for number in numbers):
        raise InvalidInputError(_("Please choose exactly two runs to compare."))
    return int(numbers[0]), int(numbers[1])


def _rows(session: Session, made: SideBySide) -> list[Row]:
    fixed, broken = (_flipped(session, made, kind) for kind in (ListKind.FIXED, ListKind.BROKEN))
    rows = []
    for label in made.labels:
        deltas = (label.precision, label.recall, label.f1, label.average_precision)
        own = label.label.id
        rows.append(Row(label, [_figure(delta) for delta in deltas], fixed[own], broken[own]))
    return rows


def _flipped(session: Session, made: SideBySide, kind: ListKind) -> dict[int, list[Entry]]:
    listed = review_lists.open_list(session, made.after, ListQuery(kind=kind, other=made.before.number))
    return review_lists.first_of_each_label(session, listed, THUMBNAILS)


def _figure(delta: Delta) -> Figure:
    return Figure(delta, comparisons.change_of(delta))
