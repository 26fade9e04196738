"""Trials beside the settings of a training, in a browser: an estimate, and a rate that goes into the form."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Collection, Visits
from tests.browser.trial_worker import taught, working

SLOW_MS = 120_000
SETTINGS = "recipe=finetune&size=32&batch_size=4&epochs_frozen=1&epochs_unfrozen=1"


@pytest.fixture
def collection(make_collection: Callable[..., Collection]) -> Collection:
    return taught(make_collection(12))


@pytest.fixture
def worker(live: str, sent: list[tuple[str, int]]) -> Iterator[None]:
    with working(sent):
        yield


def test_a_rate_is_found_and_goes_into_the_form(
    visit: Visits, collection: Collection, worker: None, assert_accessible: Callable[[Page], None]
) -> None:
    page = visit(f"{collection.path}/runs/new?{SETTINGS}", account=collection.lead)
    page.get_by_role("button", name="Find a learning rate").click()
    suggestion = page.get_by_role("button", name="Valley")
    expect(suggestion).to_be_visible(timeout=SLOW_MS)
    field = page.locator('[name="base_lr"]')
    suggestion.click()
    expect(field).to_have_value(suggestion.get_attribute("data-rate") or "")
    expect(page.locator("[data-trials] [data-said]")).to_contain_text("Learning rate set to")
    plot = page.locator("#rate-search svg.marks")
    expect(plot).to_be_visible()
    # Further to the right the rate is higher.
    page.locator("#rate-search").scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    chosen = []
    for share in (0.4, 0.7):
        page.mouse.click(box["x"] + share * box["width"], box["y"] + 0.5 * box["height"])
        chosen.append(float(field.input_value()))
    assert 1e-7 <= chosen[0] < chosen[1] <= 10
    assert_accessible(page)


def test_an_estimate_tells_time_and_memory(visit: Visits, collection: Collection, worker: None) -> None:
    page = visit(f"{collection.path}/runs/new?{SETTINGS}", account=collection.lead)
    page.get_by_role("button", name="How long will it take?").click()
    panel = page.locator("[data-trials]")
    expect(panel.get_by_text("on this computer")).to_be_visible(timeout=SLOW_MS)
    expect(panel.get_by_text("1 epoch with the network frozen")).to_be_visible()
    expect(panel.get_by_text("installed with Loupe").or_(panel.get_by_text("here already"))).to_be_visible()


def test_a_trial_that_waits_says_why_and_can_be_stopped(visit: Visits, collection: Collection) -> None:
    page = visit(f"{collection.path}/runs/new?{SETTINGS}", account=collection.lead)
    page.get_by_role("button", name="How long will it take?").click()
    said = page.locator("[data-trials] [data-said]")
    expect(said).to_contain_text("No training worker answers")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator("[data-trials]").get_by_text("It was stopped.")).to_be_visible()
    expect(page.get_by_role("button", name="How long will it take?")).to_be_enabled()


def test_the_quick_recipe_has_no_rate_to_find(visit: Visits, collection: Collection) -> None:
    page = visit(f"{collection.path}/runs/new", account=collection.lead)
    expect(page.get_by_role("button", name="How long will it take?")).to_be_visible()
    expect(page.get_by_role("button", name="Find a learning rate")).to_be_hidden()
    page.get_by_label("Fine-tune").check()
    expect(page.get_by_role("button", name="Find a learning rate")).to_be_visible()
