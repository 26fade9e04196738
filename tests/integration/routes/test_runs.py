"""The pages of runs, over HTTP."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.broker import TRAINING_QUEUE
from app.db import session_scope
from app.domain.statuses import JobStatus, Recipe, Role
from app.models import Account, Job, Project, Run
from app.models.types import now
from app.services import jobs, runs
from tests.factories import AccountFactory, MemberFactory, ProjectFactory
from tests.integration.trainable import copying_trainer, make_project
from worker.jobs import training
from worker.running import run_job

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def project(session: Session, tmp_path: Path, sent: list[tuple[str, int]]) -> Project:
    made = make_project(session, tmp_path / "pictures", tagged=12, untagged=1)
    session.commit()
    return made


@pytest.fixture
def lead(project: Project, owner: Account, sign_in: SignIn) -> TestClient:
    return sign_in(owner)


def start(project: Project) -> Run:
    with session_scope() as opened:
        return runs.start_run(opened, opened.get_one(Project, project.id), recipe=Recipe.QUICK, account=None)


def finish(run: Run) -> None:
    run_job(run.job_id, lambda progress: training.work(progress, {Recipe.QUICK: copying_trainer()}))


def test_one_button_starts_a_run_and_a_second_click_leads_to_the_same(
    lead: TestClient, project: Project, sent: list[tuple[str, int]]
) -> None:
    root = f"/projects/{project.id}/runs"
    assert "Train a model" in lead.get(root).text
    for _click in range(2):
        answer = lead.post(root, data={"recipe": "quick"})
        assert (answer.status_code, answer.headers["location"]) == (303, f"{root}/1")
    assert len(sent) == 1
    assert "Run 1 is under way" in lead.get(root).text


def test_a_project_with_nothing_to_learn_says_what_is_missing(owner: Account, sign_in: SignIn) -> None:
    with session_scope() as opened:
        project = ProjectFactory.create(session=opened)
    client = sign_in(owner)
    page = client.get(f"/projects/{project.id}/runs").text
    assert "There are no images" in page
    assert f"/projects/{project.id}/imports/new" in page
    assert client.post(f"/projects/{project.id}/runs").status_code == 422


def test_a_waiting_run_says_why_it_waits(lead: TestClient, project: Project) -> None:
    start(project)
    path = f"/projects/{project.id}/runs/1"
    assert "No worker is running yet" in lead.get(path).text
    with session_scope() as opened:
        jobs.worker_seen(opened, "here:1", TRAINING_QUEUE)
    assert "It begins in a moment" in lead.get(path).text


def test_a_running_run_shows_its_stage_and_polls(lead: TestClient, project: Project) -> None:
    run = start(project)
    with session_scope() as opened:
        held = jobs.claim(opened, run.job_id, "here:1")
        assert held is not None
        jobs.report(opened, held, stage="Looking at the images", done=3, total=12)
    page = lead.get(f"/projects/{project.id}/runs/1/progress", headers={"HX-Request": "true"}).text
    assert "Looking at the images" in page
    assert "3 of 12" in page
    assert 'hx-trigger="every 1s"' in page
    assert "<html" not in page
    assert lead.get(f"/projects/{project.id}/runs/1/curve?points=0").status_code == 204


def test_the_loss_curve_is_sent_when_it_has_grown(lead: TestClient, project: Project) -> None:
    run = start(project)
    with session_scope() as opened:
        opened.get_one(Run, run.id).loss_curve = [[1, 0.75], [2, 0.5]]
    assert '"loss": 0.75' in lead.get(f"/projects/{project.id}/runs/1/curve?points=0").text
    assert lead.get(f"/projects/{project.id}/runs/1/curve?points=2").status_code == 204
    assert lead.get(f"/projects/{project.id}/runs/1/loss.csv").text == "batch,loss\n1,0.75\n2,0.5\n"


def test_polling_ends_when_the_run_is_over(lead: TestClient, project: Project) -> None:
    run = start(project)
    finish(run)
    path = f"/projects/{project.id}/runs/1"
    assert lead.get(f"{path}/progress").headers["HX-Redirect"] == f"{path}/report"
    assert lead.get(path).headers["location"] == f"{path}/report"
    start(project)
    assert lead.post(f"/projects/{project.id}/runs/2/cancel").status_code == 303
    assert lead.get(f"/projects/{project.id}/runs/2/progress").headers["HX-Refresh"] == "true"
    page = lead.get(f"/projects/{project.id}/runs/2").text
    assert "was stopped before it was done" in page
    assert "hx-trigger" not in page


def test_a_failed_run_shows_its_cause_and_can_be_started_again(lead: TestClient, project: Project) -> None:
    run = start(project)
    with session_scope() as opened:
        job = opened.get_one(Job, run.job_id)
        job.status, job.error, job.finished_at = JobStatus.FAILED, "The disk is full.", now()
    page = lead.get(f"/projects/{project.id}/runs/1").text
    assert "The disk is full." in page
    assert "Start again" in page
    assert lead.post(f"/projects/{project.id}/runs").headers["location"].endswith("/runs/2")


def test_the_list_offers_finished_runs_for_comparison_and_use(lead: TestClient, project: Project) -> None:
    for _run in range(2):
        finish(start(project))
    page = lead.get(f"/projects/{project.id}/runs").text
    assert page.count('name="runs"') == 2
    assert page.count("In use") == 1
    assert lead.post(f"/projects/{project.id}/runs/1/activate").status_code == 303
    with session_scope(writes=False) as opened:
        assert runs.get_run(opened, project.id, 1).is_active


def test_a_reviewer_may_watch_but_not_start_or_cancel(project: Project, sign_in: SignIn) -> None:
    with session_scope() as opened:
        account = AccountFactory.create(session=opened)
        MemberFactory.create(session=opened, project_id=project.id, account_id=account.id, role=Role.REVIEWER)
    client = sign_in(account)
    run = start(project)
    assert client.get(f"/projects/{project.id}/runs").status_code == 200
    assert "Cancel this run" not in client.get(f"/projects/{project.id}/runs/{run.number}").text
    for path in ("", "/1/cancel", "/1/activate"):
        assert client.post(f"/projects/{project.id}/runs{path}").status_code == 403


def test_a_run_that_does_not_exist_is_not_found(lead: TestClient, project: Project) -> None:
    assert lead.get(f"/projects/{project.id}/runs/9").status_code == 404
