"""Runs side by side, in a real browser: what changed, why, which images, and the course of all runs."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.db import session_scope
from app.domain.statuses import Verdict
from app.models import Project
from app.services import reviews
from tests.browser.conftest import NARROW
from tests.browser.review_world import Reviewed, make_reviewed

pytestmark = pytest.mark.browser
Check = Callable[[Page], None]


@pytest.fixture
def world(make_collection: Callable[..., Any]) -> Reviewed:
    return make_reviewed(make_collection)


def judge(world: Reviewed) -> None:
    """Say that the annotation of the first place is wrong."""
    image_id, label_id = world.errors[0]
    with session_scope() as session:
        reviews.judge(
            session,
            project=session.get_one(Project, world.collection.project.id),
            run=session.merge(world.run, load=False),
            account=session.merge(world.reviewer, load=False),
            image_id=image_id,
            label_id=label_id,
            verdict=Verdict.LABEL_ERROR,
            client_key="first",
        )


@pytest.mark.parametrize("options", [{}, {"viewport": NARROW, "color_scheme": "dark"}], ids=["wide", "narrow"])
def test_two_runs_are_read_and_their_largest_loss_is_opened(
    visit: Callable[..., Page], world: Reviewed, assert_accessible: Check, options: dict[str, Any]
) -> None:
    judge(world)
    page = visit(f"{world.collection.path}/compare?runs=1,2", account=world.reviewer, **options)
    expect(page.get_by_role("heading", name="Run 1 → run 2")).to_be_visible()
    expect(page.get_by_text("These figures may flatter")).to_be_visible()
    expect(page.get_by_role("rowheader", name="Only the answers changed")).to_be_visible()
    page.locator("#runs-history").scroll_into_view_if_needed()
    expect(page.locator("#runs-history svg").first).to_be_visible()
    assert_accessible(page)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
    page.get_by_role("region", name="Largest loss before and after").get_by_role("link").first.click()
    page.wait_for_url(re.compile(r"/errors/review\?list=errors|/images/\d+"))


def test_images_that_nobody_judged_are_measured_alone(visit: Callable[..., Page], world: Reviewed) -> None:
    judge(world)
    page = visit(f"{world.collection.path}/compare?runs=1,2", account=world.reviewer)
    page.get_by_role("link", name="Measure only on images that nobody judged").click()
    expect(page.get_by_text("Shown are only the 11 images that nobody judged.")).to_be_visible()
    page.get_by_role("link", name="Measure on all images again").click()
    expect(page.get_by_text("Shown are only")).to_have_count(0)


def test_a_fixed_image_is_opened_by_a_click(visit: Callable[..., Page], world: Reviewed) -> None:
    page = visit(f"{world.collection.path}/compare?runs=1,2", account=world.reviewer)
    page.locator("a[href*='list=fixed']").first.click()
    page.wait_for_url(re.compile(r"/runs/2/errors/review\?list=fixed"))
    expect(page.locator("[data-place]")).to_be_visible()


def test_comparisons_are_saved(visit: Callable[..., Page], world: Reviewed) -> None:
    page = visit(f"{world.collection.path}/compare?runs=1,2", account=world.reviewer)
    with page.expect_download() as caught:
        page.get_by_role("link", name="CSV").first.click()
    assert caught.value.suggested_filename == "runs-1-2.csv"
