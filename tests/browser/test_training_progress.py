"""Watching a fine-tuning, and being content with its best epoch, in a real browser."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.broker import TRAINING_QUEUE
from app.db import session_scope
from app.domain.statuses import JobStatus, Recipe, TruthValue
from app.models import Epoch, Project, Run, Truth
from app.services import jobs, runs

pytestmark = pytest.mark.browser
METRICS = {"macro_f1": 0.5, "mean_average_precision": 0.6, "accuracy_multi": 0.875, "hamming_loss": 0.125}


@pytest.fixture
def training(make_collection: Callable[..., Any]) -> Any:
    """A collection with a fine-tuning in its second epoch."""
    collection = make_collection(images=6)
    with session_scope() as session:
        for place, image in enumerate(collection.images):
            for column, label in enumerate(collection.labels):
                value = TruthValue.PRESENT if (place + column) % 2 else TruthValue.ABSENT
                session.add(Truth(image_id=image.id, label_id=label.id, value=value))
        session.flush()
        jobs.worker_seen(session, "here:1", TRAINING_QUEUE)
        project = session.get_one(Project, collection.project.id)
        run = runs.start_run(session, project, recipe=Recipe.FINETUNE, account=collection.lead)
        held = jobs.claim(session, run.job_id, "here:1")
        assert held is not None
        jobs.report(session, held, stage="Training the network", done=14, total=99)
    advance(2)
    return collection


def advance(epoch: int) -> None:
    """Do as a worker would that has come to this epoch."""
    with session_scope() as session:
        run = session.query(Run).one()
        run.live = {
            "stage": "frozen",
            "epoch": epoch,
            "epochs": 9,
            "done": 3,
            "total": 11,
            "batches": 11,
            "images_per_second": 41.5,
            "memory_bytes": 912_000_000,
        }
        last = 11 * epoch
        run.loss_curve = [[batch, 1 / batch] for batch in range(1, last)]
        run.schedule_curve = [[batch, 0.0001 * batch, 0.001 * batch, 0.95 - batch / 1000] for batch in range(1, last)]
        for number in range(1, epoch):
            figures = {"stage": "frozen", "train_loss": 0.41, "valid_loss": 0.52, "metrics": METRICS, "seconds": 83}
            session.merge(Epoch(run_id=run.id, epoch=number, **figures))


def test_a_late_visitor_sees_everything_and_then_what_changes(
    visit: Callable[..., Page], training: Any, assert_accessible: Callable[[Page], None]
) -> None:
    page = visit(f"{training.path}/runs/1", account=training.reviewer)
    for text in ("2 of 9", "3 of 11", "912 MB"):
        expect(page.get_by_text(text)).to_be_visible()
    heads = page.locator("#run-state thead th")
    names = ["epoch", "train_loss", "valid_loss", "f1_macro", "mAP", "accuracy_multi", "hamming_loss", "time", "stage"]
    expect(heads).to_have_text(names)
    expect(page.locator("#loss-curve svg").first).to_be_attached()
    expect(page.locator("#rate-curve svg").first).to_be_attached()
    expect(page.get_by_role("button", name="Stop and keep")).to_have_count(0)
    assert_accessible(page)
    advance(4)
    expect(page.get_by_text("4 of 9")).to_be_visible()
    expect(page.locator("#run-state tbody tr")).to_have_count(3)
    expect(page.locator("#figure-curve svg").first).to_be_attached()
    with session_scope() as session:
        session.query(Run).one().warnings = [{"kind": "no_improvement", "epoch": 4, "since": 1, "labels": []}]
    expect(page.get_by_text("It has not become better for a while")).to_be_visible()
    page.get_by_text("What these figures say").click()
    expect(page.get_by_text("It flatters")).to_be_visible()
    assert_accessible(page)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("place", ["[data-chart-plot]", "[data-chart-save=svg]", "a[download]"])
def test_new_curves_leave_the_keyboard_where_it_is(visit: Callable[..., Page], training: Any, place: str) -> None:
    page = visit(f"{training.path}/runs/1", account=training.reviewer)
    curve = page.locator("#loss-curve")
    line = curve.locator("svg .mark-line path").first
    expect(line).to_be_attached()
    before = line.get_attribute("d")
    curve.locator(place).focus()
    curve.evaluate(
        "curve => { curve.seen = true; getSelection().selectAllChildren(curve.querySelector('figcaption')) }"
    )
    advance(4)
    expect(page.locator("#figure-curve svg").first).to_be_attached()
    expect(line).not_to_have_attribute("d", before or "")
    expect(curve.locator(place)).to_be_focused()
    expect(curve.locator("[data-chart-save=svg]")).to_be_enabled()
    assert curve.evaluate("curve => [curve.seen, String(getSelection())]") == [True, "Loss while training"]
    assert curve.locator("[data-chart-plot] svg.marks").count() == 1


def test_a_lead_stops_and_keeps_the_best_epoch(visit: Callable[..., Page], training: Any) -> None:
    page = visit(f"{training.path}/runs/1", account=training.lead)
    page.get_by_role("button", name="Stop and keep the best so far").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop and keep the best so far").click()
    expect(page.get_by_role("button", name="Keeping the best epoch")).to_be_disabled()
    with session_scope(writes=False) as session:
        run = session.query(Run).one()
        assert (run.keeps_best, run.job.cancel_requested_at) == (True, None)


def test_every_page_of_a_lead_says_that_a_run_trains(
    visit: Callable[..., Page], training: Any, assert_accessible: Callable[[Page], None]
) -> None:
    page = visit(f"{training.path}/images", account=training.lead)
    train = page.get_by_role("link", name="Train (run 1 is running)")
    expect(train).to_be_visible()
    assert_accessible(page)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    with session_scope() as session:
        session.query(Run).one().job.status = JobStatus.FAILED
    # It follows the run by itself, and then asks no more.
    expect(page.locator(".tabs__state")).to_contain_text("failed")
    assert page.locator(".tabs__state[hx-get]").count() == 0
    annotator = visit(f"{training.path}/images", account=training.annotator)
    expect(annotator.get_by_role("link", name="Images", exact=True)).to_be_visible()
    assert annotator.locator(".tabs__state").count() == 0
