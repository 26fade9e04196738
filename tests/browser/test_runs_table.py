"""The table of runs in a real browser: sorting, filtering, remarks where they stand, and the curves."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.db import session_scope
from app.domain.statuses import JobKind, JobStatus, Recipe
from app.models import Job, Run

pytestmark = pytest.mark.browser


@pytest.fixture
def trained(make_collection: Callable[..., Any]) -> Any:
    """Five finished runs, the middle one the best, the last one going on from it."""
    collection = make_collection(images=2)
    with session_scope() as session:
        first = 0
        for number, figure in enumerate((0.5, 0.6, 0.9, 0.7, 0.8), start=1):
            job = Job(project_id=collection.project.id, kind=JobKind.TRAIN, status=JobStatus.SUCCEEDED)
            session.add(job)
            session.flush()
            recipe = Recipe.QUICK if number < 4 else Recipe.FINETUNE
            run = Run(project_id=collection.project.id, number=number, job_id=job.id, recipe=recipe, seed=1)
            run.evaluation = {
                "n_images": 10 * number,
                "at_half": {"mean_average_precision": figure},
                "tuned": {"macro": {"f1": figure - 0.1}},
            }
            run.parent_id = first if number == 5 else None
            session.add(run)
            session.flush()
            first = run.id if number == 3 else first
    return collection


def order(page: Page) -> list[str]:
    return page.locator("tr[id^=run-] th a.cell-link").filter(has_text=re.compile("^Run")).all_inner_texts()


def test_runs_are_sorted_filtered_and_drawn(
    visit: Callable[..., Page], trained: Any, assert_accessible: Callable[[Page], None]
) -> None:
    page = visit(f"{trained.path}/runs", account=trained.lead)
    assert order(page) == ["Run 5", "Run 4", "Run 3", "Run 2", "Run 1"]
    expect(page.get_by_role("link", name="run 3", exact=True)).to_be_visible()
    expect(page.locator("#runs-by-time svg .mark-line").first).to_be_attached()
    expect(page.locator("#runs-by-images svg .mark-symbol").first).to_be_attached()
    assert_accessible(page)
    page.get_by_role("link", name="Macro-F1").click()
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Macro-F1")
    assert order(page) == ["Run 3", "Run 5", "Run 4", "Run 2", "Run 1"]
    page.get_by_role("link", name="Macro-F1").click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Macro-F1")
    page.get_by_label("Recipe", exact=True).select_option("finetune")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_text("2 of 5 runs.")).to_be_visible()
    assert order(page) == ["Run 4", "Run 5"]
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_remark_and_tags_are_written_where_they_stand(
    visit: Callable[..., Page], trained: Any, assert_accessible: Callable[[Page], None]
) -> None:
    page = visit(f"{trained.path}/runs", account=trained.lead, color_scheme="dark")
    row = page.locator("#run-3")
    row.get_by_text("Add a remark").click()
    row.get_by_label("Tags").fill("x" * 41)
    row.get_by_label("Remark").fill("For the paper.")
    row.get_by_role("button", name="Save").click()
    expect(row.get_by_text("Please keep each tag under 40 characters.")).to_be_visible()
    expect(row.get_by_label("Remark")).to_have_value("For the paper.")
    expect(row.get_by_label("Tags")).to_be_focused()
    assert_accessible(page)
    row.get_by_label("Tags").fill("paper, best")
    row.get_by_role("button", name="Save").click()
    expect(row.get_by_role("status")).to_have_text("The remark and tags of run 3 have been saved.")
    expect(row.locator(".run-notes__remark")).to_have_text("For the paper.")
    expect(row.locator("summary")).to_be_focused()
    page.reload()
    page.get_by_role("link", name="Only runs with the tag best").click()
    expect(page.get_by_text("1 of 5 runs.")).to_be_visible()
    assert order(page) == ["Run 3"]


def test_the_table_works_without_a_script(visit: Callable[..., Page], trained: Any) -> None:
    page = visit(f"{trained.path}/runs", account=trained.lead, java_script_enabled=False)
    page.get_by_role("link", name="Mean average precision").click()
    assert order(page)[0] == "Run 3"
    row = page.locator("#run-3")
    row.get_by_text("Add a remark").click()
    row.get_by_label("Remark").fill("Written by hand.")
    row.get_by_role("button", name="Save").click()
    expect(page.locator("#run-3").get_by_text("Written by hand.").first).to_be_visible()
