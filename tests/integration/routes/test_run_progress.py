"""The page of a run on its way, over HTTP."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.broker import TRAINING_QUEUE
from app.config import get_settings
from app.db import session_scope
from app.domain.statuses import JobStatus, Recipe, Role
from app.models import Account, Epoch, Job, Project, Run
from app.models.types import now
from app.services import jobs, run_progress, runs
from tests.factories import AccountFactory, MemberFactory
from tests.integration.trainable import copying_trainer, make_project
from tests.processes import free_port
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


def test_a_waiting_run_says_why_it_waits(lead: TestClient, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    start(project)
    path = f"/projects/{project.id}/runs/1"
    assert "No worker is running yet" in lead.get(path).text
    with session_scope() as opened:
        jobs.worker_seen(opened, "here:1", TRAINING_QUEUE)
    assert "It begins in a moment" in lead.get(path).text
    # An address at which nobody listens.
    monkeypatch.setenv("LOUPE_REDIS_URL", f"redis://127.0.0.1:{free_port()}/0")
    get_settings.cache_clear()
    assert "Work is not handed out just now" in lead.get(path).text


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


def test_a_run_that_does_not_exist_is_not_found(lead: TestClient, project: Project) -> None:
    assert lead.get(f"/projects/{project.id}/runs/9").status_code == 404


def test_a_fine_tuning_tells_its_moment_its_warnings_and_every_figure(lead: TestClient, project: Project) -> None:
    with session_scope() as opened:
        own = opened.get_one(Project, project.id)
        run = runs.start_run(opened, own, recipe=Recipe.FINETUNE, account=None)
        jobs.claim(opened, run.job_id, "here:1")
        run.live = {"stage": "frozen", "epoch": 2, "epochs": 9, "done": 3, "total": 11, "memory_bytes": 1_500_000_000}
        run.warnings = [{"kind": "exploded", "epoch": 2, "since": 0, "labels": []}]
        metrics = {"macro_f1": 0.5, "accuracy_multi": 0.875, "hamming_loss": None}
        line = Epoch(
            run_id=run.id, epoch=1, stage="frozen", train_loss=0.4, valid_loss=0.5, metrics=metrics, seconds=61
        )
        opened.add(line)
    page = lead.get(f"/projects/{project.id}/runs/1").text
    for words in ("2 of 9", "3 of 11", "1.5 GB", "The learning rate is too high", "f1_macro", "0.8750", "01:01"):
        assert words in page
    assert "It flatters" in page
    assert "Stop and keep the best so far" in page
    assert lead.post(f"/projects/{project.id}/runs/1/keep-best").status_code == 303
    asked = lead.get(f"/projects/{project.id}/runs/1").text
    assert "Keeping the best epoch" in asked
    assert "makes a model of the best epoch so far" in asked


def test_the_list_of_runs_tells_how_far_the_open_one_is(lead: TestClient, project: Project) -> None:
    run = start(project)
    path = f"/projects/{project.id}/runs/{run.number}/short"
    assert f'hx-get="{path}"' in lead.get(f"/projects/{project.id}/runs").text
    assert lead.get(path).text == "waiting"
    with session_scope() as opened:
        held = jobs.claim(opened, run.job_id, "here:1")
        assert held is not None
        jobs.report(opened, held, stage="Looking at <images>", done=1, total=2)
    assert lead.get(path).text == "Looking at &lt;images&gt;"
    with session_scope() as opened:
        jobs.finish(opened, held, JobStatus.FAILED, error="The disk is full.")
    assert lead.get(path).headers["HX-Refresh"] == "true"


def test_the_best_epoch_of_a_run_that_waits_cannot_be_kept(lead: TestClient, project: Project) -> None:
    start(project)
    assert "keep-best" not in lead.get(f"/projects/{project.id}/runs/1").text
    assert lead.post(f"/projects/{project.id}/runs/1/keep-best").status_code == 409


def test_every_page_says_to_leads_alone_that_a_run_is_under_way(
    lead: TestClient, project: Project, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = f"/projects/{project.id}"
    pages = (root, f"{root}/images", f"{root}/annotate", f"{root}/review", f"{root}/settings")
    # As a browser asks for pages; pictures and data want no frame.
    lead.headers["accept"] = "text/html,*/*"
    assert not any("tabs__state" in lead.get(page).text for page in pages)
    run = start(project)
    assert all("(run 1 is waiting)" in lead.get(page).text for page in pages)
    with session_scope() as opened:
        jobs.claim(opened, run.job_id, "here:1")
        tagger = AccountFactory.create(session=opened)
        MemberFactory.create(session=opened, project_id=project.id, account_id=tagger.id, role=Role.ANNOTATOR)
    standing = f"{root}/runs/1/standing"
    assert f'hx-get="{standing}"' in lead.get(standing).text
    assert "(run 1 is running)" in lead.get(standing).text
    with session_scope() as opened:
        opened.get_one(Job, run.job_id).status = JobStatus.CANCELLED
    assert "(run 1 was cancelled)" in lead.get(standing).text
    assert "hx-get" not in lead.get(standing).text
    assert "tabs__state" not in lead.get(root).text
    # Nobody asks the database for annotators, nor for what has no frame.
    monkeypatch.setattr(run_progress, "under_way", pytest.fail)
    annotator = sign_in(tagger)
    annotator.headers["accept"] = lead.headers["accept"]
    assert annotator.get(f"{root}/annotate").status_code == 200
    lead.headers["accept"] = "*/*"
    assert lead.get(root).status_code == 200
    assert annotator.get(standing).status_code == 403
