"""Whether a project is ready for a training, and how it is divided, in a real browser."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.db import session_scope
from app.domain.statuses import Split, SplitMethod, TruthValue
from app.models import Image, Project, Truth

pytestmark = pytest.mark.browser


@pytest.fixture
def divided(make_collection: Callable[..., Any]) -> Any:
    """Twelve images of three boxes; eight have a split, two of those are nearly the same and straddle."""
    collection = make_collection(images=12)
    with session_scope() as session:
        for place, image in enumerate(collection.images):
            row = session.get_one(Image, image.id)
            row.details = {"source": f"box {place % 3}", "split": "valid" if place % 4 == 3 else "train"}
            row.split = None if place >= 8 else Split.VALIDATION if place % 4 == 3 else Split.TRAIN
            row.group_key = "near-1" if place in {2, 3} else None
            for column, label in enumerate(collection.labels):
                value = TruthValue.PRESENT if (place + column) % 2 else TruthValue.ABSENT
                session.add(Truth(image_id=image.id, label_id=label.id, value=value))
    return collection


def test_a_lead_sees_what_is_too_rare_and_what_straddles(
    visit: Callable[..., Page], divided: Any, assert_accessible: Callable[[Page], None]
) -> None:
    page = visit(f"{divided.path}/runs", account=divided.lead)
    page.get_by_role("link", name="Is this ready?").click()
    expect(page.get_by_role("heading", name="Is this ready?")).to_be_visible()
    expect(page.get_by_text("A training can start.")).to_be_visible()
    expect(page.get_by_text("positives in validation: recall is known to").first).to_be_visible()
    expect(page.get_by_text("1 group of nearly equal images is in more than one split")).to_be_visible()
    assert_accessible(page)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="All of them").first.click()
    expect(page.locator(".image-grid .frame")).to_have_count(2)


def test_the_preview_follows_what_is_chosen_and_is_kept_by_a_button(
    visit: Callable[..., Page], divided: Any, assert_accessible: Callable[[Page], None]
) -> None:
    page = visit(f"{divided.path}/ready", account=divided.lead, color_scheme="dark")
    preview = page.locator("#split-preview")
    expect(preview.get_by_text("Annotated images without a split: 4")).to_be_visible()
    expect(preview.get_by_text("This is how images are divided now.")).to_be_visible()
    expect(page.get_by_text("Proposed: As the column “split” says")).to_be_visible()
    expect(page.get_by_label("What stays together")).to_be_hidden()
    page.get_by_role("radio", name="By group").check()
    page.get_by_label("What stays together").select_option("source")
    expect(preview.get_by_role("heading", name="By group: source")).to_be_visible()
    page.get_by_label("Validation, in per cent").fill("3")
    expect(preview.get_by_text("Please choose 5 to 60 per cent.")).to_be_visible()
    page.get_by_label("Validation, in per cent").fill("40")
    expect(preview.get_by_role("button", name="Divide new images so")).to_be_visible()
    assert_accessible(page)
    preview.get_by_role("button", name="Divide new images so").click()
    expect(page.get_by_text("New images will be divided so from now on.")).to_be_visible()
    with session_scope(writes=False) as session:
        project = session.get_one(Project, divided.project.id)
        assert (project.split_method, project.split_detail) == (SplitMethod.GROUPED, "source")
        assert project.valid_share == pytest.approx(0.4)


def test_a_proposal_can_be_tried_without_a_script(visit: Callable[..., Page], divided: Any) -> None:
    page = visit(f"{divided.path}/ready", account=divided.lead, java_script_enabled=False)
    page.get_by_role("button", name="See what it would give").click()
    expect(page.locator("#split-preview").get_by_role("heading", name="As the column “split” says")).to_be_visible()
    page.get_by_role("button", name="Divide new images so").click()
    expect(page.get_by_text("New images will be divided so from now on.")).to_be_visible()
    expect(page.get_by_text("This is how it is done.")).to_be_visible()


def test_taking_all_splits_back_says_first_what_it_touches(
    visit: Callable[..., Page], divided: Any, assert_accessible: Callable[[Page], None]
) -> None:
    page = visit(f"{divided.path}/ready", account=divided.lead)
    page.get_by_role("link", name="Give all images new splits").click()
    expect(page.get_by_text("8 images have a split and lose it.")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Take all splits back").click()
    expect(page.get_by_text("The splits have been taken back.")).to_be_visible()
    expect(page.get_by_text("Annotated images without a split: 12")).to_be_visible()
    expect(page.get_by_text("There is 1 group of nearly equal images; it stays in one split.")).to_be_visible()


def test_a_large_collection_comes_by_itself(
    visit: Callable[..., Page], divided: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.routes.ready.LARGE", 5)
    page = visit(f"{divided.path}/ready", account=divided.lead)
    expect(page.get_by_role("heading", name="Label by label")).to_be_visible()
    page.get_by_role("radio", name="At random").check()
    expect(page.locator("#split-preview").get_by_role("heading", name="At random")).to_be_visible()
