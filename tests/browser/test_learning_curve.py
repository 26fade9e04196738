"""Would more images help, in a browser: a real small training, its learning curve asked for, seen and fetched."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW, Collection, Visits
from tests.browser.trial_worker import taught, working

pytestmark = pytest.mark.browser
# A network is loaded and looks at a dozen images, beside others who work on this computer.
SLOW_MS = 120_000
LABELS = ("human", "animal", "landscape")


@pytest.fixture
def collection(make_collection: Callable[..., Collection]) -> Collection:
    return taught(make_collection(16, LABELS))


@pytest.fixture
def worker(live: str, sent: list[tuple[str, int]]) -> Iterator[None]:
    with working(sent):
        yield


def numbers_of(page: Page, folder: Path) -> list[dict[str, str]]:
    with page.expect_download() as fetched:
        page.get_by_role("link", name="All numbers as CSV").click()
    fetched.value.save_as(folder / "curve.csv")
    return list(csv.DictReader(io.StringIO((folder / "curve.csv").read_text("utf-8-sig"))))


def test_the_curve_of_a_real_training_is_asked_for_seen_and_fetched(
    visit: Visits, collection: Collection, worker: None, assert_accessible: Callable[[Page], None], tmp_path: Path
) -> None:
    page = visit(f"{collection.path}/runs/new?size=32", account=collection.lead)
    page.get_by_role("button", name="Start training").last.click()
    page.wait_for_url("**/report", timeout=SLOW_MS)
    page.get_by_role("navigation", name="Run 1").get_by_role("link", name="More images?").click()
    expect(page.get_by_role("heading", name="Nobody has asked yet")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Find out").click()
    expect(page.get_by_role("heading", name="The answer")).to_be_visible(timeout=SLOW_MS)
    curves = page.locator(".curve-grid figure")
    expect(curves).to_have_count(1 + len(LABELS))
    expect(curves.first.locator("svg .mark-line path").first).to_be_attached()
    assert_accessible(page)
    human = curves.nth(1)
    human.get_by_text("The numbers as a table").click()
    expect(human.locator("tbody tr")).to_have_count(5)
    assert_accessible(page)
    # What stands on the page is what stands in the file.
    rows = numbers_of(page, tmp_path)
    assert {row["label"] for row in rows} >= set(LABELS)
    name, sizes = human.locator("figcaption").inner_text(), human.locator("tbody th").all_inner_texts()
    assert {row["training_images"] for row in rows if row["label"] == name} == set(sizes)
    reader = visit(page.url, account=collection.reviewer, color_scheme="dark", viewport=NARROW)
    expect(reader.locator(".curve-grid svg .mark-line path").first).to_be_attached()
    expect(reader.get_by_role("button", name="Find out again")).to_have_count(0)
    assert_accessible(reader)
    assert reader.evaluate("document.documentElement.scrollWidth <= innerWidth")
