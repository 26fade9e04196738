"""The pages of runs, over HTTP."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import Recipe, Role
from app.models import Account, Project, Run
from app.services import runs
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
