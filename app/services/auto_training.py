"""Training that starts by itself once enough images were answered, where a lead asked for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import Recipe, View
from app.errors import InvalidInputError
from app.models import Annotation, DeskSettings, Job, Project, Run
from app.models.types import now
from app.services import jobs, readiness, runs
from app.services.runs import AFTER_ANSWERS

# Whoever pauses so long has come to an end, or looks something up: a run that starts now has all of it.
PAUSE = timedelta(seconds=20)
# Where nobody pauses, it starts all the same.
OVERDUE = 1.5
# What cannot be learned yet will hardly be learnable after the next few answers.
LOOK_AGAIN = timedelta(minutes=5)
# What a table brought in is no work of the moment; whoever imports it starts a run when it is complete.
COUNTED = (View.ANNOTATE, View.GRID)


@dataclass(frozen=True)
class Standing:
    """How far a project is from its next run that starts by itself."""

    after: int
    # Images that people answered since the last run began.
    new: int
    latest: datetime | None
    open_run: Run | None
    # What keeps it from starting although there are enough.
    refusals: tuple[str, ...] = ()

    @property
    def is_due(self) -> bool:
        """Tell whether it shall start now."""
        if self.open_run is not None or self.latest is None or self.new < self.after:
            return False
        return now() - self.latest >= PAUSE or self.new >= OVERDUE * self.after


def standing(session: Session, project_id: int, settings: DeskSettings) -> Standing | None:
    """Tell how far a project is from its next run; None where none starts by itself."""
    if settings.train_after is None:
        return None
    new, latest = _new_answers(session, project_id)
    return Standing(settings.train_after, new, latest, runs.open_run(session, project_id))


def explained(session: Session, project: Project, settings: DeskSettings) -> Standing | None:
    """Tell how far a project is, and what keeps a run from starting that has its answers together."""
    found = standing(session, project.id, settings)
    if found is None or found.open_run is not None or found.new < found.after:
        return found
    refusals = readiness.check(session, project).refusals
    return Standing(found.after, found.new, found.latest, found.open_run, refusals)


class Watch:
    """Looks again and again whether a run is due; remembers where nothing could be learned."""

    def __init__(self) -> None:
        self._refused: dict[int, datetime] = {}

    def look(self) -> list[int]:
        """Start the runs that are due; gives their ids. Safe to run in several processes at once."""
        with session_scope(writes=False) as session:
            due = [each for each in _due(session) if now() - self._refused.get(each, _LONG_AGO) >= LOOK_AGAIN]
        return [run_id for project_id in due if (run_id := self._start(project_id)) is not None]

    def _start(self, project_id: int) -> int | None:
        with session_scope() as session:
            # Of two processes the second waits here, and then finds the run of the first.
            project = session.get(Project, project_id, with_for_update=True)
            settings = session.get(DeskSettings, project_id)
            found = standing(session, project_id, settings) if project and settings else None
            if project is None or found is None or not found.is_due:
                return None
            try:
                run = runs.start_run(session, project, recipe=Recipe.QUICK, account=None)
            except InvalidInputError:
                self._refused[project_id] = now()
                return None
            job = jobs.get_job(session, run.job_id)
            job.params = job.params | {AFTER_ANSWERS: found.new}
            return run.id


_LONG_AGO = datetime.min.replace(tzinfo=now().tzinfo)


def _due(session: Session) -> list[int]:
    asked = session.scalars(select(DeskSettings).where(DeskSettings.train_after.is_not(None))).all()
    found = {settings.project_id: standing(session, settings.project_id, settings) for settings in asked}
    return [project_id for project_id, each in found.items() if each is not None and each.is_due]


def _new_answers(session: Session, project_id: int) -> tuple[int, datetime | None]:
    """Count the images answered since the last run began, whatever became of it, and tell when the last one was."""
    began = func.coalesce(Job.started_at, Run.created_at)
    since = session.scalar(select(func.max(began)).select_from(Run).join(Run.job).where(Run.project_id == project_id))
    query = select(func.count(Annotation.id), func.max(Annotation.created_at)).where(
        Annotation.project_id == project_id,
        Annotation.superseded_at.is_(None),
        Annotation.whole,
        Annotation.view.in_(COUNTED),
    )
    if since is not None:
        query = query.where(Annotation.created_at > since)
    count, latest = session.execute(query).one()
    return count, latest
