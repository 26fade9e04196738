"""Training a finished network further, in a browser: a second real training that knows where it comes from."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from app.db import session_scope
from app.models import Run
from tests.browser.conftest import Collection, Visits
from tests.browser.trial_worker import taught, working

pytestmark = pytest.mark.browser
SLOW_MS = 120_000
# From nothing and tiny: an epoch takes a moment.
TINY = "backbone=tiny_vgg&size=28&batch_size=4&augment=none"
SETTINGS = f"recipe=finetune&{TINY}&epochs_frozen=0&epochs_unfrozen=2&base_lr=0.003"


@pytest.fixture
def collection(make_collection: Callable[..., Collection]) -> Collection:
    return taught(make_collection(12))


@pytest.fixture
def worker(live: str, sent: list[tuple[str, int]]) -> Iterator[None]:
    with working(sent):
        yield


def test_a_second_training_goes_on_from_the_first(
    visit: Visits, collection: Collection, worker: None, assert_accessible: Callable[[Page], None]
) -> None:
    page = visit(f"{collection.path}/runs/new?{SETTINGS}", account=collection.lead)
    page.get_by_role("button", name="Start training").last.click()
    page.wait_for_url("**/runs/1/report", timeout=SLOW_MS)
    page.get_by_role("link", name="Train further").click()
    expect(page.get_by_text("Goes on from the network of run 1 as a new run.")).to_be_visible()
    expect(page.locator("[name=backbone]")).to_have_value("tiny_vgg")
    assert_accessible(page)
    page.locator("[name=epochs_unfrozen]").fill("1")
    page.get_by_role("button", name="Start training").last.click()
    page.wait_for_url("**/runs/2/report", timeout=SLOW_MS)
    page.get_by_role("navigation", name="Run 2").get_by_role("link", name="How it was made").click()
    expect(page.get_by_text("Went on from")).to_be_visible()
    page.get_by_role("link", name="run 1", exact=True).click()
    # And the first names what came of it.
    expect(page.get_by_text("Trained further in")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="run 2", exact=True).click()
    page.wait_for_url("**/runs/2/report")
    page.goto(f"{collection.path}/runs")
    expect(page.locator("#run-2")).to_contain_text("goes on from run 1")
    with session_scope(writes=False) as session:
        first, second = session.query(Run).order_by(Run.number)
        assert (first.parent_id, second.parent_id) == (None, first.id)
        assert second.config["epochs_unfrozen"] == 1
