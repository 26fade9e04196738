"""What was answered day by day: how many images, by whom, and how often each label was found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from threading import Lock
from time import monotonic
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.config import get_settings
from app.domain.statuses import Answer
from app.models import Account, Annotation, AnnotationAnswer, Label, Project
from app.models.types import now
from app.services.labels import live_labels
from app.services.paces import counting

# A month fits on a screen, bar by bar.
DAYS = 30
# What was found before that is as much as there are answers, and is counted this seldom.
LASTS_SECONDS = 600.0
MOST_KEPT = 64
_before: dict[tuple[str, int, datetime], tuple[float, dict[int, int]]] = {}
_lock = Lock()


@dataclass(frozen=True)
class DayOfPerson:
    """How many images one person answered on one day."""

    day: date
    who: str
    answers: int


@dataclass(frozen=True)
class DayOfLabel:
    """How often a label was answered with “present” on one day, and until the end of it."""

    day: date
    label: Label
    found: int
    total: int


def by_person(session: Session, project: Project, zone: tzinfo = UTC) -> list[DayOfPerson]:
    """Count the answers of the last days by day and person; days without any have no row."""
    found = []
    for day in last_days(zone):
        begin, end = _span(day, zone)
        rows = session.execute(
            select(Account.name, func.count(Annotation.id))
            .select_from(Annotation)
            .outerjoin(Account, Account.id == Annotation.account_id)
            .where(*counting(project.id), Annotation.created_at >= begin, Annotation.created_at < end)
            .group_by(Account.id, Account.name)
            .order_by(Account.name)
        )
        found += [DayOfPerson(day, name or "", count) for name, count in rows]
    return found


def by_label(session: Session, project: Project, zone: tzinfo = UTC) -> list[DayOfLabel]:
    """Count how often each label was found in the last days, on top of what was found before."""
    days = last_days(zone)
    labels = live_labels(session, project.id)
    totals = dict(_found_before(session, project.id, _span(days[0], zone)[0]))
    rows = []
    for day in days:
        here = _found(session, project.id, *_span(day, zone))
        for label in labels:
            totals[label.id] = totals.get(label.id, 0) + here.get(label.id, 0)
            rows.append(DayOfLabel(day, label, here.get(label.id, 0), totals[label.id]))
    return rows


def person_rows(days: list[DayOfPerson]) -> list[dict[str, Any]]:
    """Give the days of people as rows of a table."""
    return [{"day": each.day.isoformat(), "person": each.who, "answers": each.answers} for each in days]


def label_rows(days: list[DayOfLabel]) -> list[dict[str, Any]]:
    """Give the days of labels as rows of a table."""
    return [
        {"day": each.day.isoformat(), "label": each.label.name, "found": each.found, "found_until_then": each.total}
        for each in days
    ]


def last_days(zone: tzinfo = UTC) -> Sequence[date]:
    """List the last days in a zone, today at the end."""
    today = now().astimezone(zone).date()
    return [today - timedelta(days=back) for back in reversed(range(DAYS))]


def _span(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """Give when a day begins and ends; where clocks are put back or forward it has 25 hours, or 23."""
    midnights = (datetime.combine(each, time(), zone) for each in (day, day + timedelta(days=1)))
    begin, end = (midnight.astimezone(UTC) for midnight in midnights)
    return begin, end


def _found_before(session: Session, project_id: int, end: datetime) -> dict[int, int]:
    """Count how often each label was found until a moment long ago, once in a while: that hardly changes any more."""
    key = (get_settings().database, project_id, end)
    with _lock:
        known = _before.get(key)
    if known is None or monotonic() - known[0] > LASTS_SECONDS:
        known = (monotonic(), _found(session, project_id, None, end))
        with _lock:
            while len(_before) >= MOST_KEPT:
                del _before[next(iter(_before))]
            _before[key] = known
    return known[1]


def _found(session: Session, project_id: int, begin: datetime | None, end: datetime) -> dict[int, int]:
    query = (
        select(AnnotationAnswer.label_id, func.count())
        .join(Annotation, Annotation.id == AnnotationAnswer.annotation_id)
        .where(*counting(project_id), AnnotationAnswer.value == Answer.PRESENT, Annotation.created_at < end)
        .group_by(AnnotationAnswer.label_id)
    )
    if begin is not None:
        query = query.where(Annotation.created_at >= begin)
    return {row[0]: row[1] for row in session.execute(query)}
