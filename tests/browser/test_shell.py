"""What every page shares, in a real browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW, WIDE, Collection, Visits

pytestmark = pytest.mark.browser


def place_of(page: Page, popover: str) -> tuple[int, int]:
    box = page.locator(popover).bounding_box()
    assert box is not None
    return round(box["x"]), round(box["y"])


@pytest.mark.parametrize("swap", ["outerHTML", "outerMorph"])
def test_an_explanation_stays_where_it_belongs_when_its_part_is_fetched_anew(
    visit: Visits, make_collection: Callable[..., Collection], swap: str
) -> None:
    collection = make_collection(images=1)
    page = visit(f"{collection.path}/settings", account=collection.lead)
    button = page.locator('[popovertarget="explain-splits"]')
    button.click()
    before = place_of(page, "#explain-splits")
    beside = button.bounding_box()
    assert beside is not None
    assert abs(before[1] - (beside["y"] + beside["height"])) < 20
    page.evaluate(
        "swap => htmx.ajax('GET', location.pathname, { target: 'main', select: 'main', swap })",
        swap,
    )
    # The new part has an explanation of the same name; it opens in the same place, and no policy is offended.
    page.wait_for_timeout(300)
    if not page.locator("#explain-splits:popover-open").count():
        button.click()
    expect(page.locator("#explain-splits")).to_be_visible()
    assert place_of(page, "#explain-splits") == before
    page.mouse.wheel(0, 40)
    page.wait_for_timeout(100)
    assert page.locator("[id][style]").count() == 0


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_list_of_keys_is_read_from_its_beginning_and_closed_without_scrolling(
    visit: Visits, make_collection: Callable[..., Collection], viewport: dict[str, int]
) -> None:
    collection = make_collection(images=1)
    page = visit(f"{collection.path}/annotate", account=collection.annotator, viewport=viewport)
    expect(page.locator("[data-ground] img")).to_be_visible()
    page.keyboard.press("?")
    dialog = page.locator("dialog:modal")
    expect(dialog.get_by_role("heading", level=2)).to_be_in_viewport(ratio=1)
    expect(dialog.get_by_role("button").last).to_be_in_viewport(ratio=1)
    expect(dialog.get_by_role("button").last).to_be_focused()
    assert dialog.evaluate("dialog => dialog.scrollHeight > dialog.clientHeight && dialog.scrollTop === 0")
