"""The report and its labels' pages in a real browser: on every screen, sorted, weighed, saved, and on paper."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW
from tests.browser.review_world import Reviewed, make_reviewed

pytestmark = pytest.mark.browser
Check = Callable[[Page], None]


@pytest.fixture
def world(make_collection: Callable[..., Any]) -> Reviewed:
    return make_reviewed(make_collection)


@pytest.mark.parametrize("options", [{}, {"viewport": NARROW}, {"color_scheme": "dark"}])
def test_a_label_has_a_page_with_its_curves(
    visit: Callable[..., Page], world: Reviewed, assert_accessible: Check, options: dict[str, Any]
) -> None:
    page = visit(f"{world.root}/report", account=world.reviewer, **options)
    page.locator("section[aria-labelledby=figures] th a.cell-link").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".chart__plot svg")).to_have_count(page.locator("[data-chart]").count())
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_labels_are_sorted_and_beta_is_chosen_without_losing_one_another(
    visit: Callable[..., Page], world: Reviewed
) -> None:
    page = visit(f"{world.root}/report", account=world.reviewer)
    page.get_by_role("link", name="Recall", exact=True).click()
    expect(page.get_by_role("columnheader", name="Recall").first).to_have_attribute("aria-sort", "descending")
    page.get_by_label("Beta", exact=True).fill("3")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("Macro-F3")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Recall").first).to_have_attribute("aria-sort", "descending")


def test_the_chart_is_saved_from_the_menu(visit: Callable[..., Page], world: Reviewed) -> None:
    page = visit(f"{world.root}/report", account=world.reviewer)
    expect(page.locator(".chart__plot svg").first).to_be_visible()
    page.get_by_role("button", name="Save").first.click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Chart as SVG").click()
    assert saved.value.suggested_filename == "run-1-figures.svg"


def test_on_paper_everything_is_unfolded_and_nothing_is_cut_off(visit: Callable[..., Page], world: Reviewed) -> None:
    page = visit(f"{world.root}/report", account=world.reviewer, viewport={"width": 718, "height": 1000})
    expect(page.locator(".chart__plot svg").first).to_be_visible()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator("details:not([open])")).to_have_count(0)
    expect(page.get_by_role("navigation", name="Run 1")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator("details[open]")).to_have_count(0)
