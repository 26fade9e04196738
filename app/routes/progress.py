"""The lead's page on how far the tagging is: what is left, how quick, until when, by whom."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.responses import Response

from app.deps import DbSession, Lead
from app.domain.pace import PAUSE_SECONDS
from app.domain.statuses import Role
from app.domain.time_zones import name_of, zone_named
from app.formats.progress_csv import days_csv, labels_csv, people_csv
from app.i18n import gettext as _
from app.models import Label, Project
from app.services import tagging_days, tagging_progress
from app.services.paces import LATEST
from app.services.tagging_days import DayOfLabel, DayOfPerson
from app.services.tagging_progress import TaggingProgress
from app.templating import render

router = APIRouter(prefix="/projects/{project_id}/progress")
# More lines than there are hues cannot be told apart.
MOST_LINES = 12


@dataclass(frozen=True)
class ProgressPage:
    """What progress/page.html shows; its block `figures` comes anew every half minute."""

    project: Project
    role: Role
    progress: TaggingProgress
    pause_minutes: int = round(PAUSE_SECONDS / 60)
    latest: int = LATEST


@dataclass(frozen=True)
class CourseFragment:
    """What progress/course.html shows; the tables have a row for each day, and a column for each label."""

    project: Project
    zone: str
    days: list[tuple[date, int]]
    day_chart: dict[str, Any]
    labels: list[Label]
    label_rows: list[tuple[date, list[int]]]
    label_chart: dict[str, Any]
    left_out: int


@router.get("")
def page(request: Request, session: DbSession, access: Lead) -> Response:
    """Show how far the tagging is."""
    shown = ProgressPage(access.project, access.role, tagging_progress.progress(session, access.project))
    return render(request, "progress/page.html", shown)


@router.get("/figures")
def figures(request: Request, session: DbSession, access: Lead) -> Response:
    """Show what changes while people tag, for the page to look at every half minute."""
    shown = ProgressPage(access.project, access.role, tagging_progress.progress(session, access.project))
    return render(request, "progress/page.html", shown, block="figures")


@router.get("/course")
def course(request: Request, session: DbSession, access: Lead, x_time_zone: Annotated[str, Header()] = "") -> Response:
    """Draw what was answered day by day, as days go by where the reader is."""
    zone = zone_named(x_time_zone)
    by_person = tagging_days.by_person(session, access.project, zone)
    by_label = tagging_days.by_label(session, access.project, zone)
    days, labels = _per_day(by_person, zone), _most_found(by_label)
    table: dict[date, dict[int, int]] = defaultdict(dict)
    for each in by_label:
        table[each.day][each.label.id] = each.total
    fragment = CourseFragment(
        project=access.project,
        zone=name_of(zone),
        days=days,
        day_chart=day_chart(days),
        labels=labels,
        label_rows=[(day, [found[label.id] for label in labels]) for day, found in table.items()],
        label_chart=label_chart(by_label, labels),
        left_out=len({each.label.id for each in by_label}) - len(labels),
    )
    return render(request, "progress/course.html", fragment)


@router.get("/people.csv")
def people_table(session: DbSession, access: Lead) -> Response:
    """Give the people and their pace as a table."""
    found = tagging_progress.progress(session, access.project)
    return _table(people_csv(tagging_progress.to_rows(found.people)), "people.csv")


@router.get("/days.csv")
def days_table(session: DbSession, access: Lead, zone: str = "") -> Response:
    """Give the answers by day and person as a table."""
    days = tagging_days.by_person(session, access.project, zone_named(zone))
    return _table(days_csv(tagging_days.person_rows(days)), "days.csv")


@router.get("/labels.csv")
def labels_table(session: DbSession, access: Lead, zone: str = "") -> Response:
    """Give how often each label was found, day by day, as a table."""
    days = tagging_days.by_label(session, access.project, zone_named(zone))
    return _table(labels_csv(tagging_days.label_rows(days)), "labels.csv")


def day_chart(days: list[tuple[date, int]]) -> dict[str, Any]:
    """Describe the images answered on each day as bars."""
    return {
        "data": {"values": [{"day": day.isoformat(), "answers": answers} for day, answers in days]},
        "width": "container",
        "height": 160,
        "mark": {"type": "bar", "color": "token:accent"},
        "encoding": {
            "x": _by_day(),
            "y": {"field": "answers", "type": "quantitative", "title": _("Answers"), "axis": {"tickMinStep": 1}},
            "tooltip": [_day(), {"field": "answers", "title": _("Answers"), "format": ","}],
        },
    }


def label_chart(by_label: list[DayOfLabel], labels: list[Label]) -> dict[str, Any]:
    """Describe how often each label was found until each day, one line a label in its hue."""
    shown = {label.id for label in labels}
    values = [
        {"day": each.day.isoformat(), "label": each.label.name, "total": each.total, "found": each.found}
        for each in by_label
        if each.label.id in shown
    ]
    hues = {"domain": [label.name for label in labels], "range": [f"hue:{label.colour}" for label in labels]}
    legend = {"orient": "top", "title": None, "columns": 3, "labelLimit": 180}
    return {
        "data": {"values": values},
        "width": "container",
        "height": 240,
        "mark": {"type": "line", "strokeWidth": 2, "point": True},
        "encoding": {
            "x": {**_by_day(), "bandPosition": 0.5},
            "y": {"field": "total", "type": "quantitative", "title": _("Found in so many images")},
            "color": {"field": "label", "type": "nominal", "scale": hues, "legend": legend},
            "tooltip": [
                _day(),
                {"field": "label", "title": _("Label")},
                {"field": "found", "title": _("Found on that day"), "format": ","},
                {"field": "total", "title": _("Found until then"), "format": ","},
            ],
        },
    }


def _by_day() -> dict[str, Any]:
    # Days stand in the data by their dates alone; drawn in a zone, a bar could stand on the day before.
    return {
        "field": "day",
        "type": "temporal",
        "timeUnit": "utcyearmonthdate",
        "title": None,
        "axis": {"format": "%d %b"},
    }


def _day() -> dict[str, Any]:
    return {"field": "day", "title": _("Day"), "type": "temporal", "timeUnit": "utcyearmonthdate", "format": "%d %b %Y"}


def _per_day(by_person: list[DayOfPerson], zone: tzinfo) -> list[tuple[date, int]]:
    counted: dict[date, int] = dict.fromkeys(tagging_days.last_days(zone), 0)
    for each in by_person:
        # Midnight may have passed since they were counted.
        counted[each.day] = counted.get(each.day, 0) + each.answers
    return list(counted.items())


def _most_found(by_label: list[DayOfLabel]) -> list[Label]:
    """Choose the labels that a chart has room for, those found most often, in the order of the project."""
    last = {each.label.id: each for each in by_label}
    chosen = sorted(last.values(), key=lambda each: -each.total)[:MOST_LINES]
    return sorted((each.label for each in chosen), key=lambda label: label.position)


def _table(text: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)
