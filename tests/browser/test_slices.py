"""Slices of a collection in a real browser: the report by slice, and finding images by a detail."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.db import session_scope
from app.models import Image
from tests.browser.conftest import NARROW, Visits
from tests.integration.services.test_slice_reports import KEY, sliced_world
from tests.run_factory import World

pytestmark = pytest.mark.browser


@pytest.fixture
def world(loupe: object) -> World:
    with session_scope() as session:
        return sliced_world(session)


@pytest.mark.parametrize("options", [{}, {"color_scheme": "dark", "viewport": NARROW}])
def test_a_reviewer_finds_the_slice_that_is_judged_badly(
    visit: Visits, world: World, assert_accessible: Callable[[Page], None], options: dict[str, Any]
) -> None:
    at = f"/projects/{world.project.id}/runs/{world.run.number}/report/slices?at=half"
    page = visit(at, account=world.reviewer, **options)
    page.get_by_label("Tell the images apart by").select_option(KEY)
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(re.compile(r"dimension=detail\.paper"))
    first = page.get_by_role("listitem").filter(has_text="lower by more than chance").first
    expect(first).to_contain_text("Star")
    expect(page.locator("[data-chart] svg").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_accessible(page)
    # The images of this collection have no files.
    visit.guard_of(page).expect("thumbnail|console")
    wrong = re.search(r"See the (\d+) images", first.inner_text())
    assert wrong is not None
    first.get_by_role("link", name="See the").click()
    page.wait_for_url(re.compile(r"/errors\?.*slice=detail\.paper%3AStar"))
    expect(page.get_by_text(f"{wrong[1]} places")).to_be_visible()


def test_images_are_found_by_a_detail(
    visit: Visits, make_collection: Callable[..., Any], assert_accessible: Callable[[Page], None]
) -> None:
    collection = make_collection(images=6)
    with session_scope() as session:
        for place, image in enumerate(collection.images):
            session.get_one(Image, image.id).details = {"date": f"c. {1908 + place}", "link": "https://example.org/1"}
    page = visit(f"{collection.path}/images", account=collection.annotator)
    choice = page.get_by_label("Only those with")
    choice.select_option("decade.date:1910s")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="4 images")).to_be_visible()
    expect(choice.locator("option:checked")).to_have_text("1910s (4)")
    assert_accessible(page)
    page.goto(f"{collection.path}/images/{collection.images[3].id}")
    expect(page.get_by_role("link", name="https://example.org/1")).to_have_attribute("rel", "noopener noreferrer")
    assert_accessible(page)
    page.get_by_role("link", name="c. 1911").click()
    expect(page.get_by_role("heading", name="1 image", exact=True)).to_be_visible()
