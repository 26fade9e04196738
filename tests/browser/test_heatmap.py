"""Where the network looks: laid over the image on a key, kept on for the next one, waited for in words."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image as Picture
from playwright.sync_api import Page, expect

from app.db import session_scope
from app.domain.statuses import JobStatus
from app.models import Job
from app.storage import get_storage, write_atomically
from tests.browser.review_world import Reviewed, expect_place, make_reviewed

pytestmark = pytest.mark.browser


@pytest.fixture
def world(make_collection: Callable[..., Any]) -> Reviewed:
    return make_reviewed(make_collection)


@pytest.fixture
def judging(visit: Callable[..., Page], world: Reviewed) -> Page:
    return visit(f"{world.root}/errors/review", account=world.reviewer)


def make_map(world: Reviewed, position: int) -> None:
    """Put a map into the storage, as the worker does."""
    with session_scope(writes=False) as session:
        run_id = session.merge(world.run, load=False).id
    stream = io.BytesIO()
    Picture.new("RGBA", (448, 336), (255, 232, 72, 120)).save(stream, "PNG")
    write_atomically(get_storage().activation_map(run_id, *world.errors[position]), [stream.getvalue()])


def toggle(page: Page) -> Any:
    return page.get_by_role("button", name="Where the network looks")


def heatmap(page: Page) -> Any:
    return page.locator(".heatmap")


def test_the_map_lies_on_the_image_and_stays_on(judging: Page, world: Reviewed) -> None:
    for position in (0, 1):
        make_map(world, position)
    expect(toggle(judging)).to_have_attribute("aria-pressed", "false")
    judging.keyboard.press("h")
    expect(heatmap(judging)).to_be_visible()
    expect(toggle(judging)).to_have_attribute("aria-pressed", "true")
    expect(judging.get_by_text("speaks most for the label")).to_be_visible()
    assert heatmap(judging).bounding_box() == judging.locator("[data-picture]").bounding_box()
    judging.keyboard.press("z")
    assert heatmap(judging).bounding_box() == judging.locator("[data-picture]").bounding_box()
    judging.keyboard.press("ArrowRight")
    expect_place(judging, world, 1)
    expect(heatmap(judging)).to_be_visible()
    expect(heatmap(judging)).to_have_attribute("src", judging.locator("[data-heatmap]").get_attribute("data-url") or "")
    judging.reload()
    expect(heatmap(judging)).to_be_visible()
    toggle(judging).click()
    expect(heatmap(judging)).to_have_count(0)
    expect(judging.locator("[data-heatmap-status]")).to_be_empty()


def test_a_map_is_asked_for_with_the_next_ones_and_shown_when_it_comes(
    judging: Page, world: Reviewed, sent: list[tuple[str, int]]
) -> None:
    toggle(judging).click()
    expect(judging.get_by_text("No worker is running that could ask the network.")).to_be_visible()
    (task, job_id) = sent[-1]
    assert task == "loupe.activation"
    with session_scope(writes=False) as session:
        asked = session.get_one(Job, job_id).params["places"]
    assert asked == [list(pair) for pair in world.errors[:5]]
    make_map(world, 0)
    expect(heatmap(judging)).to_be_visible()


def test_a_failure_is_said_and_no_map_shown(
    judging: Page, visit: Any, world: Reviewed, sent: list[tuple[str, int]]
) -> None:
    visit.guard_of(judging).expect(r"/maps/|404")
    judging.keyboard.press("h")
    expect(judging.get_by_text("No worker is running")).to_be_visible()
    with session_scope() as session:
        job = session.get_one(Job, sent[-1][1])
        job.status, job.error = JobStatus.FAILED, "The files of this model are missing."
    expect(judging.get_by_text("The files of this model are missing.")).to_be_visible()
    expect(heatmap(judging)).to_have_count(0)
    # Switched off and on, it is asked again.
    judging.keyboard.press("h")
    judging.keyboard.press("h")
    expect(judging.get_by_text("No worker is running")).to_be_visible()


def test_nothing_to_see_is_said(judging: Page, world: Reviewed) -> None:
    with session_scope(writes=False) as session:
        run_id = session.merge(world.run, load=False).id
    write_atomically(get_storage().empty_map(run_id, *world.errors[0]), [])
    judging.keyboard.press("h")
    expect(judging.get_by_text("Nothing in this image speaks for the label.")).to_be_visible()
