"""How far the tagging of a project is, who does it, how quick, and when it will be done."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, exists, func, select
from sqlalchemy.orm import Session

from app.domain.pace import Pace, days_left, hours_left
from app.models import Account, Annotation, Claim, ControlImage, Image, Member, Project, Skip
from app.models.types import now
from app.services import skipped_images
from app.services.paces import counting, paces

# The present pace of a team is that of its last week: every day of the week is in it once.
LATELY = timedelta(days=7)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Standing:
    """How many images are done, and how many answers are missing; one image may want several."""

    images: int
    waiting: int
    wanted: int
    missing: int

    @property
    def done(self) -> int:
        """Count the images that nobody needs to answer any more."""
        return self.images - self.waiting


@dataclass(frozen=True)
class Person:
    """What one person did; people of the past too, as long as their answers count."""

    account: Account
    # Images this person's answer counts for now; lately, those answered in the last week.
    answers: int
    lately: int
    pace: Pace
    skips: int
    seen: datetime | None
    # Images before this person at the moment.
    claims: int


@dataclass(frozen=True)
class Expectation:
    """When nothing will be missing, and what was taken for granted to say so; None where that cannot be said."""

    hours: float | None
    ends: datetime | None
    # The answers of the last week, or since the first answer where that is not so long ago.
    lately: int
    days: float


@dataclass(frozen=True)
class TaggingProgress:
    """How a project's tagging stands at a moment."""

    standing: Standing
    people: list[Person]
    team: Pace
    expectation: Expectation
    skipped: int
    flagged: int
    at: datetime

    @property
    def tagging_now(self) -> list[Person]:
        """List those who have images before them."""
        return [person for person in self.people if person.claims]


def progress(session: Session, project: Project) -> TaggingProgress:
    """Tell how a project's tagging stands."""
    standing = _standing(session, project.id)
    people = _people(session, project.id)
    team = sum((person.pace for person in people), Pace())
    set_aside = skipped_images.counts(session, project.id)
    return TaggingProgress(
        standing=standing,
        people=people,
        team=team,
        expectation=_expectation(session, project.id, standing, team),
        skipped=set_aside.skipped,
        flagged=set_aside.flagged,
        at=now(),
    )


def to_rows(people: list[Person]) -> list[dict[str, Any]]:
    """Give the people as rows of a table; None where a figure is unknown."""
    return [
        {
            "person": person.account.name,
            "answers": person.answers,
            "answers_last_7_days": person.lately,
            "answers_per_active_hour": None if person.pace.per_hour is None else round(person.pace.per_hour, 1),
            "skips": person.skips,
            "last_answer": person.seen.isoformat() if person.seen else None,
        }
        for person in people
    ]


def _standing(session: Session, project_id: int) -> Standing:
    row = session.execute(
        select(
            func.count(Image.id),
            func.sum(case((Image.needed > 0, 1), else_=0)),
            func.sum(Image.opinions),
            func.sum(Image.needed),
        ).where(Image.project_id == project_id, Image.excluded_at.is_(None))
    ).one()
    return Standing(*(int(each or 0) for each in row))


def _people(session: Session, project_id: int) -> list[Person]:
    answers = _by_account(session, _answers(project_id))
    lately = _by_account(session, _answers(project_id).where(Annotation.created_at >= now() - LATELY))
    skips = _by_account(session, _skips(project_id))
    claims = _by_account(
        session,
        select(Claim.account_id, func.count(), func.max(Claim.expires_at))
        .where(Claim.project_id == project_id, Claim.expires_at > now())
        .group_by(Claim.account_id),
    )
    members = set(session.scalars(select(Member.account_id).where(Member.project_id == project_id)))
    ids = members | answers.keys() | skips.keys() | claims.keys()
    measured = paces(session, project_id, answers.keys())
    nothing: tuple[int, datetime | None] = (0, None)
    found = [
        Person(
            account=account,
            answers=answers.get(account.id, nothing)[0],
            lately=lately.get(account.id, nothing)[0],
            pace=measured.get(account.id, Pace()),
            skips=skips.get(account.id, nothing)[0],
            seen=_later(answers.get(account.id, nothing)[1], skips.get(account.id, nothing)[1]),
            claims=claims.get(account.id, nothing)[0],
        )
        for account in session.scalars(select(Account).where(Account.id.in_(ids)).order_by(Account.name, Account.id))
    ]
    return sorted(found, key=lambda person: -person.answers)


def _answers(project_id: int) -> Select[Any, Any, Any]:
    return (
        select(Annotation.account_id, func.count(Annotation.id), func.max(Annotation.created_at))
        .where(*counting(project_id), Annotation.account_id.is_not(None))
        .group_by(Annotation.account_id)
    )


def _skips(project_id: int) -> Select[Any, Any, Any]:
    return (
        select(Skip.account_id, func.count(Skip.id), func.max(Skip.created_at))
        .where(*skipped_images.standing(project_id))
        .group_by(Skip.account_id)
    )


def _by_account(session: Session, query: Select[Any, Any, Any]) -> dict[int, tuple[int, datetime | None]]:
    found: dict[int, tuple[int, datetime | None]] = defaultdict(lambda: (0, None))
    for account_id, count, latest in session.execute(query):
        found[account_id] = (count, latest)
    return found


def _later(first: datetime | None, second: datetime | None) -> datetime | None:
    return max((each for each in (first, second) if each is not None), default=None)


def _expectation(session: Session, project_id: int, standing: Standing, team: Pace) -> Expectation:
    lately = _nearer_the_end(session, project_id)
    days = _days_of_work(session, project_id)
    left = days_left(standing.missing, lately, days)
    return Expectation(
        hours=hours_left(standing.missing, team),
        ends=None if left is None else now() + timedelta(days=left),
        lately=lately,
        days=days,
    )


def _nearer_the_end(session: Session, project_id: int) -> int:
    """Count the answers of the last week, those for control images left out: nothing was missing there."""
    query = select(func.count(Annotation.id)).where(*counting(project_id), Annotation.created_at >= now() - LATELY)
    return session.scalar(query.where(~exists().where(ControlImage.image_id == Annotation.image_id))) or 0


def _days_of_work(session: Session, project_id: int) -> float:
    """Tell how many days the answers of the last week were given in: seven, or fewer where the tagging is younger."""
    first = session.scalar(select(func.min(Annotation.created_at)).where(*counting(project_id)))
    since = now() - first if first is not None else LATELY
    # The first day counts whole: its pace is not that of the night after it.
    return min(max(since, DAY), LATELY) / DAY
