"""What was answered day by day: how many images, by whom, and how often each label was found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.statuses import Answer
from app.models import Account, Annotation, AnnotationAnswer, Label, Project
from app.models.types import now
from app.services.labels import live_labels
from app.services.paces import counting

# A month fits on a screen, bar by bar.
DAYS = 30


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


def by_person(session: Session, project: Project) -> list[DayOfPerson]:
    """Count the answers of the last days by day and person; days without any have no row."""
    found = []
    for day in last_days():
        begin, end = _span(day)
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


def by_label(session: Session, project: Project) -> list[DayOfLabel]:
    """Count how often each label was found in the last days, on top of what was found before."""
    days = last_days()
    labels = live_labels(session, project.id)
    totals = _found(session, project.id, None, _span(days[0])[0])
    rows = []
    for day in days:
        here = _found(session, project.id, *_span(day))
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


def last_days() -> Sequence[date]:
    """List the last days in UTC, today at the end."""
    today = now().date()
    return [today - timedelta(days=back) for back in reversed(range(DAYS))]


def _span(day: date) -> tuple[datetime, datetime]:
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return begin, begin + timedelta(days=1)


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
