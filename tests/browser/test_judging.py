"""Judging one by one, blind, and many at once, with a network that fails or is slow, in a real browser."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from app.db import session_scope
from app.domain.statuses import Answer, Split, Verdict
from app.models import Comment, Image, Review, SecondOpinion
from app.services import review_lists
from app.services.list_queries import ListQuery
from tests.browser.conftest import NARROW
from tests.browser.review_world import Reviewed, expect_place, make_reviewed, place, verdicts

pytestmark = pytest.mark.browser
Check = Callable[[Page], None]
# What is on the page before a blind answer must not give away what people or the model said.
TELLING = ["missed", "wrongly added", "People said", "The model says", "Who said what", "data-judge", "data-heatmap="]


@pytest.fixture
def world(make_collection: Callable[..., Any]) -> Reviewed:
    return make_reviewed(make_collection)


@pytest.fixture
def judging(visit: Callable[..., Page], world: Reviewed) -> Page:
    return visit(f"{world.root}/errors/review", account=world.reviewer)


def saved(page: Page) -> None:
    expect(page.get_by_text("All saved")).to_be_visible()


def excluded() -> set[int]:
    with session_scope(writes=False) as session:
        return set(session.scalars(select(Image.id).where(Image.excluded_at.is_not(None))))


def open_questions() -> set[int]:
    with session_scope(writes=False) as session:
        return set(session.scalars(select(SecondOpinion.image_id).where(SecondOpinion.closed_at.is_(None))))


def reviews() -> list[Review]:
    with session_scope(writes=False) as session:
        return list(session.scalars(select(Review).order_by(Review.id)))


def grid_items(world: Reviewed, label: int) -> list[tuple[int, int]]:
    with session_scope(writes=False) as session:
        query = ListQuery(split=None, label=world.collection.labels[label].id)
        return list(review_lists.open_list(session, world.run, query).pairs())


def grid_of(world: Reviewed, label: int = 0) -> str:
    return f"{world.root}/errors/grid?split=all&label={world.collection.labels[label].id}"


def test_every_verdict_has_a_key_and_all_are_undone_in_another_window(
    visit: Callable[..., Page], world: Reviewed, judging: Page
) -> None:
    given = list(zip("xmase", Verdict, strict=True))
    for position, (key, _verdict) in enumerate(given):
        judging.keyboard.press(key)
        expect_place(judging, world, position + 1)
    saved(judging)
    assert verdicts(world) == {world.errors[i]: verdict for i, (_key, verdict) in enumerate(given)}
    assert open_questions() == {world.errors[3][0]}
    assert excluded() == {world.errors[4][0]}
    assert {review.list_kind for review in reviews()} == {"errors"}
    # A window that knows nothing of them asks the server what this person did last.
    elsewhere = visit(f"{world.root}/errors/review?position=8", account=world.reviewer)
    for position in reversed(range(len(given))):
        elsewhere.keyboard.press("u")
        expect_place(elsewhere, world, position)
        saved(elsewhere)
        expect(elsewhere.locator("[data-mark]")).to_be_empty()
    assert verdicts(world) == {}
    assert (open_questions(), excluded()) == (set(), set())
    elsewhere.keyboard.press("u")
    expect(elsewhere.get_by_text("no verdict of yours to undo")).to_be_visible()


def test_the_progress_of_the_list_follows_every_verdict(world: Reviewed, judging: Page) -> None:
    expect(judging.locator("[data-progress]")).to_contain_text("No place of this list is judged yet.")
    judging.keyboard.press("x")
    expect(judging.locator("[data-progress]")).to_contain_text("Of 1 place judged, 1 was a wrong annotation: 100 %")
    judging.keyboard.press("m")
    expect(judging.locator("[data-progress]")).to_contain_text("Of 2 places judged, 1 were wrong annotations: 50 %")
    expect(judging.locator("[data-progress]")).to_contain_text(re.compile(r"\[9.91 %\]"))


def test_blind_mode_hides_everything_until_there_is_an_answer(
    visit: Callable[..., Page], world: Reviewed, judging: Page, assert_accessible: Check
) -> None:
    judging.keyboard.press("b")
    expect(judging.get_by_role("button", name="It is there")).to_be_visible()
    assert_accessible(judging)
    judging.keyboard.press("x")  # nothing can be judged yet
    # The same by the address alone, and for this person in this browser without it.
    for address in (judging.url, judging.url.replace("blind=1&", "")):
        judging.goto(address)
        shown = judging.locator("[data-review]").inner_html()
        assert [word for word in TELLING if word in shown] == []
        assert "Blind review" in judging.title()
    judging.keyboard.press("p")
    expect(judging.get_by_text(re.compile(r"You said: present\. People said: (present|absent)"))).to_be_visible()
    assert "answer=present" in judging.url
    judging.reload()  # the answer is not asked for a second time, now that the truth was seen
    expect(judging.get_by_text("You said: present.")).to_be_visible()
    assert_accessible(judging)
    proposed = place(judging).get_attribute("data-proposal")
    judging.keyboard.press("Enter")
    expect_place(judging, world, 1)
    saved(judging)
    review = reviews()[0]
    assert (review.verdict.value, review.blind_answer) == (proposed, Answer.PRESENT)
    expect(judging.locator("[data-progress]")).to_contain_text("Of 1 blind answer")
    # Not sure is ambiguous; and one may choose another verdict than the one proposed.
    judging.keyboard.press("?")
    expect(place(judging)).to_have_attribute("data-proposal", "ambiguous")
    judging.keyboard.press("m")
    expect_place(judging, world, 2)
    saved(judging)
    assert (reviews()[1].verdict, reviews()[1].blind_answer) == (Verdict.MODEL_ERROR, Answer.UNSURE)
    judging.keyboard.press("b")
    expect(judging.get_by_role("button", name="The annotation is wrong")).to_be_visible()
    # Somebody else's blind mode is their own.
    other = visit(f"{world.root}/errors/review", account=world.collection.lead)
    expect(other.get_by_role("button", name="The annotation is wrong")).to_be_visible()


def test_the_answer_proposes_what_follows_from_it(world: Reviewed, judging: Page) -> None:
    with session_scope(writes=False) as session:
        listed = review_lists.open_list(session, world.run, ListQuery())
        told = [entry.present for entry in review_lists.entries(session, listed, range(2))]
    judging.keyboard.press("b")
    for position, (present, agree) in enumerate(zip(told, (True, False), strict=True)):
        expect(judging.locator("[data-blind-answer]").first).to_be_visible()
        judging.keyboard.press("p" if present is agree else "n")
        expect(place(judging)).to_have_attribute("data-proposal", "model_error" if agree else "label_error")
        judging.keyboard.press("Enter")
        expect_place(judging, world, position + 1)
    expect(judging.locator("[data-progress]")).to_contain_text("Of 2 blind answers, 1 agree with the annotation: 50 %")


def test_a_comment_is_kept_while_typed_and_seen_by_others(
    visit: Callable[..., Page], world: Reviewed, judging: Page
) -> None:
    judging.keyboard.press("c")
    assert judging.evaluate("document.documentElement.scrollHeight <= innerHeight && scrollY === 0")
    judging.keyboard.type("A plough, xmas trees, no animal.")
    expect_place(judging, world, 0)  # letters in the field are no verdicts
    judging.reload()
    field = judging.locator("[data-comment]")
    expect(field).to_have_value("A plough, xmas trees, no animal.")
    field.press("Control+Enter")
    saved(judging)
    expect(field).to_have_value("")
    judging.reload()
    expect(judging.get_by_text("A plough, xmas trees, no animal.")).to_be_visible()
    other = visit(f"{world.collection.path}/images/{world.errors[0][0]}", account=world.collection.annotator)
    expect(other.get_by_text("A plough, xmas trees, no animal.")).to_be_visible()
    assert other.get_by_role("button", name="Remove").count() == 0
    judging.get_by_role("button", name="Remove").click()
    expect(judging.get_by_text("A plough, xmas trees, no animal.")).to_have_count(0)
    with session_scope(writes=False) as session:
        assert session.scalars(select(Comment)).one().removed_at is not None


def test_the_next_place_is_there_at_once_though_the_server_is_slow(world: Reviewed, judging: Page) -> None:
    def slowly(route: Route) -> None:
        time.sleep(0.3)
        route.continue_()

    judging.wait_for_timeout(1500)
    judging.route("**/errors/review**", slowly)
    judging.route("**/api/v1/**", slowly)
    took = judging.evaluate("""async () => {
        const place = () => document.querySelector("[data-place]").dataset.position;
        const waits = [];
        for (let turn = 0; turn < 5; turn += 1) {
            const [before, start] = [place(), performance.now()];
            document.dispatchEvent(new KeyboardEvent("keydown", { key: "m", bubbles: true }));
            if (place() === before) return `place ${before} stayed`;
            waits.push(performance.now() - start);
            await new Promise((done) => setTimeout(done, 100));
        }
        return waits;
    }""")
    assert isinstance(took, list), took
    assert max(took) < 50
    expect_place(judging, world, 5)
    saved(judging)
    assert len(verdicts(world)) == 5


def test_a_page_is_confirmed_with_its_exceptions_and_undone_in_one_step(
    visit: Callable[..., Page], world: Reviewed, assert_accessible: Check
) -> None:
    page = visit(grid_of(world), account=world.reviewer)
    items = grid_items(world, 0)
    assert len(items) > 4
    tiles = page.locator("[data-tile]")
    expect(tiles).to_have_count(len(items))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(tiles.nth(1)).to_have_attribute("data-state", "model_error")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("e")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("o")
    assert_accessible(page)
    page.reload()  # marks outlive the page
    expect(tiles.nth(1)).to_have_attribute("data-state", "model_error")
    expect(tiles.nth(2)).to_have_attribute("data-state", "exclude")
    page.keyboard.press("Control+Enter")
    saved(page)
    expect(page.locator(".tile--judged")).to_have_count(len(items) - 1)
    expected = dict.fromkeys(items, Verdict.LABEL_ERROR)
    expected |= {items[1]: Verdict.MODEL_ERROR, items[2]: Verdict.EXCLUDE}
    del expected[items[3]]
    assert verdicts(world) == expected
    assert len({review.batch_key for review in reviews()}) == 1
    page.keyboard.press("u")
    expect(page.locator(".tile--judged")).to_have_count(0)
    assert (verdicts(world), excluded()) == ({}, set())
    # What had been marked is marked still.
    expect(tiles.nth(1)).to_have_attribute("data-state", "model_error")


def test_a_page_undone_on_the_screen_for_single_places(visit: Callable[..., Page], world: Reviewed) -> None:
    page = visit(grid_of(world), account=world.reviewer)
    expect(page.locator("[data-tile]").first).to_be_visible()
    page.keyboard.press("Control+Enter")
    saved(page)
    page.get_by_role("link", name="One by one").click()
    expect(page.locator("[data-place][data-asked]")).to_be_visible()  # its script has begun
    page.keyboard.press("u")
    saved(page)
    assert verdicts(world) == {}


def test_marks_are_kept_through_labels_and_a_failing_network(visit: Any, world: Reviewed) -> None:
    page = visit(grid_of(world), account=world.reviewer)
    visit.guard_of(page).expect(r"/api/v1/|Failed to load resource")
    page.locator("[data-tile-button]").first.click()
    page.get_by_role("link", name=re.compile("animal")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("animal")
    page.go_back()
    first = page.locator("[data-tile]").first
    expect(first).to_have_attribute("data-state", "model_error")
    sent = 0

    def lose_the_answer(route: Route) -> None:
        nonlocal sent
        route.fetch()
        sent += 1
        route.abort()

    page.route("**/verdicts/batch", lose_the_answer)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("1 not saved yet")).to_be_visible()
    expect(first).to_have_attribute("data-state", "model_error")
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.unroute("**/verdicts/batch")
    saved(page)
    items = grid_items(world, 0)
    assert sent >= 1
    assert len(reviews()) == len(items)
    assert verdicts(world) == dict.fromkeys(items, Verdict.LABEL_ERROR) | {items[0]: Verdict.MODEL_ERROR}


def test_the_grid_by_hand_on_a_small_screen(
    visit: Callable[..., Page], world: Reviewed, assert_accessible: Check
) -> None:
    page = visit(grid_of(world), account=world.reviewer, viewport=NARROW, has_touch=True, color_scheme="dark")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("[data-mode]").select_option("label_error/open")
    page.locator("[data-tile-button]").first.tap()
    expect(page.locator("[data-tile]").first).to_have_attribute("data-state", "open")
    assert_accessible(page)
    page.get_by_role("button", name="Confirm the page").tap()
    saved(page)
    items = grid_items(world, 0)
    assert verdicts(world) == dict.fromkeys(items[1:], Verdict.LABEL_ERROR)


def test_one_may_begin_with_nothing_marked(visit: Callable[..., Page], world: Reviewed) -> None:
    page = visit(grid_of(world), account=world.reviewer)
    page.locator("[data-mode]").select_option("open/label_error")
    page.get_by_role("button", name="Confirm the page").click()
    expect(page.get_by_text("nothing is left to confirm")).to_be_visible()
    page.locator("[data-tile-button]").nth(1).click()
    page.reload()  # how one likes to begin is kept
    page.get_by_role("button", name="Confirm the page").click()
    saved(page)
    assert verdicts(world) == {grid_items(world, 0)[1]: Verdict.LABEL_ERROR}


def test_the_key_leads_to_the_grid_of_the_label_and_back(world: Reviewed, judging: Page) -> None:
    label = next(each for each in world.collection.labels if each.id == world.errors[0][1])
    judging.keyboard.press("g")
    expect(judging.get_by_role("heading", level=1)).to_contain_text(label.name)
    judging.locator("[data-look]").first.click()
    expect(place(judging)).to_have_attribute("data-image", str(world.errors[0][0]))
    assert Split.VALIDATION.value in judging.url
