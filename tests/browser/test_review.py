"""Reviewing errors with one key, comparing runs and reading the report, in a real browser."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from app.db import session_scope
from app.domain.statuses import Verdict
from app.models import Annotation, Review
from app.services import evaluations
from tests.browser.conftest import NARROW
from tests.browser.review_world import Reviewed, expect_place, make_reviewed, place, verdicts

pytestmark = pytest.mark.browser
Check = Callable[[Page], None]


@pytest.fixture
def world(make_collection: Callable[..., Any]) -> Reviewed:
    return make_reviewed(make_collection)


def test_one_key_judges_and_moves_on(visit: Callable[..., Page], world: Reviewed, assert_accessible: Check) -> None:
    page = visit(f"{world.root}/errors", account=world.reviewer)
    assert_accessible(page)
    page.get_by_role("link", name=re.compile("Review these")).click()
    expect_place(page, world, 0)
    assert_accessible(page)
    for position, key in enumerate("xma"):
        page.keyboard.press(key)
        expect_place(page, world, position + 1)
    expect(page.get_by_text("All saved")).to_be_visible()
    assert verdicts(world) == {
        world.errors[0]: Verdict.LABEL_ERROR,
        world.errors[1]: Verdict.MODEL_ERROR,
        world.errors[2]: Verdict.AMBIGUOUS,
    }
    with session_scope(writes=False) as session:
        assert evaluations.changes_since(session, world.run).labels == 1


def test_the_place_is_kept_through_reload_and_going_away(visit: Callable[..., Page], world: Reviewed) -> None:
    page = visit(f"{world.root}/errors/review", account=world.reviewer)
    for position in range(3):
        page.keyboard.press("x")
        expect_place(page, world, position + 1)
    expect(page.get_by_text("All saved")).to_be_visible()
    page.reload()
    expect_place(page, world, 3)
    kept = page.url
    page.goto(f"{world.root}/report")
    expect(page.get_by_text("3 labels have been changed since this run.")).to_be_visible()
    page.goto(kept)
    expect_place(page, world, 3)
    page.keyboard.press("ArrowLeft")
    expect_place(page, world, 2)
    expect(page.locator("[data-mark]")).to_contain_text("Annotation wrong")


def test_undo_goes_back_and_takes_the_decision_with_it(visit: Callable[..., Page], world: Reviewed) -> None:
    page = visit(f"{world.root}/errors/review", account=world.reviewer)
    for position in range(2):
        page.keyboard.press("x")
        expect_place(page, world, position + 1)
    expect(page.get_by_text("All saved")).to_be_visible()
    page.reload()  # what is to be undone outlives the page
    page.keyboard.press("u")
    expect_place(page, world, 1)
    expect(page.locator("[data-mark]")).to_be_empty()
    assert verdicts(world) == {world.errors[0]: Verdict.LABEL_ERROR}
    page.keyboard.press("u")
    expect_place(page, world, 0)
    expect(page.locator("[data-mark]")).to_be_empty()
    with session_scope(writes=False) as session:
        decisions = session.scalars(select(Annotation).where(Annotation.view == "review"))
        assert all(decision.superseded_at is not None for decision in decisions)


def test_a_failed_save_stays_visible_and_is_sent_again(visit: Any, world: Reviewed) -> None:
    page = visit(f"{world.root}/errors/review", account=world.reviewer)
    visit.guard_of(page).expect(r"/api/v1/|Failed to load resource")
    page.route("**/api/v1/**/verdicts", lambda route: route.abort())
    page.keyboard.press("x")
    expect_place(page, world, 1)
    expect(page.get_by_text("1 not saved yet")).to_be_visible()
    assert verdicts(world) == {}
    page.unroute("**/api/v1/**/verdicts")
    expect(page.get_by_text("All saved")).to_be_visible()
    assert verdicts(world) == {world.errors[0]: Verdict.LABEL_ERROR}


def test_an_answer_that_got_lost_does_not_count_twice(visit: Any, world: Reviewed) -> None:
    page = visit(f"{world.root}/errors/review", account=world.reviewer)
    visit.guard_of(page).expect(r"/api/v1/|Failed to load resource")
    lost = 0

    def lose_the_first(route: Route) -> None:
        nonlocal lost
        route.fetch()
        lost += 1
        if lost == 1:
            route.abort()
        else:
            route.continue_()

    page.route("**/api/v1/**/verdicts", lose_the_first)
    page.keyboard.press("x")
    expect(page.get_by_text("All saved")).to_be_visible()
    with session_scope(writes=False) as session:
        assert len(session.scalars(select(Review)).all()) == 1


def test_what_the_server_refuses_is_said_and_not_marked(visit: Any, world: Reviewed) -> None:
    page = visit(f"{world.root}/errors/review", account=world.reviewer)
    visit.guard_of(page).expect(r"409|Failed to load resource")
    with session_scope() as session:
        label = next(label for label in world.collection.labels if label.id == world.errors[0][1])
        session.merge(label).removed_at = world.run.created_at
    page.keyboard.press("x")
    expect(page.get_by_text("was removed from the project meanwhile")).to_be_visible()
    assert verdicts(world) == {}


def test_two_reviewers_at_once_see_each_others_verdicts(visit: Callable[..., Page], world: Reviewed) -> None:
    first = visit(f"{world.root}/errors/review", account=world.reviewer)
    second = visit(f"{world.root}/errors/review", account=world.collection.lead)
    first.keyboard.press("x")
    expect(first.get_by_text("All saved")).to_be_visible()
    second.keyboard.press("m")
    expect(second.get_by_text("All saved")).to_be_visible()
    # Both are kept, and the later one decides.
    assert verdicts(world) == {world.errors[0]: Verdict.MODEL_ERROR}
    with session_scope(writes=False) as session:
        kept = session.scalars(select(Review).where(Review.undone_at.is_(None)).order_by(Review.id)).all()
        assert [review.verdict for review in kept] == [Verdict.LABEL_ERROR, Verdict.MODEL_ERROR]
        assert evaluations.changes_since(session, world.run).labels == 0
    first.keyboard.press("k")
    expect(first.locator("[data-mark]")).to_contain_text("Model wrong")


def test_a_key_held_down_judges_one_place(visit: Callable[..., Page], world: Reviewed) -> None:
    page = visit(f"{world.root}/errors/review", account=world.reviewer)
    page.keyboard.down("x")
    expect_place(page, world, 1)
    for _time in range(5):
        page.keyboard.down("x")
    page.keyboard.up("x")
    expect(page.get_by_text("All saved")).to_be_visible()
    assert len(verdicts(world)) == 1


def test_by_hand_on_a_small_screen(visit: Callable[..., Page], world: Reviewed, assert_accessible: Check) -> None:
    page = visit(f"{world.root}/errors/review", account=world.reviewer, viewport=NARROW, has_touch=True)
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="The annotation is wrong").tap()
    expect_place(page, world, 1)
    expect(page.get_by_text("All saved")).to_be_visible()
    assert verdicts(world) == {world.errors[0]: Verdict.LABEL_ERROR}


def test_a_cell_of_the_report_opens_its_images(
    visit: Callable[..., Page], world: Reviewed, assert_accessible: Check
) -> None:
    page = visit(f"{world.root}/report", account=world.collection.lead)
    expect(page.locator(".chart__plot svg")).to_be_visible()
    assert_accessible(page)
    cell = page.locator(".confusion__cell--wrong a").first
    count = int(cell.locator("strong").inner_text())
    cell.click()
    expect(page.locator(".image-grid > li")).to_have_count(count)
    page.locator(".image-grid a").first.click()
    expect(place(page)).to_have_attribute("data-position", "0")


def test_a_lead_retrains_from_the_report(visit: Callable[..., Page], world: Reviewed, sent: list[Any]) -> None:
    page = visit(f"{world.root}/report", account=world.collection.lead)
    page.get_by_role("button", name="Retrain").first.click()
    expect(page).to_have_url(re.compile(r"/runs/3$"))
    assert [task for task, _job in sent] == ["loupe.train"]


@pytest.mark.parametrize("options", [{}, {"viewport": NARROW}, {"color_scheme": "dark"}])
def test_two_runs_side_by_side(
    visit: Callable[..., Page], world: Reviewed, assert_accessible: Check, options: dict[str, Any]
) -> None:
    page = visit(f"{world.collection.path}/compare?runs=1,2", account=world.reviewer, **options)
    expect(page.get_by_role("heading", name="Run 1 → run 2")).to_be_visible()
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("#flips ~ * .image-grid a, section[aria-labelledby=flips] .image-grid a").first.click()
    expect(place(page)).to_be_visible()


@pytest.mark.parametrize("options", [{"viewport": NARROW}, {"color_scheme": "dark"}])
def test_the_report_on_other_screens(
    visit: Callable[..., Page], world: Reviewed, assert_accessible: Check, options: dict[str, Any]
) -> None:
    page = visit(f"{world.root}/report", account=world.reviewer, **options)
    expect(page.locator(".chart__plot svg")).to_be_visible()
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
