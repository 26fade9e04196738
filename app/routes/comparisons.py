"""Runs side by side: what got better, what got worse, which images flipped."""

from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.orm import Session

from app.deps import Access, DbSession, Reviewer
from app.domain.change_split import ChangeSplit, Effect
from app.domain.comparison import Delta
from app.domain.statuses import Role
from app.errors import ConflictError, InvalidInputError
from app.formats.comparison_csv import comparison_csv
from app.i18n import gettext as _
from app.models import Project, Run
from app.services import comparison_records, comparisons, review_lists, run_tables
from app.services.comparisons import Change, LabelChange, SideBySide, TruthChoice
from app.services.list_queries import ListKind, ListQuery
from app.services.review_lists import Entry
from app.services.run_tables import RunTable
from app.templating import render

router = APIRouter()
# One row of small pictures for each label; the list behind them holds them all.
THUMBNAILS = 8
Chosen = Annotated[list[str] | None, Query()]


@dataclass(frozen=True)
class Figure:
    """One figure before and after, or a part of a change, with what can be said of it."""

    delta: Delta | Effect
    change: Change


@dataclass(frozen=True)
class Row:
    """One label's line of the comparison, and the first images that flipped."""

    label: LabelChange
    figures: list[Figure]
    effects: list[Figure]
    fixed: list[Entry]
    broken: list[Entry]


@dataclass(frozen=True)
class ComparisonPage:
    """What comparisons/page.html shows: two runs, or several, or neither where `trouble` or too few runs forbid it."""

    project: Project
    role: Role
    finished: list[Run]
    chosen: list[int]
    truth: TruthChoice
    trouble: str = ""
    compared: SideBySide | None = None
    several: RunTable | None = None
    rows: list[Row] = field(default_factory=list)
    totals: list[tuple[str, Figure]] = field(default_factory=list)
    effects: list[Figure] = field(default_factory=list)
    # Of several runs: per label, and then for the averages, the figures of each run against the first.
    lines: list[tuple[str, list[Figure]]] = field(default_factory=list)
    measure: str = "f1"


@router.get("/projects/{project_id}/compare")
def compare_page(
    request: Request,
    session: DbSession,
    access: Reviewer,
    runs: Chosen = None,
    truth: TruthChoice = TruthChoice.TODAY,
    figure: str = "f1",
    *,
    untouched: bool = False,
) -> Response:
    """Show what changed from one run to another, or to several; the latest two unless others are named."""
    finished = comparisons.finished_runs(session, access.project.id)
    numbers = _chosen(runs, finished)
    page = ComparisonPage(access.project, access.role, finished, numbers, truth)
    if numbers:
        page = _filled(session, page, untouched=untouched, measure=figure)
    return render(request, "comparisons/page.html", page)


@router.get("/projects/{project_id}/compare.csv")
def csv_file(
    session: DbSession,
    access: Reviewer,
    runs: Chosen = None,
    truth: TruthChoice = TruthChoice.TODAY,
    *,
    untouched: bool = False,
) -> Response:
    """Give every change with its interval as a table."""
    record = _record(session, access, runs, truth, untouched=untouched)
    text = comparison_csv(comparison_records.rows(record))
    return Response(text, media_type="text/csv; charset=utf-8", headers=_attachment(record["runs"], "csv"))


@router.get("/api/v1/projects/{project_id}/compare")
def json_file(
    session: DbSession,
    access: Reviewer,
    runs: Chosen = None,
    truth: TruthChoice = TruthChoice.TODAY,
    *,
    untouched: bool = False,
) -> Response:
    """Give a comparison as JSON."""
    record = _record(session, access, runs, truth, untouched=untouched)
    return JSONResponse({"project": access.project.name, **record}, headers=_attachment(record["runs"], "json"))


def _chosen(given: list[str] | None, finished: list[Run]) -> list[int]:
    """Read the numbers, as 1,2,3 or one by one; the latest two where none are given, none where there are not two."""
    numbers = [part.strip() for text in given or [] for part in text.split(",") if part.strip()]
    if not numbers:
        return [finished[1].number, finished[0].number] if len(finished) > 1 else []
    if not all(number.isdecimal() and len(number) < 10 for number in numbers):
        raise InvalidInputError(_("Please choose the runs to compare."))
    distinct = list(dict.fromkeys(int(number) for number in numbers))
    if len(distinct) < 2:
        raise InvalidInputError(_("Please choose two different runs to compare."))
    # Of two the older one comes first; of several the one that was named first is what the others are measured against.
    return sorted(distinct) if len(distinct) == 2 else distinct


def _record(
    session: Session, access: Access, given: list[str] | None, truth: TruthChoice, *, untouched: bool
) -> dict[str, Any]:
    numbers = _chosen(given, comparisons.finished_runs(session, access.project.id))
    if not numbers:
        raise ConflictError(_("There are not two finished runs to compare yet."))
    if len(numbers) > 2:
        return comparison_records.of_table(run_tables.table(session, access.project.id, numbers, truth))
    pair = (numbers[0], numbers[1])
    made = comparisons.side_by_side(session, access.project.id, pair, truth, untouched=untouched)
    return comparison_records.of_pair(made)


def _filled(session: Session, page: ComparisonPage, *, untouched: bool, measure: str) -> ComparisonPage:
    """Compare what was chosen; where the runs have nothing in common, say so on a page that lets others be chosen."""
    project_id = page.project.id
    try:
        if len(page.chosen) > 2:
            return _with_several(page, run_tables.table(session, project_id, page.chosen, page.truth), measure)
        pair = (page.chosen[0], page.chosen[1])
        made = comparisons.side_by_side(session, project_id, pair, page.truth, untouched=untouched)
    except ConflictError as refusal:
        return replace(page, trouble=refusal.sentence)
    return replace(page, compared=made, rows=_rows(session, made), totals=_totals(made), effects=_effects(made.split))


def _with_several(page: ComparisonPage, made: RunTable, measure: str) -> ComparisonPage:
    name = measure if measure in comparison_records.FIGURES else "f1"
    lines = [
        (label.name, [_figure(getattr(column, name)[place]) for column in made.columns])
        for place, label in enumerate(made.labels)
    ]
    names = {
        "macro_f1": _("Macro-F1"),
        "micro_f1": _("Micro-F1"),
        "mean_average_precision": _("Mean average precision"),
    }
    lines += [(text, [_figure(getattr(column, key)) for column in made.columns]) for key, text in names.items()]
    return replace(page, several=made, lines=lines, measure=name)


def _totals(made: SideBySide) -> list[tuple[str, Figure]]:
    totals = [
        (_("Macro-F1"), made.macro_f1),
        (_("Micro-F1"), made.micro_f1),
        (_("Mean average precision"), made.mean_average_precision),
    ]
    return [(name, _figure(delta)) for name, delta in totals]


def _rows(session: Session, made: SideBySide) -> list[Row]:
    fixed, broken = (_flipped(session, made, kind) for kind in (ListKind.FIXED, ListKind.BROKEN))
    rows = []
    for label in made.labels:
        deltas = (label.precision, label.recall, label.f1, label.average_precision)
        own = label.label.id
        figures = [_figure(delta) for delta in deltas]
        rows.append(Row(label, figures, _effects(label.split), fixed[own], broken[own]))
    return rows


def _effects(split: ChangeSplit) -> list[Figure]:
    return [_figure(effect) for effect in (split.model, split.relabelling, split.both, split.total)]


def _flipped(session: Session, made: SideBySide, kind: ListKind) -> dict[int, list[Entry]]:
    listed = review_lists.open_list(session, made.after, ListQuery(kind=kind, other=made.before.number))
    return review_lists.first_of_each_label(session, listed, THUMBNAILS)


def _figure(delta: Delta | Effect) -> Figure:
    return Figure(delta, comparisons.change_of(delta))


def _attachment(numbers: list[int], ending: str) -> dict[str, str]:
    name = f"runs-{'-'.join(str(number) for number in numbers)}.{ending}"
    return {"Content-Disposition": f'attachment; filename="{name}"'}
