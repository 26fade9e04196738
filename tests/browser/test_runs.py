"""Starting a training and watching it, in a real browser."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.broker import TRAINING_QUEUE
from app.config import get_settings
from app.db import session_scope
from app.domain.statuses import JobStatus, TruthValue
from app.models import Epoch, Job, Run, Truth
from app.services import jobs
from app.services.jobs import Held
from tests.processes import free_port

pytestmark = pytest.mark.browser


@pytest.fixture
def tagged(make_collection: Callable[..., Any]) -> Any:
    collection = make_collection(images=6)
    with session_scope() as session:
        for place, image in enumerate(collection.images):
            for column, label in enumerate(collection.labels):
                value = TruthValue.PRESENT if (place + column) % 2 else TruthValue.ABSENT
                session.add(Truth(image_id=image.id, label_id=label.id, value=value))
        jobs.worker_seen(session, "here:1", TRAINING_QUEUE)
    return collection


def claim(stage: str, done: int, total: int) -> Held:
    """Do as a worker would that takes the newest job and gets this far."""
    with session_scope() as session:
        job = session.query(Job).order_by(Job.id.desc()).first()
        assert job is not None
        held = jobs.claim(session, job.id, "here:1")
        assert held is not None
    report(held, stage, done, total)
    return held


def report(held: Held, stage: str, done: int, total: int) -> None:
    with session_scope() as session:
        jobs.report(session, held, stage=stage, done=done, total=total)


def end(held: Held, status: JobStatus, error: str = "") -> None:
    with session_scope() as session:
        jobs.finish(session, held, status, error=error)


def test_a_lead_presses_one_button_and_watches(
    visit: Callable[..., Page], tagged: Any, assert_accessible: Callable[[Page], None]
) -> None:
    page = visit(f"{tagged.path}/runs", account=tagged.lead)
    assert_accessible(page)
    page.get_by_role("button", name="Train a model").click()
    page.wait_for_url(re.compile(r"/runs/1$"))
    expect(page.get_by_text("It begins in a moment")).to_be_visible()
    held = claim("Training the network", 10, 100)
    expect(page.get_by_role("progressbar", name="Training the network")).to_be_visible()
    expect(page.get_by_text("10 of 100")).to_be_visible()
    with session_scope() as session:
        run = session.query(Run).one()
        run.loss_curve = [[1, 0.7], [2, 0.5], [3, 0.4]]
        session.add(
            Epoch(
                run_id=run.id,
                epoch=1,
                stage="frozen",
                train_loss=0.41,
                valid_loss=None,
                metrics={"macro_f1": 0.5, "accuracy": 0.75},
                seconds=83,
            )
        )
    expect(page.get_by_role("cell", name="0.4100")).to_be_visible()
    expect(page.get_by_role("cell", name="01:23")).to_be_visible()
    expect(page.locator("#loss-curve svg path.mark-line, #loss-curve svg .mark-line path").first).to_be_attached()
    expect(page.locator("[data-stage-said]")).to_have_text("Training the network")
    assert_accessible(page)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    end(held, JobStatus.FAILED, "The disk is full. Make room in the data folder and start again.")
    expect(page.get_by_text("The disk is full")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Start again").click()
    page.wait_for_url(re.compile(r"/runs/2$"))


def test_a_waiting_run_says_that_work_is_not_handed_out(
    visit: Callable[..., Page],
    tagged: Any,
    assert_accessible: Callable[[Page], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # An address at which nobody listens.
    monkeypatch.setenv("LOUPE_REDIS_URL", f"redis://127.0.0.1:{free_port()}/0")
    get_settings.cache_clear()
    page = visit(f"{tagged.path}/runs", account=tagged.lead, color_scheme="dark")
    page.get_by_role("button", name="Train a model").click()
    expect(page.get_by_text("Work is not handed out just now")).to_be_visible()
    assert_accessible(page)
    monkeypatch.delenv("LOUPE_REDIS_URL")
    get_settings.cache_clear()
    expect(page.get_by_text("It begins in a moment")).to_be_visible()


def test_cancelling_asks_first_and_is_followed_to_its_end(visit: Callable[..., Page], tagged: Any) -> None:
    page = visit(f"{tagged.path}/runs", account=tagged.lead)
    page.get_by_role("button", name="Train a model").click()
    held = claim("Looking at the images", 1, 6)
    page.get_by_role("button", name="Cancel this run").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel this run").click()
    expect(page.get_by_role("button", name="Stopping")).to_be_disabled()
    end(held, JobStatus.CANCELLED)
    expect(page.get_by_text("was stopped before it was done")).to_be_visible()


def test_the_settings_of_fine_tuning_show_when_it_is_chosen(
    visit: Callable[..., Page], tagged: Any, assert_accessible: Callable[[Page], None]
) -> None:
    page = visit(f"{tagged.path}/runs/new", account=tagged.lead)
    frozen = page.get_by_role("textbox", name="Epochs with the network frozen")
    expect(frozen).to_be_hidden()
    page.get_by_role("radio", name="Fine-tune").check()
    frozen.fill("2")
    assert_accessible(page)
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url(re.compile(r"/runs/1$"))
    with session_scope(writes=False) as session:
        assert session.query(Run).one().config["epochs_frozen"] == 2


def test_two_finished_runs_are_chosen_for_comparison(visit: Any, tagged: Any) -> None:
    page = visit(f"{tagged.path}/runs", account=tagged.lead)
    for number in (1, 2):
        page.goto(f"{tagged.path}/runs")
        page.get_by_role("button", name="Train a model").click()
        page.wait_for_url(re.compile(rf"/runs/{number}$"))
        page.goto(f"{tagged.path}/jobs")
        end(claim("Measuring", 0, 0), JobStatus.SUCCEEDED)
    page.goto(f"{tagged.path}/runs")
    compare = page.get_by_role("button", name="Compare the chosen")
    expect(compare).to_be_disabled()
    page.get_by_role("checkbox", name="Compare run 1").check()
    page.get_by_role("checkbox", name="Compare run 2").check()
    page.route("**/compare?**", lambda route: route.fulfill(body="compared", content_type="text/plain"))
    compare.click()
    page.wait_for_url(re.compile(r"/compare\?runs=1,2$"))
