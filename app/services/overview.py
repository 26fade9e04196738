"""What first pages tell: a card for each project; for one project what is done, what goes on and what is next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.domain.statuses import JobStatus, Role
from app.models import (
    Account,
    Annotation,
    Image,
    Import,
    Job,
    Label,
    LabelDefinition,
    Member,
    Project,
    Review,
    Run,
)
from app.services import images, jobs, labels, projects, readiness, runs
from app.services.labels import LabelCounts

MOSAIC_SIZE = 4
# What fits on the first page without scrolling past it.
ACTIVITY_LENGTH = 8
# A long day of one annotator; what is older than the last so many answers is not recent.
ANSWERS_LOOKED_AT = 2000
# A first model is worth looking at from here on: a fifth of the images, at most sixty.
FIRST_MODEL_SHARE, FIRST_MODEL_IMAGES = 0.2, 60


class Step(StrEnum):
    """A stop of the loop."""

    IMAGES = "images"
    LABELS = "labels"
    TAG = "tag"
    TRAIN = "train"
    REVIEW = "review"
    EXPORT = "export"


@dataclass(frozen=True)
class ProjectCard:
    """A project as the list of projects shows it."""

    project: Project
    role: Role
    total: int
    looked_at: int
    n_members: int
    n_runs: int
    latest: datetime
    thumbnails: list[str]


@dataclass(frozen=True)
class Activity:
    """Something that happened: `what` is answers, decisions, images, run or wording."""

    what: str
    who: str | None
    moment: datetime
    count: int = 0
    label: Label | None = None
    run: Run | None = None


@dataclass(frozen=True)
class Overview:
    """How a project stands."""

    counts: images.ImageCounts
    labels: list[Label]
    label_counts: dict[int, LabelCounts]
    run: Run | None
    open_run: Run | None
    n_runs: int
    newer_answers: int
    n_reviewed: int
    can_train: bool
    next_step: Step
    thumbnails: list[str]


def cards(session: Session, account: Account) -> list[ProjectCard]:
    """List an account's projects, the one where something happened last first."""
    reached = projects.projects_of(session, account)
    roles = {} if account.is_owner else _roles(session, account)
    looked_at, latest = _looked_at(session), _latest(session)
    totals = _per_project(session, Image.project_id, Image.excluded_at.is_(None))
    n_members = _per_project(session, Member.project_id)
    n_runs = _per_project(session, Run.project_id, Run.deleted_at.is_(None))
    found = [
        ProjectCard(
            project=project,
            role=roles.get(project.id, Role.LEAD),
            total=totals.get(project.id, 0),
            looked_at=looked_at.get(project.id, 0),
            n_members=n_members.get(project.id, 0),
            n_runs=n_runs.get(project.id, 0),
            latest=latest.get(project.id, project.created_at),
            thumbnails=_mosaic(session, project),
        )
        for project in reached
    ]
    return sorted(found, key=lambda card: card.latest, reverse=True)


def overview(session: Session, project: Project) -> Overview:
    """Tell how a project stands and what to do next."""
    counts, live = images.counts(session, project.id), labels.live_labels(session, project.id)
    run, ready = runs.latest_run(session, project.id), readiness.check(session, project)
    newer = _newer_answers(session, run) if run else 0
    reviewed = _reviewed(session, run) if run else 0
    return Overview(
        counts=counts,
        labels=live,
        label_counts=labels.label_counts(session, project.id),
        run=run,
        open_run=runs.open_run(session, project.id),
        n_runs=_per_project(session, Run.project_id, Run.project_id == project.id, Run.deleted_at.is_(None)).get(
            project.id, 0
        ),
        newer_answers=newer,
        n_reviewed=reviewed,
        can_train=not ready.refusals,
        next_step=next_step(
            counts,
            n_labels=len(live),
            can_train=not ready.refusals,
            has_run=run is not None,
            # Somebody has gone through its errors and put answers right: the next model learns from them.
            has_been_corrected=bool(reviewed and newer),
        ),
        thumbnails=_mosaic(session, project),
    )


def next_step(
    counts: images.ImageCounts, *, n_labels: int, can_train: bool, has_run: bool, has_been_corrected: bool = False
) -> Step:
    """Choose the stop of the loop that a project should go to now."""
    if not n_labels:
        return Step.LABELS
    if not counts.total:
        return Step.IMAGES
    if has_run:
        return Step.TRAIN if has_been_corrected and can_train else Step.REVIEW
    enough = counts.looked_at >= min(FIRST_MODEL_IMAGES, FIRST_MODEL_SHARE * counts.total)
    return Step.TRAIN if can_train and enough else Step.TAG


def open_jobs(session: Session, project: Project) -> list[Job]:
    """List what is waiting or running in a project."""
    return jobs.open_jobs(session, project.id)


def recent_activity(session: Session, project: Project) -> list[Activity]:
    """Tell what happened last in a project, newest first; one person's answers of one day are one entry."""
    found = [*_answers(session, project), *_imports(session, project), *_runs(session, project)]
    found += _wordings(session, project)
    return sorted(found, key=lambda entry: entry.moment, reverse=True)[:ACTIVITY_LENGTH]


def _per_project(session: Session, column: Any, *conditions: ColumnElement[bool]) -> dict[int, int]:
    rows = session.execute(select(column, func.count()).where(*conditions).group_by(column))
    return {row[0]: row[1] for row in rows}


def _roles(session: Session, account: Account) -> dict[int, Role]:
    rows = session.execute(select(Member.project_id, Member.role).where(Member.account_id == account.id))
    return {row.project_id: row.role for row in rows}


def _looked_at(session: Session) -> dict[int, int]:
    rows = session.execute(
        select(Image.project_id, func.count(Image.id.distinct()))
        .join(Annotation, Annotation.image_id == Image.id)
        .where(Annotation.superseded_at.is_(None), Image.excluded_at.is_(None))
        .group_by(Image.project_id)
    )
    return {row[0]: row[1] for row in rows}


def _latest(session: Session) -> dict[int, datetime]:
    found: dict[int, datetime] = {}
    for table in (Annotation, Import, Run):
        query = select(table.project_id, func.max(table.created_at)).group_by(table.project_id)
        for project_id, moment in session.execute(query):
            found[project_id] = max(moment, found.get(project_id, moment))
    return found


def _mosaic(session: Session, project: Project) -> list[str]:
    query = select(Image.id).where(Image.project_id == project.id, Image.excluded_at.is_(None))
    newest = session.scalars(query.order_by(Image.id.desc()).limit(MOSAIC_SIZE))
    return [images.image_urls(project.id, image_id).thumbnail for image_id in newest]


def _newer_answers(session: Session, run: Run) -> int:
    query = select(func.count(Annotation.image_id.distinct())).where(
        Annotation.project_id == run.project_id,
        Annotation.created_at > run.created_at,
        Annotation.superseded_at.is_(None),
    )
    return session.scalar(query) or 0


def _reviewed(session: Session, run: Run) -> int:
    query = select(func.count()).select_from(Review).where(Review.run_id == run.id, Review.undone_at.is_(None))
    return session.scalar(query) or 0


def _answers(session: Session, project: Project) -> list[Activity]:
    rows = session.execute(
        select(Annotation.created_at, Annotation.view, Annotation.account_id, Account.name, Annotation.image_id)
        .join(Account, Account.id == Annotation.account_id)
        .where(Annotation.project_id == project.id, Annotation.import_id.is_(None))
        .order_by(Annotation.created_at.desc())
        .limit(ANSWERS_LOOKED_AT)
    ).all()
    by_person = sorted(rows, key=lambda row: (row.created_at.date(), row.account_id, row.view.decides))
    found = []
    for (_day, _who, decides), group in groupby(
        by_person, key=lambda row: (row.created_at.date(), row.account_id, row.view.decides)
    ):
        members: Sequence[Any] = list(group)
        what, count = ("decisions", len(members)) if decides else ("answers", len({row.image_id for row in members}))
        found.append(Activity(what, members[0].name, max(row.created_at for row in members), count))
    return found


def _imports(session: Session, project: Project) -> list[Activity]:
    rows = session.execute(
        select(Import, Account.name)
        .outerjoin(Account, Account.id == Import.account_id)
        .where(Import.project_id == project.id, Import.accepted > 0)
        .order_by(Import.id.desc())
        .limit(ACTIVITY_LENGTH)
    ).all()
    return [Activity("images", row[1], row[0].created_at, row[0].accepted) for row in rows]


def _runs(session: Session, project: Project) -> list[Activity]:
    rows = session.execute(
        select(Run, Account.name, Job.finished_at)
        .join(Job, Job.id == Run.job_id)
        .outerjoin(Account, Account.id == Job.created_by_id)
        .where(Run.project_id == project.id, Run.deleted_at.is_(None), Job.status == JobStatus.SUCCEEDED)
        .order_by(Run.id.desc())
        .limit(ACTIVITY_LENGTH)
    ).all()
    return [Activity("run", row[1], row[2] or row[0].created_at, run=row[0]) for row in rows]


def _wordings(session: Session, project: Project) -> list[Activity]:
    rows = session.execute(
        select(LabelDefinition.created_at, Label, Account.name)
        .join(Label, Label.id == LabelDefinition.label_id)
        .outerjoin(Account, Account.id == LabelDefinition.author_id)
        .where(Label.project_id == project.id, Label.removed_at.is_(None), LabelDefinition.version > 1)
        .order_by(LabelDefinition.id.desc())
        .limit(ACTIVITY_LENGTH)
    ).all()
    return [Activity("wording", row[2], row[0], label=row[1]) for row in rows]
