"""The runs of a project as a table: filtered, sorted, a page at a time, and how they went on over time."""

from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from app.deps import DbSession, Reviewer
from app.domain.statuses import JobStatus, Recipe, Role
from app.formats.runs_csv import runs_csv
from app.i18n import gettext as _
from app.models import Project, Run
from app.services import new_runs, readiness, run_rows, runs
from app.services.readiness import Readiness
from app.services.run_rows import NEWEST_FIRST, PAGE_SIZE, RunLine, RunWishes
from app.services.setting_words import Setting, changes_of
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}")
Choice = TypeVar("Choice", Recipe, JobStatus)


@dataclass(frozen=True)
class RunsPage:
    """What runs/list.html shows."""

    project: Project
    role: Role
    open_run: Run | None
    readiness: Readiness
    is_lead: bool
    # The newest run where it was trained otherwise than the one button would, and in what.
    other: Run | None
    changes: list[Setting]
    wanted: RunWishes
    address: "Address"
    lines: list[RunLine]
    # All runs there are, and how many of them are found.
    total: int
    found: int
    page: int
    pages: int
    tags: list[str]
    n_measured: int
    by_time: dict[str, Any]
    by_images: dict[str, Any]


@dataclass(frozen=True)
class Address:
    """Write addresses of the table that differ from the present one in one respect."""

    root: str
    wanted: RunWishes

    def _with(self, **changed: str) -> str:
        wanted = self.wanted
        values = {
            "recipe": wanted.recipe or "",
            "state": wanted.status or "",
            "tag": wanted.tag,
            "text": wanted.text,
            "sort": "" if wanted.sort == NEWEST_FIRST else wanted.sort,
        }
        return urlencode({name: value for name, value in (values | changed).items() if value})

    def sorted_by(self, column: str) -> str:
        """Sort by a column; the other way round where it does so already."""
        now = self.wanted.sort
        return f"{self.root}/runs?{self._with(sort=column if now == f'-{column}' else f'-{column}')}#runs"

    def of_page(self, page: int) -> str:
        """Turn to a page."""
        return f"{self.root}/runs?{self._with(page=str(page))}#runs"

    def of_tag(self, tag: str) -> str:
        """Show only runs with a tag."""
        return f"{self.root}/runs?{self._with(tag=tag)}#runs"

    @property
    def csv(self) -> str:
        """Give the same runs as a file."""
        return f"{self.root}/runs.csv?{self._with()}"


def read_wishes(
    recipe: str = "",
    state: str = "",
    tag: Annotated[str, Query(max_length=40)] = "",
    text: Annotated[str, Query(max_length=200)] = "",
    sort: Annotated[str, Query(max_length=20)] = NEWEST_FIRST,
) -> RunWishes:
    """Read from an address which runs to show; what makes no sense is passed over."""
    known = sort.removeprefix("-") in run_rows.COLUMNS
    return RunWishes(
        _one_of(Recipe, recipe), _one_of(JobStatus, state), tag.strip(), text.strip(), sort if known else NEWEST_FIRST
    )


Wishes = Annotated[RunWishes, Depends(read_wishes)]


@router.get("/runs")
def list_page(request: Request, session: DbSession, access: Reviewer, wanted: Wishes, page: int = 1) -> Response:
    """List the runs and offer the one button."""
    project = access.project
    every = run_rows.lines(session, project.id)
    found = run_rows.chosen(every, wanted)
    measured = run_rows.course(every)
    pages = max(1, -(-len(found) // PAGE_SIZE))
    other = new_runs.unlike_the_button(session, project.id)
    page = min(max(1, page), pages)
    shown = RunsPage(
        project=project,
        role=access.role,
        open_run=runs.open_run(session, project.id),
        readiness=readiness.check(session, project),
        is_lead=access.is_at_least(Role.LEAD),
        other=other,
        changes=changes_of(other.recipe, other.config) if other else [],
        wanted=wanted,
        address=Address(f"/projects/{project.id}", wanted),
        lines=found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE],
        total=len(every),
        found=len(found),
        page=page,
        pages=pages,
        tags=run_rows.tags_of(every),
        n_measured=len(measured),
        by_time=course_chart(measured, "time"),
        by_images=course_chart(measured, "images"),
    )
    return render(request, "runs/list.html", shown)


@router.get("/runs.csv")
def csv_file(session: DbSession, access: Reviewer, wanted: Wishes) -> Response:
    """Give the runs that are found as a table for a spreadsheet."""
    found = run_rows.chosen(run_rows.lines(session, access.project.id), wanted)
    headers = {"Content-Disposition": 'attachment; filename="runs.csv"'}
    return Response(runs_csv(run_rows.to_rows(found)), media_type="text/csv; charset=utf-8", headers=headers)


def course_chart(measured: list[RunLine], across: str) -> dict[str, Any]:
    """Describe for Vega-Lite how both figures went, over time or against the images that were annotated."""
    names = [_("Mean average precision"), _("Macro-F1")]
    values = [
        {"measure": name, "value": value, **_facts(line)}
        for name, pick in zip(names, ("mean_average_precision", "macro_f1"), strict=True)
        for line in measured
        if (value := getattr(line, pick)) is not None and (across == "time" or line.n_images is not None)
    ]
    legend = {"orient": "top", "title": None, "columns": 1}
    shared = {"field": "measure", "type": "nominal", "legend": legend}
    encoding = {
        "x": _across(across),
        "y": {"field": "value", "type": "quantitative", "title": None, "scale": {"domain": [0, 1]}},
        "color": {**shared, "scale": {"domain": names, "range": ["token:accent", "hue:vermilion"]}},
    }
    shape = {**shared, "scale": {"domain": names, "range": ["square", "circle"]}}
    points = {
        "mark": {"type": "point", "filled": True, "size": 50, "opacity": 1},
        "encoding": {"shape": shape, "tooltip": _tooltip()},
    }
    # Over time a line shows the way; against the images, runs go to and fro.
    line = {"mark": {"type": "line", "strokeWidth": 1.5}}
    return {
        "data": {"values": values},
        "width": "container",
        "height": 220,
        "encoding": encoding,
        "layer": [line, points] if across == "time" else [points],
    }


def _across(across: str) -> dict[str, Any]:
    if across == "time":
        axis: dict[str, Any] = {"labelOverlap": True, "labelFlush": True, "tickCount": 6}
        return {"field": "when", "type": "temporal", "title": _("When the run began"), "axis": axis}
    axis = {"tickMinStep": 1, "tickCount": 6, "format": "d"}
    title = _("Annotated images when the run began")
    return {"field": "images", "type": "quantitative", "title": title, "scale": {"zero": False}, "axis": axis}


def _tooltip() -> list[dict[str, str]]:
    named = (("run", _("Run")), ("recipe", _("Recipe")), ("images", _("Annotated images")), ("measure", _("Figure")))
    plain = [{"field": name, "title": title} for name, title in named]
    return [*plain, {"field": "value", "title": _("Value"), "format": ".3f"}]


def _facts(line: RunLine) -> dict[str, Any]:
    moment = line.created_at.isoformat(timespec="seconds")
    return {"run": line.number, "recipe": line.recipe.value, "when": moment, "images": line.n_images}


def _one_of(kind: type[Choice], value: str) -> Choice | None:
    return kind(value) if value in set(kind) else None
