"""The page of background work."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from app.db import session_scope
from app.domain.statuses import JobKind, JobStatus
from app.models import Account, Job, Project
from app.services import jobs
from tests.factories import ProjectFactory


@pytest.fixture
def project(loupe: object) -> Project:
    with session_scope() as opened:
        made: Project = ProjectFactory.create(session=opened)
    return made


@pytest.fixture
def lead(owner: Account, sign_in: Callable[[Account], TestClient]) -> TestClient:
    return sign_in(owner)


def make(project: Project, kind: JobKind = JobKind.IMPORT) -> Job:
    with session_scope() as opened:
        return jobs.create_job(opened, kind, project_id=project.id)


def test_background_work_is_listed_with_its_progress_and_polls_while_open(lead: TestClient, project: Project) -> None:
    job = make(project)
    with session_scope() as opened:
        held = jobs.claim(opened, job.id, "here:1")
        assert held is not None
        jobs.report(opened, held, stage="Reading files", done=2, total=8)
    page = lead.get(f"/projects/{project.id}/jobs").text
    assert "Import of images" in page
    assert "Reading files" in page
    assert "hx-trigger" in page
    fragment = lead.get(f"/projects/{project.id}/jobs/table").text
    assert "Reading files" in fragment
    assert "<html" not in fragment


def test_a_job_is_cancelled_from_the_list(lead: TestClient, project: Project) -> None:
    job = make(project)
    assert lead.post(f"/projects/{project.id}/jobs/{job.id}/cancel").status_code == 303
    with session_scope(writes=False) as opened:
        assert jobs.get_job(opened, job.id).status is JobStatus.CANCELLED
    assert "hx-trigger" not in lead.get(f"/projects/{project.id}/jobs").text


def test_a_job_of_another_project_is_not_reached(lead: TestClient, project: Project) -> None:
    with session_scope() as opened:
        other: Project = ProjectFactory.create(session=opened)
    job = make(other)
    assert lead.post(f"/projects/{project.id}/jobs/{job.id}/cancel").status_code == 404
    assert "Import of images" not in lead.get(f"/projects/{project.id}/jobs").text
