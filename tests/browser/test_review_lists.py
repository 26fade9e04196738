"""The lists of a run in a real browser: each shows what was planted, and leads to judging it."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.db import session_scope
from app.domain.statuses import JobKind, JobStatus, Verdict
from app.models import Image, Job, Run
from app.models.types import now
from app.services import inspections, snapshots
from app.services.inspections import Findings
from tests.browser.conftest import NARROW
from tests.browser.review_world import Reviewed, make_reviewed, place, verdicts

pytestmark = pytest.mark.browser
Check = Callable[[Page], None]
# The planted place of each list, as (image, label) by their place in the collection.
SUSPECT, STRANGE, TWINS = (7, 1), 11, (2, 15)


@pytest.fixture
def world(make_collection: Callable[..., Any]) -> Reviewed:
    return make_reviewed(make_collection)


def find(world: Reviewed) -> None:
    """Write what an inspection would find."""
    images = world.collection.images
    with session_scope() as session:
        known = snapshots.truth_matrix(session, session.get_one(Run, world.run.id))
        row_of = known.rows()
        quality = np.where(known.truth >= 0, 0.9, np.nan)
        quality[row_of[images[SUSPECT[0]].id], SUSPECT[1]] = 0.02
        outlier = np.full(len(known.image_ids), 0.3)
        outlier[row_of[images[STRANGE].id]] = 0.8
        none = [known.image_ids[:0]] * len(outlier)
        found = Findings(known.image_ids, quality, outlier)
        inspections.write(session, world.run.id, found, none, [np.zeros(0)] * len(outlier))
        figures = {str(label.id): place for place, label in enumerate(world.collection.labels)}
        inspections.complete(session, world.run.id, {"estimated": figures, "judged_anew": 0})
        for twin in TWINS:
            session.get_one(Image, images[twin].id).group_key = "near-1"


def judge_first(page: Page, world: Reviewed) -> tuple[int, int]:
    """Say of the first place of the list that the annotation is wrong; gives its image and label."""
    page.get_by_role("link", name=re.compile("Review these")).click()
    expect(place(page)).to_have_attribute("data-position", "0")
    shown = int(place(page).get_attribute("data-image")), int(place(page).get_attribute("data-label"))
    page.wait_for_load_state("networkidle")
    page.keyboard.press("x")
    expect(page.get_by_text("All saved")).to_be_visible()
    assert verdicts(world)[shown] is Verdict.LABEL_ERROR
    return shown


def test_a_planted_error_is_found_and_judged_in_each_list(
    visit: Callable[..., Page], world: Reviewed, assert_accessible: Check
) -> None:
    find(world)
    made = world.collection
    page = visit(f"{world.root}/errors", account=world.reviewer)
    for name, heading in (("Suspects", "Suspects"), ("Outliers", "Outliers"), ("Near-duplicates", "Near-duplicates")):
        page.goto(f"{world.root}/errors")
        page.get_by_role("navigation", name="Lists").get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
        assert_accessible(page)
        shown = judge_first(page, world)
        if name == "Suspects":
            assert shown == (made.images[SUSPECT[0]].id, made.labels[SUSPECT[1]].id)
        elif name == "Outliers":
            assert shown[0] == made.images[STRANGE].id
        else:
            assert shown[0] in {made.images[twin].id for twin in TWINS}
    page.goto(f"{world.root}/errors?list=suspects")
    expect(page.get_by_text("1 reviewed")).to_be_visible()
    page.goto(f"{world.root}/errors?list=disagreement")
    expect(page.get_by_role("heading", level=1)).to_have_text("Judged differently by run 2")
    judge_first(page, world)


def test_the_list_appears_by_itself_once_the_search_is_over(
    visit: Callable[..., Page], world: Reviewed, assert_accessible: Check
) -> None:
    page = visit(f"{world.root}/errors?list=suspects", account=world.reviewer)
    assert_accessible(page)
    page.get_by_role("button", name="Search now").click()
    expect(page.get_by_text("as soon as a worker is free")).to_be_visible()
    with session_scope() as session:
        job = session.scalars(select(Job).where(Job.kind == JobKind.INSPECT)).one()
        job.status, job.stage, job.done, job.total = JobStatus.RUNNING, "Comparing the images", 6, 24
        job.heartbeat_at = now()
    expect(page.get_by_text("Comparing the images")).to_be_visible()
    assert_accessible(page)
    find(world)
    with session_scope() as session:
        session.scalars(select(Job).where(Job.kind == JobKind.INSPECT)).one().status = JobStatus.SUCCEEDED
    expect(page.get_by_text("About 3 answers are wrong over all labels")).to_be_visible()
    expect(page.get_by_role("list", name="Suspects").get_by_role("listitem")).to_have_count(1)


def test_a_list_is_narrowed_with_the_keyboard_on_a_small_screen(
    visit: Callable[..., Page], world: Reviewed, assert_accessible: Check
) -> None:
    with session_scope() as session:
        for image in world.collection.images[:4]:
            session.get_one(Image, image.id).details = {"source": "Evening News"}
    page = visit(f"{world.root}/errors?split=all", account=world.reviewer, viewport=NARROW, color_scheme="dark")
    page.get_by_text("Narrow to a part of the collection").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Only images of").select_option(label="Evening News (4)")
    assert_accessible(page)
    page.get_by_role("button", name="Show").press("Enter")
    expect(page.get_by_label("Only images of")).to_have_value("detail.source:Evening News")
    inside = {image.id for image in world.collection.images[:4]}
    links = page.locator("ul.image-grid a").evaluate_all("links => links.map(link => link.href)")
    assert {int(re.findall(r"item=(\d+)-", link)[0]) for link in links} <= inside
    assert links
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_role("link", name="Clear").click()
    expect(page).not_to_have_url(re.compile("slice="))
