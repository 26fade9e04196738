"""After a training, in a browser: how the run was made, its files, its card, what it takes, and deleting it."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.db import session_scope
from app.models import Run
from app.storage import get_storage, write_atomically
from tests.browser.conftest import NARROW
from tests.browser.review_world import Reviewed, make_reviewed

pytestmark = pytest.mark.browser
Check = Callable[[Page], None]
LAYERS = [
    {"path": f"network.blocks.{n}", "kind": "Conv2d", "shape": [1, 32, 56, 56], "parameters": 9216, "trained": "never"}
    for n in range(30)
]


@pytest.fixture
def world(make_collection: Callable[..., Any]) -> Reviewed:
    made = make_reviewed(make_collection)
    with session_scope() as session:
        run = session.get_one(Run, made.run.id)
        run.summary = {"input": [1, 1, 3, 224, 224], "layers": LAYERS, "parameters": 276480, "trainable": 4000}
        run.hardware = {"processor": "Some Processor @ 2.40 GHz", "cores": 2, "memory_bytes": 8 << 30, "graphics": ""}
        run.loss_curve = [[batch, 1 / batch] for batch in range(1, 20)]
        write_atomically(get_storage().checkpoints / str(run.id) / "weights.safetensors", [b"x" * 70_000])
    return made


@pytest.mark.parametrize("options", [{}, {"viewport": NARROW}, {"color_scheme": "dark"}])
@pytest.mark.parametrize("place", ["details", "files", "card", "delete"])
def test_each_page_is_accessible_and_fits(
    visit: Callable[..., Page], world: Reviewed, assert_accessible: Check, options: dict[str, Any], place: str
) -> None:
    page = visit(f"{world.root}/{place}", account=world.collection.lead, **options)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for summary in page.locator("details > summary").all():
        summary.click()
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_from_the_report_to_how_it_was_made_and_out_of_use(visit: Callable[..., Page], world: Reviewed) -> None:
    page = visit(f"{world.root}/report", account=world.collection.lead)
    page.get_by_role("navigation", name="Run 1").get_by_role("link", name="How it was made").click()
    expect(page.get_by_text("Some Processor")).to_be_visible()
    page.get_by_role("button", name="Take it out of use").click()
    expect(page.get_by_role("button", name="Use this model")).to_be_visible()


def test_a_file_is_made_when_asked_for(
    visit: Callable[..., Page], world: Reviewed, assert_accessible: Check, sent: list[tuple[str, int]]
) -> None:
    page = visit(f"{world.root}/files", account=world.collection.lead)
    page.get_by_role("button", name="Make this file: ONNX").click()
    expect(page.locator("#progress-onnx")).to_be_visible()
    assert [task for task, _job in sent] == ["loupe.model_file"]
    assert_accessible(page)


def test_a_run_is_deleted_after_it_was_told_what_goes(
    visit: Callable[..., Page], world: Reviewed, assert_accessible: Check
) -> None:
    page = visit(f"{world.root}/details", account=world.collection.lead)
    page.get_by_role("link", name="Storage of the whole project").click()
    expect(page.get_by_role("heading", name="By run")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Delete run 1").click()
    expect(page.get_by_text("this is the model in use")).to_be_visible()
    page.get_by_role("button", name="Delete run 1").click()
    expect(page.get_by_role("heading", name="Train", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="Run 1", exact=True)).to_have_count(0)
