"""The tables of confusion in a real browser: read, opened, judged, and saved as pictures."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from app.db import session_scope
from app.domain.statuses import Split, Verdict
from app.models import Review
from tests.browser.conftest import NARROW
from tests.run_factory import answer, make_run

pytestmark = pytest.mark.browser
Check = Callable[[Page], None]


@dataclass
class Confused:
    """A collection with a run that takes animals for humans on four images."""

    collection: Any

    @property
    def path(self) -> str:
        return f"{self.collection.path}/runs/1/confusion?at=half"


@pytest.fixture
def world(make_collection: Callable[..., Any]) -> Confused:
    made = make_collection(images=12)
    truth = np.zeros((12, 3), dtype=np.int8)
    truth[:6, 1] = truth[6:, 0] = 1
    truth[8:, 2] = 1
    probabilities = np.where(truth == 1, 0.9, 0.1).astype(np.float32)
    probabilities[:4, :2] = [0.8, 0.2]
    with session_scope() as session:
        answer(session, made.images, made.labels, truth, made.annotator)
        splits = [Split.VALIDATION] * 12
        make_run(session, made.project, made.labels, made.images, splits, truth, probabilities, account=made.lead)
    return Confused(made)


def cell(page: Page, table: str, row: int, column: int) -> Locator:
    return page.locator(f"[aria-labelledby='{table}'] tbody tr").nth(row).locator("td").nth(column)


@pytest.mark.parametrize("viewport", [{"width": 1440, "height": 900}, NARROW])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_tables_are_readable_for_everyone(
    world: Confused, visit: Callable[..., Page], assert_accessible: Check, viewport: dict[str, int], scheme: str
) -> None:
    page = visit(world.path, account=world.collection.reviewer, viewport=viewport, color_scheme=scheme)
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_sentence_and_a_number_lead_to_their_images_and_to_a_verdict(
    world: Confused, visit: Callable[..., Page]
) -> None:
    page = visit(world.path, account=world.collection.reviewer)
    sentence = "“animal” was missed on 4 images where “human” was added"
    page.get_by_role("link", name=sentence).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("“animal” missed, “human” added")
    page.go_back()
    number = cell(page, "grid-confused", 1, 0).get_by_role("link")
    expect(number).to_have_text("4")
    number.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("“human” wrongly added where “animal” is shown")
    expect(page.locator(".image-grid > li")).to_have_count(4)
    page.get_by_role("link", name="Review these").click()
    page.wait_for_url("**/errors/review?**")
    page.keyboard.press("x")
    expect(page.get_by_text("2 of 4")).to_be_visible()
    expect(page.get_by_text("All saved")).to_be_visible()
    with session_scope(writes=False) as session:
        kept = session.scalars(select(Review)).one()
        assert (kept.label_id, kept.verdict) == (world.collection.labels[0].id, Verdict.LABEL_ERROR)
    page.get_by_role("link", name="List").click()
    page.get_by_role("link", name="Confusion").first.click()
    expect(page).to_have_url(re.compile(r"/confusion\?split=validation&at=half$"))


def test_tab_stops_once_at_a_table_and_arrows_move_among_its_numbers(
    world: Confused, visit: Callable[..., Page]
) -> None:
    page = visit(world.path, account=world.collection.reviewer)
    page.locator("[data-grid-keys] tbody a[tabindex='0']").first.focus()
    expect(cell(page, "grid-confused", 0, 0).get_by_role("link")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(cell(page, "grid-confused", 1, 0).get_by_role("link")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(cell(page, "grid-confused", 1, 1).get_by_role("link")).to_be_focused()
    page.keyboard.press("ArrowDown")  # nothing opens below: one stays
    expect(cell(page, "grid-confused", 1, 1).get_by_role("link")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('[data-grid-keys]')") is None
    page.keyboard.press("Shift+Tab")
    expect(cell(page, "grid-confused", 1, 1).get_by_role("link")).to_be_focused()


def test_shares_are_a_click_away_and_the_place_on_the_page_is_kept(world: Confused, visit: Callable[..., Page]) -> None:
    page = visit(world.path, account=world.collection.reviewer)
    switch = page.get_by_role("navigation", name="In the cells").last
    switch.get_by_role("link", name="Shares of the row").click()
    expect(page).to_have_url(re.compile("show=rows.*#label-by-label$"))
    expect(cell(page, "grid-confused", 1, 0)).to_have_text(re.compile(r"67\s%"))
    expect(page.get_by_role("heading", name="Where a label is shown, what was said")).to_be_in_viewport()


def test_a_table_is_saved_as_a_picture(world: Confused, visit: Callable[..., Page]) -> None:
    page = visit(world.path, account=world.collection.reviewer)
    for figure, texts in (("#confusion-label-by-label", 16), ("#confusion-together", 18)):
        page.locator(f"details:has({figure}) > summary").click()
        drawn = page.locator(f"{figure} svg").last
        expect(drawn.locator(".mark-text.role-mark text")).to_have_count(texts)
        with page.expect_download() as download:
            page.locator(f"{figure} [data-chart-save=svg]").click()
        assert "<svg" in download.value.path().read_text(encoding="utf-8")
    page.get_by_role("button", name="Save").click()
    for words in ("Tables as CSV", "Tables as JSON"):
        with page.expect_download() as download:
            page.get_by_role("link", name=words).click()
        assert "human" in download.value.path().read_text(encoding="utf-8")
