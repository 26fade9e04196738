"""What a network gets, in a browser: pictures that follow the settings, a batch, and the check of the pipeline."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from app.db import session_scope
from app.models import Image
from app.storage import get_storage
from tests.browser.conftest import NARROW, Collection, Visits
from tests.browser.trial_worker import taught, working

SLOW_MS = 90_000


@pytest.fixture
def collection(make_collection: Callable[..., Collection]) -> Collection:
    return taught(make_collection(8))


@pytest.fixture
def worker(live: str, sent: list[tuple[str, int]]) -> Iterator[None]:
    with working(sent):
        yield


def pictures(page: Page) -> list[str]:
    return page.locator(".shown__grid img").evaluate_all("all => all.map((one) => one.src)")


def drawn(page: Page) -> None:
    """Wait until the pictures are there."""
    expect(page.locator("[data-previews] [data-pictures]")).to_have_attribute("aria-busy", "false", timeout=SLOW_MS)


def test_pictures_follow_the_settings(
    visit: Visits, collection: Collection, worker: None, assert_accessible: Callable[[Page], None]
) -> None:
    page = visit(f"{collection.path}/runs/look?size=64&augment=none", account=collection.lead)
    expect(page.locator(".shown__grid img")).to_have_count(9, timeout=SLOW_MS)
    drawn(page)
    assert page.locator(".shown__grid img").first.get_attribute("width") == "64"
    assert_accessible(page)
    before, name = pictures(page), page.locator(".shown__name").inner_text()
    page.get_by_label("Image size", exact=True).fill("96")
    expect(page.locator(".shown__grid img").first).to_have_attribute("width", "96")
    assert pictures(page) != before
    # The image stays while its changes are tried.
    assert page.locator(".shown__name").inner_text() == name
    page.get_by_role("button", name="Other changes").click()
    expect(page.locator("[data-previews] [data-said]")).to_contain_text("9 pictures")
    assert page.locator(".shown__name").inner_text() == name


def test_a_batch_shows_labels_and_leads_to_the_form(visit: Visits, collection: Collection, worker: None) -> None:
    page = visit(f"{collection.path}/runs/look?size=64", account=collection.lead)
    page.get_by_label("A batch").check()
    expect(page.locator(".shown__answers")).to_have_count(8, timeout=SLOW_MS)
    expect(page.locator(".shown__answers").get_by_text("human", exact=True).first).to_be_visible()
    page.get_by_role("button", name="Train with these").click()
    expect(page).to_have_url(re.compile(r"/runs/new\?recipe=finetune&.*size=64"))


def test_wrong_settings_are_told_beside_the_pictures(visit: Visits, collection: Collection, worker: None) -> None:
    page = visit(f"{collection.path}/runs/look?size=64", account=collection.lead)
    expect(page.locator(".shown__grid img")).to_have_count(9, timeout=SLOW_MS)
    visit.guard_of(page).expect("422")
    page.get_by_label("Image size", exact=True).fill("5")
    expect(page.locator("[data-previews] [data-said]")).to_contain_text("from 28 to")


def test_the_check_names_a_damaged_image(
    visit: Visits, collection: Collection, worker: None, assert_accessible: Callable[[Page], None]
) -> None:
    with session_scope(writes=False) as session:
        image = session.get_one(Image, collection.images[0].id)
    get_storage().rendition(image.sha256, "screen").write_bytes(b"torn")
    page = visit(f"{collection.path}/runs/look?size=64", account=collection.lead, viewport=NARROW, color_scheme="dark")
    drawn(page)
    page.get_by_role("button", name="Check fine-tuning").click()
    check = page.locator("[data-check]")
    expect(check.get_by_role("link", name=image.name)).to_be_visible(timeout=SLOW_MS)
    expect(check.get_by_role("row", name="Normalised")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Check the quick recipe").click()
    expect(check.get_by_role("row", name="The embedding that is kept")).to_be_visible(timeout=SLOW_MS)


def test_a_project_without_images_says_so(visit: Visits, make_collection: Callable[..., Collection]) -> None:
    empty = make_collection(0)
    page = visit(f"{empty.path}/runs/look", account=empty.lead)
    expect(page.get_by_text("There is nothing to look at yet")).to_be_visible()
