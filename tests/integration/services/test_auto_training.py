"""Runs that start by themselves: when they are due, when not, and never two at once."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import Answer, JobStatus, Recipe, View
from app.models import Annotation, Image, Job, Label, Project, Run
from app.models.types import now
from app.services import annotations, auto_training, desk_settings, run_rows, runs
from tests.factories import AccountFactory
from tests.integration.trainable import make_project


@pytest.fixture
def project(session: Session, tmp_path: Path, sent: list[tuple[str, int]]) -> Project:
    """Twelve images that can be learned from, answered a minute ago; a run shall start after ten."""
    made = make_project(session, tmp_path / "pictures", tagged=0, untagged=20)
    person = AccountFactory.create(session=session)
    images = session.scalars(select(Image).where(Image.project_id == made.id).order_by(Image.id)).all()
    labels = session.scalars(select(Label.id).where(Label.project_id == made.id)).all()
    for place, image in enumerate(images[:12]):
        value = (Answer.PRESENT, Answer.ABSENT)[place % 2]
        annotations.submit(
            session,
            project=made,
            image_id=image.id,
            account=person,
            answers=dict.fromkeys(labels, value),
            view=View.ANNOTATE,
        )
    session.execute(update(Annotation).values(created_at=now() - timedelta(minutes=1)))
    desk_settings.change(session, made, {"train_after": 10})
    session.commit()
    return made


def look(watch: auto_training.Watch | None = None) -> list[int]:
    return (watch or auto_training.Watch()).look()


def settings(project: Project, **values: object) -> None:
    with session_scope() as session:
        desk_settings.change(session, session.get_one(Project, project.id), values)


def end(run_id: int, status: JobStatus = JobStatus.SUCCEEDED) -> None:
    """Let a run's job be over, as if it had begun just now."""
    with session_scope() as session:
        job = session.get_one(Job, session.get_one(Run, run_id).job_id)
        job.status, job.started_at, job.finished_at = status, now(), now()


def answer(project: Project, count: int, *, ago: timedelta = timedelta(minutes=1), **more: object) -> None:
    """Let somebody answer for so many images, all at that moment."""
    with session_scope() as session:
        here = session.get_one(Project, project.id)
        person = AccountFactory.create(session=session)
        labels = session.scalars(select(Label.id).where(Label.project_id == project.id)).all()
        newest = select(Image.id).where(Image.project_id == project.id).order_by(Image.id.desc()).limit(count)
        for image_id in session.scalars(newest).all():
            given = {"view": View.ANNOTATE, "answers": dict.fromkeys(labels, Answer.ABSENT)} | more
            made = annotations.submit(session, project=here, image_id=image_id, account=person, **given)  # type: ignore[arg-type]
            made.created_at = now() - ago


def count_runs() -> int:
    with session_scope(writes=False) as session:
        return session.scalar(select(func.count()).select_from(Run)) or 0


def test_a_quick_run_starts_when_enough_is_answered_and_says_so(project: Project, sent: list[tuple[str, int]]) -> None:
    (run_id,) = look()
    with session_scope(writes=False) as session:
        run = runs.get_run(session, project.id, 1)
        assert (run.id, run.recipe, run.job.created_by_id) == (run_id, Recipe.QUICK, None)
        assert runs.started_by(session, run) == "by itself, after 12 new answers"
        assert run_rows.lines(session, project.id)[0].who == "by itself, after 12 new answers"
    assert sent == [("loupe.train", run.job_id)]


def test_it_is_off_unless_a_lead_asked_for_it(project: Project) -> None:
    settings(project, train_after=None)
    assert look() == []


def test_too_few_answers_start_nothing(project: Project) -> None:
    settings(project, train_after=13)
    assert look() == []


def test_it_waits_until_people_pause(project: Project) -> None:
    with session_scope() as session:
        session.execute(update(Annotation).values(created_at=now() - timedelta(seconds=15)))
    assert look() == []
    with session_scope() as session:
        session.execute(update(Annotation).values(created_at=now() - timedelta(seconds=21)))
    assert len(look()) == 1


def test_where_nobody_pauses_it_starts_at_half_as_many_again(project: Project) -> None:
    answer(project, 2, ago=timedelta())
    assert look() == []
    answer(project, 1, ago=timedelta())
    assert len(look()) == 1


def test_never_in_the_middle_of_another_run(project: Project) -> None:
    with session_scope() as session:
        runs.start_run(session, session.get_one(Project, project.id), recipe=Recipe.FINETUNE, account=None)
    assert look() == []
    assert count_runs() == 1


@pytest.mark.parametrize("status", [JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED])
def test_whatever_became_of_a_run_the_next_needs_as_many_new_answers(project: Project, status: JobStatus) -> None:
    (first,) = look()
    end(first, status)
    assert look() == []
    with session_scope() as session:
        session.execute(update(Job).values(started_at=now() - timedelta(minutes=2)))
        session.execute(update(Annotation).values(created_at=now() - timedelta(minutes=3)))
    answer(project, 9)
    assert look() == []
    answer(project, 1)
    assert len(look()) == 1


def test_one_label_answers_decisions_and_tables_do_not_count(project: Project) -> None:
    settings(project, train_after=14)
    answer(project, 3, whole=False)
    answer(project, 4, view=View.IMPORT)
    answer(project, 4, view=View.REVIEW)
    assert look() == []
    answer(project, 2)
    assert len(look()) == 1


def test_where_nothing_can_be_learned_it_says_why_and_does_not_try_every_few_seconds(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with session_scope() as session:
        session.execute(update(Label).values(removed_at=now()))
    watch = auto_training.Watch()
    assert look(watch) == []
    with session_scope() as session:
        here = session.get_one(Project, project.id)
        told = auto_training.explained(session, here, desk_settings.settings_of(session, here))
        assert told is not None
        assert "no labels" in told.refusals[0]
        session.execute(update(Label).values(removed_at=None))
    assert look(watch) == []
    monkeypatch.setattr(auto_training, "LOOK_AGAIN", timedelta())
    assert len(look(watch)) == 1


def test_of_several_processes_that_look_at_once_one_starts_the_run(
    project: Project, sent: list[tuple[str, int]]
) -> None:
    together = threading.Barrier(4)
    started: list[int] = []

    def process() -> None:
        together.wait()
        started.extend(look())

    threads = [threading.Thread(target=process) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(started), len(sent), count_runs()) == (1, 1, 1)


def test_how_far_it_is_is_told(project: Project) -> None:
    with session_scope() as session:
        here = session.get_one(Project, project.id)
        kept = desk_settings.settings_of(session, here)
        told = auto_training.explained(session, here, kept)
        assert told is not None
        assert (told.new, told.after, told.refusals, told.open_run, told.is_due) == (12, 10, (), None, True)
        desk_settings.change(session, here, {"train_after": None})
        assert auto_training.explained(session, here, kept) is None
