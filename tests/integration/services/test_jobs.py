"""The life of a job, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobKind, JobStatus
from app.models import Job
from app.models.types import now
from app.services import jobs
from tests.factories import AccountFactory, ProjectFactory


@pytest.fixture
def job(session: Session, sent: list[tuple[str, int]]) -> Job:
    project = ProjectFactory.create(session=session)
    made = jobs.create_job(session, JobKind.TRAIN, project_id=project.id)
    session.commit()
    return made


def test_a_task_is_sent_only_after_the_commit(session: Session, sent: list[tuple[str, int]]) -> None:
    project = ProjectFactory.create(session=session)
    made = jobs.create_job(session, JobKind.TRAIN, project_id=project.id)
    assert sent == []
    session.commit()
    assert sent == [("loupe.train", made.id)]


def test_a_rollback_forgets_the_task(session: Session, sent: list[tuple[str, int]]) -> None:
    project = ProjectFactory.create(session=session)
    jobs.create_job(session, JobKind.TRAIN, project_id=project.id)
    session.rollback()
    session.commit()
    assert sent == []


def test_of_two_deliveries_one_gets_the_job(job: Job) -> None:
    with session_scope() as one:
        first = jobs.claim(one, job.id, "a")
    with session_scope() as two:
        second = jobs.claim(two, job.id, "b")
    assert first is not None
    assert second is None


def test_a_late_message_does_not_start_a_job_of_another_kind_that_has_the_same_number(job: Job) -> None:
    with session_scope() as opened:
        assert jobs.claim(opened, job.id, "a", JobKind.IMPORT) is None
        assert jobs.claim(opened, job.id, "a", JobKind.TRAIN) is not None


def test_an_attempt_that_lost_the_job_cannot_end_it(job: Job) -> None:
    with session_scope() as opened:
        held = jobs.claim(opened, job.id, "a")
        assert held is not None
    with session_scope() as opened:
        opened.get_one(Job, job.id).status = JobStatus.FAILED
    with session_scope() as opened:
        assert not jobs.finish(opened, held, JobStatus.SUCCEEDED)
        assert opened.get_one(Job, job.id).status == JobStatus.FAILED


def test_a_silent_prediction_is_ended_as_failed_with_a_cause(job: Job) -> None:
    with session_scope() as opened:
        opened.get_one(Job, job.id).kind = JobKind.PREDICT
        jobs.claim(opened, job.id, "a")
        opened.get_one(Job, job.id).heartbeat_at = now() - timedelta(minutes=1)
    jobs.sweep()
    with session_scope() as opened:
        kept = opened.get_one(Job, job.id)
        assert kept.status == JobStatus.FAILED
        assert "worker stopped" in kept.error


def test_a_silent_import_is_queued_and_sent_again(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    project = ProjectFactory.create(session=session)
    made = jobs.create_job(session, JobKind.IMPORT, project_id=project.id)
    session.commit()
    resent: list[tuple[str, int]] = []
    monkeypatch.setattr(jobs, "send", lambda task, job_id: resent.append((task, job_id)))
    with session_scope() as opened:
        jobs.claim(opened, made.id, "a")
        opened.get_one(Job, made.id).heartbeat_at = now() - timedelta(minutes=1)
    jobs.sweep()
    assert resent == [("loupe.import", made.id)]


def test_cancelling_a_waiting_job_ends_it_at_once_and_a_running_one_when_it_looks(job: Job) -> None:
    with session_scope() as opened:
        held = jobs.claim(opened, job.id, "a")
        assert held is not None
    with session_scope() as opened:
        jobs.request_cancel(opened, opened.get_one(Job, job.id))
    with session_scope() as opened:
        assert jobs.cancel_requested(opened, held)
        assert opened.get_one(Job, job.id).status == JobStatus.RUNNING


def test_the_time_left_is_reckoned_from_the_pace_of_the_stage(job: Job) -> None:
    with session_scope() as opened:
        held = jobs.claim(opened, job.id, "a")
        assert held is not None
        jobs.report(opened, held, stage="first", done=9, total=10)
        opened.get_one(Job, job.id).stage_started_at = now() - timedelta(hours=1)
    with session_scope() as opened:
        jobs.report(opened, held, stage="second", done=0, total=100)
    with session_scope() as opened:
        assert jobs.seconds_left(opened.get_one(Job, job.id)) is None
        opened.get_one(Job, job.id).stage_started_at = now() - timedelta(seconds=30)
    with session_scope() as opened:
        jobs.report(opened, held, stage="second", done=25, total=100)
    with session_scope() as opened:
        left = jobs.seconds_left(opened.get_one(Job, job.id))
    assert left is not None
    assert 85 < left < 120


def test_the_latest_work_comes_first_with_the_name_of_who_asked(session: Session, sent: list[tuple[str, int]]) -> None:
    project = ProjectFactory.create(session=session)
    account = AccountFactory.create(session=session, name="Ada")
    jobs.create_job(session, JobKind.IMPORT, project_id=project.id)
    newest = jobs.create_job(session, JobKind.TRAIN, project_id=project.id, account_id=account.id)
    rows = jobs.recent_jobs(session, project.id)
    assert [(row.job.kind, row.who) for row in rows] == [(JobKind.TRAIN, "Ada"), (JobKind.IMPORT, "")]
    assert jobs.asked_by(session, newest) == "Ada"
