"""The annotator's desk in a real browser: answering, going back, looking closely."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW, Collection, Visits
from tests.browser.desk_page import (
    HUMAN,
    NONE,
    answers_of,
    chosen,
    eventually,
    open_desk,
    shows,
    skips_of,
    suggest,
)

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def desk(visit: Visits, collection: Collection) -> Page:
    return open_desk(visit, collection)


@BOTH
def test_an_image_is_tagged_by_keyboard_alone(desk: Page, collection: Collection) -> None:
    first, second = collection.images[:2]
    shows(desk, first)
    desk.keyboard.press("1")
    desk.keyboard.press("3")
    desk.keyboard.press("3")
    assert chosen(desk) == ["human"]
    desk.keyboard.press("Enter")
    shows(desk, second)
    assert chosen(desk) == []
    eventually(desk, lambda: answers_of(first) == [HUMAN])
    expect(desk.locator("[data-done]")).to_have_text("1")
    expect(desk.locator("[data-session]")).to_contain_text("1 this session")


def test_none_apply_and_skip_are_one_key_each_and_not_the_same(desk: Page, collection: Collection) -> None:
    first, second, third = collection.images[:3]
    desk.keyboard.press("n")
    shows(desk, second)
    desk.keyboard.press("s")
    shows(desk, third)
    eventually(desk, lambda: answers_of(first) == [NONE] and skips_of(second) == 1)
    assert answers_of(second) == []
    assert skips_of(first) == 0
    expect(desk.locator("[data-done]")).to_have_text("1")


def test_enter_with_nothing_chosen_is_no_answer(desk: Page, collection: Collection) -> None:
    desk.keyboard.press("Enter")
    expect(desk.locator("[data-hint]")).to_contain_text("Press N if none of them apply")
    shows(desk, collection.images[0])
    assert answers_of(collection.images[0]) == []


def test_a_label_can_be_left_open_with_shift_and_its_key(desk: Page, collection: Collection) -> None:
    desk.keyboard.press("Shift+@")  # what Shift makes of the 2
    expect(desk.get_by_role("button", name="Not sure: animal")).to_have_attribute("aria-pressed", "true")
    desk.get_by_role("button", name="Not sure: landscape").click()
    desk.keyboard.press("Enter")
    eventually(
        desk,
        lambda: answers_of(collection.images[0]) == [{"human": "absent", "animal": "unsure", "landscape": "unsure"}],
    )


@pytest.mark.parametrize(
    ("plain", "shifted"),
    [(("1", "2"), ("!", "@")), (("&", "é"), ("1", "2")), (("+", "ě"), ("1", "2"))],
    ids=["digits without Shift", "digits with Shift in France", "digits with Shift in Bohemia"],
)
def test_a_digit_key_means_the_same_on_every_keyboard(
    desk: Page, plain: tuple[str, str], shifted: tuple[str, str]
) -> None:
    def press(place: int, key: str, *, shift: bool) -> None:
        options = {"key": key, "code": f"Digit{place}", "shiftKey": shift, "bubbles": True, "cancelable": True}
        desk.evaluate("(options) => document.body.dispatchEvent(new KeyboardEvent('keydown', options))", options)

    unsure = desk.locator(".desk-label:has([data-unsure][aria-pressed=true]) .desk-label__name")
    press(1, plain[0], shift=False)
    press(2, plain[1], shift=False)
    assert chosen(desk) == ["human", "animal"]
    press(2, shifted[1], shift=True)
    expect(unsure).to_have_text(["animal"])
    assert chosen(desk) == ["human"]
    press(1, plain[0], shift=False)
    press(2, plain[1], shift=False)
    expect(unsure).to_have_count(0)
    assert chosen(desk) == ["animal"]


def test_a_key_held_down_answers_one_image_only(desk: Page, collection: Collection) -> None:
    for _ in range(4):
        desk.keyboard.down("n")  # without an up between them these are repeats
    desk.keyboard.up("n")
    shows(desk, collection.images[1])


def test_enter_presses_the_button_that_has_the_focus(desk: Page, collection: Collection) -> None:
    desk.get_by_role("button", name="Skip", exact=True).focus()
    desk.keyboard.press("Enter")
    shows(desk, collection.images[1])
    eventually(desk, lambda: skips_of(collection.images[0]) == 1)


def test_undo_brings_the_image_back_with_what_was_chosen(desk: Page, collection: Collection) -> None:
    first, second = collection.images[:2]
    desk.keyboard.press("1")
    desk.keyboard.press("Enter")
    shows(desk, second)
    eventually(desk, lambda: answers_of(first) == [HUMAN])
    desk.keyboard.press("u")
    shows(desk, first)
    assert chosen(desk) == ["human"]
    eventually(desk, lambda: answers_of(first) == [])
    expect(desk.locator("[data-done]")).to_have_text("0")
    desk.keyboard.press("2")
    desk.keyboard.press("Enter")
    shows(desk, second)
    eventually(desk, lambda: answers_of(first) == [HUMAN | {"animal": "present"}])
    assert answers_of(first, current=False)[0] == HUMAN


def test_undo_takes_a_skip_back(desk: Page, collection: Collection) -> None:
    first, second = collection.images[:2]
    desk.keyboard.press("s")
    shows(desk, second)
    desk.keyboard.press("Control+z")
    shows(desk, first)
    eventually(desk, lambda: skips_of(first) == 0)


def test_going_back_shows_ones_answer_and_a_correction_supersedes_it(desk: Page, collection: Collection) -> None:
    first, second, third = collection.images[:3]
    desk.keyboard.press("1")
    desk.keyboard.press("Enter")
    desk.keyboard.press("n")
    shows(desk, third)
    desk.keyboard.press("b")
    shows(desk, second)
    expect(desk.locator("[data-hint]")).to_contain_text("none of the labels apply")
    desk.keyboard.press("ArrowLeft")
    shows(desk, first)
    assert chosen(desk) == ["human"]
    desk.keyboard.press("1")
    desk.keyboard.press("2")
    desk.keyboard.press("Enter")
    shows(desk, third)
    eventually(desk, lambda: answers_of(first) == [NONE | {"animal": "present"}])
    assert len(answers_of(first, current=False)) == 2
    expect(desk.locator("[data-done]")).to_have_text("2")
    desk.keyboard.press("u")
    shows(desk, first)
    eventually(desk, lambda: answers_of(first) == [HUMAN])


def test_what_was_done_before_is_still_there_after_a_new_visit(desk: Page, collection: Collection) -> None:
    desk.keyboard.press("1")
    desk.keyboard.press("Enter")
    eventually(desk, lambda: answers_of(collection.images[0]) == [HUMAN])
    desk.reload()
    shows(desk, collection.images[1])
    expect(desk.get_by_role("button", name="Back", exact=True)).to_be_enabled()
    desk.keyboard.press("b")
    shows(desk, collection.images[0])
    assert chosen(desk) == ["human"]


def test_a_change_that_was_not_submitted_is_kept_and_spoken_of(desk: Page, collection: Collection) -> None:
    desk.keyboard.press("n")
    shows(desk, collection.images[1])
    desk.keyboard.press("b")
    desk.keyboard.press("1")
    desk.keyboard.press("ArrowRight")
    expect(desk.locator("[data-hint]")).to_contain_text("is not submitted yet")
    desk.keyboard.press("b")
    assert chosen(desk) == ["human"]


def test_suggestions_are_shown_and_nothing_is_chosen(visit: Visits, collection: Collection) -> None:
    suggest(collection, [0.91, 0.08, 0.5])
    page = open_desk(visit, collection)
    human = page.locator(".desk-label").first
    expect(human.locator("[data-probability]")).to_have_text("0.91")
    assert human.locator("[data-bar]").get_attribute("width") == "91.0"
    assert chosen(page) == []
    expect(page.locator("[data-source]")).to_contain_text("run 1")
    page.get_by_role("button", name="Order").click()
    page.get_by_label("Least certain first").check()
    shows(page, collection.images[0])


def test_the_image_can_be_looked_at_closely_by_keys_and_wheel(desk: Page) -> None:
    ground, image = desk.locator("[data-ground]"), desk.locator("[data-ground] img")
    whole = image.bounding_box()
    assert whole is not None
    desk.keyboard.press("+")
    expect(ground).to_have_attribute("data-zoomed", "")
    larger = image.bounding_box()
    assert larger is not None
    assert larger["width"] > 1.3 * whole["width"]
    desk.keyboard.press("ArrowRight")
    assert image.bounding_box() != larger
    desk.keyboard.press("0")
    assert image.bounding_box() == whole
    desk.mouse.move(300, 300)
    desk.mouse.wheel(0, -300)
    expect(ground).to_have_attribute("data-zoomed", "")
    desk.mouse.dblclick(300, 300)
    expect(ground).not_to_have_attribute("data-zoomed", "")


def test_an_image_that_cannot_be_shown_says_so(visit: Visits, collection: Collection) -> None:
    page = visit("/", account=collection.annotator)
    visit.guard_of(page).expect(r"/screen|status of 404")
    page.route(f"**/images/{collection.images[0].id}/screen", lambda route: route.fulfill(status=404))
    page.goto(f"{collection.path}/annotate")
    expect(page.get_by_text("This image cannot be shown")).to_be_visible()
    page.keyboard.press("s")
    shows(page, collection.images[1])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", ["wide", "narrow"])
def test_the_desk_is_accessible_in_every_state(
    visit: Visits,
    make_collection: Callable[..., Collection],
    assert_accessible: Callable[[Page], None],
    scheme: str,
    viewport: str,
) -> None:
    collection = make_collection(images=2)
    suggest(collection, [0.91, 0.08, 0.5])
    options = {"color_scheme": scheme} | ({"viewport": NARROW, "has_touch": True} if viewport == "narrow" else {})
    page = open_desk(visit, collection, "lead", **options)
    page.locator("[data-present]").first.click()
    page.get_by_role("button", name="Not sure: animal").click()
    page.get_by_role("button", name="Definitions").click()
    assert_accessible(page)
    visit.guard_of(page).expect(r"/annotate/submit|ERR_INTERNET_DISCONNECTED|Failed to load resource")
    page.route("**/annotate/submit", lambda route: route.abort("internetdisconnected"))
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("[data-unsaved]")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="None of these apply").click()
    expect(page.get_by_role("heading", name="Every image is tagged")).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize(("images", "labels", "heading"), [(0, ("human",), "No images yet"), (2, (), "No labels yet")])
def test_a_desk_with_nothing_to_do_says_what_is_missing(
    visit: Visits,
    make_collection: Callable[..., Collection],
    assert_accessible: Callable[[Page], None],
    images: int,
    labels: tuple[str, ...],
    heading: str,
) -> None:
    collection = make_collection(images=images, labels=labels)
    page = visit(f"{collection.path}/annotate", account=collection.lead)
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    assert page.get_by_role("main").get_by_role("link").count() == 1
    assert_accessible(page)
    other = visit(f"{collection.path}/annotate", account=collection.annotator)
    assert other.get_by_role("main").get_by_role("link").count() == 0
