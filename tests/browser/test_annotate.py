"""The annotator's desk in a real browser."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Page, Request, Route, expect
from sqlalchemy import delete

from app.db import session_scope
from app.models import Image, Label, SignIn
from app.models.types import now
from app.services import accounts
from tests.browser.conftest import NARROW, Collection, Visits
from tests.browser.desk_page import (
    HUMAN,
    NONE,
    answers_of,
    chosen,
    claimed,
    eventually,
    open_desk,
    shown,
    shows,
    skips_of,
    suggest,
)

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def collection(make_collection: Callable[..., Collection]) -> Collection:
    return make_collection()


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


@BOTH
def test_a_failed_save_stays_visible_is_retried_and_counts_once(
    visit: Visits, desk: Page, collection: Collection
) -> None:
    visit.guard_of(desk).expect(r"/annotate/submit|ERR_INTERNET_DISCONNECTED|Failed to load resource")
    desk.route("**/annotate/submit", lambda route: route.abort("internetdisconnected"))
    desk.keyboard.press("1")
    desk.keyboard.press("Enter")
    shows(desk, collection.images[1])
    unsaved = desk.locator("[data-unsaved]")
    expect(unsaved).to_contain_text("1 answer is not saved yet")
    expect(unsaved).to_contain_text("does not answer just now")
    desk.keyboard.press("n")
    expect(unsaved).to_contain_text("2 answers are not saved yet")
    assert answers_of(collection.images[0]) == []
    desk.unroute("**/annotate/submit")
    expect(unsaved).to_be_hidden()
    assert answers_of(collection.images[0], current=False) == [HUMAN]
    assert answers_of(collection.images[1], current=False) == [NONE]


def test_an_answer_whose_confirmation_was_lost_counts_once(visit: Visits, desk: Page, collection: Collection) -> None:
    visit.guard_of(desk).expect(r"/annotate/submit|ERR_CONNECTION_RESET|Failed to load resource")
    sent: list[str] = []

    def arrive_but_lose_the_answer(route: Route) -> None:
        sent.append(json.loads(route.request.post_data or "")["client_key"])
        if len(sent) == 1:
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()

    desk.route("**/annotate/submit", arrive_but_lose_the_answer)
    desk.keyboard.press("1")
    desk.keyboard.press("Enter")
    eventually(desk, lambda: len(sent) == 2)
    expect(desk.locator("[data-unsaved]")).to_be_hidden()
    assert sent[0] == sent[1]
    assert answers_of(collection.images[0], current=False) == [HUMAN]


def test_a_server_error_is_no_loss(visit: Visits, desk: Page, collection: Collection) -> None:
    visit.guard_of(desk).expect(r"/annotate/submit|status of 503")
    told = '{"error": {"status": 503, "sentence": "The database does not answer just now.", "fields": {}}}'
    desk.route(
        "**/annotate/submit",
        lambda route: route.fulfill(status=503, content_type="application/json", body=told),
        times=2,
    )
    desk.keyboard.press("1")
    desk.keyboard.press("Enter")
    expect(desk.locator("[data-unsaved]")).to_contain_text("The database does not answer just now.")
    expect(desk.locator("[data-unsaved]")).to_be_hidden()
    assert answers_of(collection.images[0], current=False) == [HUMAN]


def test_what_was_not_saved_survives_the_window(visit: Visits, desk: Page, collection: Collection) -> None:
    visit.guard_of(desk).expect(r"/annotate/submit|ERR_INTERNET_DISCONNECTED|Failed to load resource")
    warnings: list[str] = []

    def leave(dialog: Dialog) -> None:
        warnings.append(dialog.type)
        dialog.accept()

    desk.on("dialog", leave)
    desk.route("**/annotate/submit", lambda route: route.abort("internetdisconnected"))
    desk.keyboard.press("1")
    desk.keyboard.press("Enter")
    expect(desk.locator("[data-unsaved]")).to_be_visible()
    desk.reload()
    assert warnings == ["beforeunload"]
    # The image that waits to be saved does not come up a second time.
    shows(desk, collection.images[1])
    expect(desk.locator("[data-unsaved]")).to_be_visible()
    desk.unroute("**/annotate/submit")
    desk.get_by_role("button", name="Try now").click()
    eventually(desk, lambda: answers_of(collection.images[0], current=False) == [HUMAN])


def test_signed_out_meanwhile_the_answer_waits_for_the_next_sign_in(
    visit: Visits, desk: Page, collection: Collection
) -> None:
    visit.guard_of(desk).expect(r"refused: 40[13]|status of 40[13]")
    with session_scope() as session:
        session.execute(delete(SignIn))
    desk.keyboard.press("1")
    desk.keyboard.press("Enter")
    expect(desk.locator("[data-unsaved]")).to_contain_text("sign in again in another tab")
    with session_scope() as session:
        token = accounts.start_session(session, collection.annotator)
    desk.context.add_cookies([{"name": "loupe_session", "value": token, "url": visit.address}])
    expect(desk.locator("[data-unsaved]")).to_be_hidden()
    assert answers_of(collection.images[0], current=False) == [HUMAN]


def test_an_answer_is_never_saved_as_another_persons(visit: Visits, desk: Page, collection: Collection) -> None:
    visit.guard_of(desk).expect(r"refused: 40[13]|status of 40[13]")
    with session_scope() as session:
        token = accounts.start_session(session, collection.reviewer)
    desk.context.add_cookies([{"name": "loupe_session", "value": token, "url": visit.address}])
    desk.keyboard.press("1")
    desk.keyboard.press("Enter")
    expect(desk.locator("[data-unsaved]")).to_contain_text("Another person has signed in")
    assert answers_of(collection.images[0]) == []


def test_a_refused_answer_says_why_and_can_be_opened_again(visit: Visits, desk: Page, collection: Collection) -> None:
    visit.guard_of(desk).expect(r"refused: 409|status of 409")
    with session_scope() as session:
        session.get_one(Label, collection.labels[0].id).removed_at = now()
    desk.keyboard.press("1")
    desk.keyboard.press("Enter")
    unsaved = desk.locator("[data-unsaved]")
    expect(unsaved).to_contain_text("The label “human” was removed from the project meanwhile")
    desk.reload()
    expect(unsaved).to_contain_text("was removed")
    unsaved.get_by_role("button", name="Open again").click()
    shows(desk, collection.images[0])
    expect(unsaved).to_be_hidden()
    desk.keyboard.press("2")
    desk.keyboard.press("Enter")
    eventually(desk, lambda: answers_of(collection.images[0]) == [{"animal": "present", "landscape": "absent"}])


def test_a_refused_answer_can_be_discarded(visit: Visits, desk: Page, collection: Collection) -> None:
    visit.guard_of(desk).expect(r"refused: 409|status of 409")
    with session_scope() as session:
        session.get_one(Image, collection.images[0].id).excluded_at = now()
    desk.keyboard.press("n")
    unsaved = desk.locator("[data-unsaved]")
    expect(unsaved).to_contain_text("taken out of the project")
    unsaved.get_by_role("button", name="Discard").click()
    desk.get_by_role("dialog").get_by_role("button", name="Discard").click()
    expect(unsaved).to_be_hidden()


@BOTH
def test_two_people_never_see_the_same_image(visit: Visits, make_collection: Callable[..., Collection]) -> None:
    collection = make_collection(images=14)
    desks = [open_desk(visit, collection, person) for person in ("annotator", "reviewer")]
    seen: list[list[str]] = [[], []]

    def tag_what_is_shown() -> bool:
        for page, names in zip(desks, seen, strict=True):
            if page.locator("[data-caption]").is_visible() and (name := shown(page)) not in names:
                names.append(name)
                page.keyboard.press("n")
        return len(seen[0]) + len(seen[1]) >= 14

    eventually(desks[0], tag_what_is_shown, seconds=30)
    assert not set(seen[0]) & set(seen[1])
    eventually(desks[0], lambda: all(len(answers_of(image, current=False)) == 1 for image in collection.images))


def test_when_others_hold_the_last_images_the_desk_says_so_and_looks_again(
    visit: Visits, make_collection: Callable[..., Collection]
) -> None:
    collection = make_collection(images=2)
    first = open_desk(visit, collection)
    second = visit(f"{collection.path}/annotate", account=collection.reviewer)
    expect(second.get_by_role("heading", name="The last images are before others")).to_be_visible()
    first.goto(collection.path)
    eventually(first, lambda: claimed() == {})
    second.get_by_role("button", name="Look again now").click()
    shows(second, collection.images[0])


def test_the_next_image_is_there_before_it_is_asked_for(visit: Visits, collection: Collection) -> None:
    page = visit("/", account=collection.annotator)
    asked: list[str] = []

    def note(request: Request) -> None:
        if request.url.endswith("/screen"):
            asked.append(request.url)

    page.on("request", note)
    page.goto(f"{collection.path}/annotate")
    shows(page, collection.images[0])
    eventually(page, lambda: len(asked) >= 5)
    page.wait_for_load_state("networkidle")
    before = len(asked)
    # Once decoded, the next picture stands on the ground within the same task as the key: no frame without an image.
    at_once = page.evaluate(
        """() => {
          dispatchEvent.call(document, new KeyboardEvent("keydown", { key: "n", code: "KeyN", bubbles: true }));
          const image = document.querySelector("[data-ground] img");
          return [image?.complete, image?.getAttribute("src")];
        }"""
    )
    assert at_once == [True, f"{collection.path}/images/{collection.images[1].id}/screen"]
    assert [url for url in asked[before:] if url.endswith(f"/{collection.images[1].id}/screen")] == []


def test_leaving_the_desk_gives_its_images_back(desk: Page, collection: Collection) -> None:
    eventually(desk, lambda: set(claimed().values()) == {collection.annotator.id})
    desk.goto(collection.path)
    eventually(desk, lambda: claimed() == {})


def test_the_end_is_celebrated_and_skipped_images_can_be_seen_again(
    visit: Visits, make_collection: Callable[..., Collection]
) -> None:
    collection = make_collection(images=2)
    page = open_desk(visit, collection, "lead")
    page.keyboard.press("s")
    shows(page, collection.images[1])
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="Only skipped images are left")).to_be_visible()
    page.get_by_role("button", name="Show skipped images").click()
    shows(page, collection.images[0])
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="On to images not tagged yet").click()
    expect(page.get_by_role("heading", name="Every image is tagged")).to_be_visible()
    expect(page.get_by_role("link", name="Train a model")).to_be_visible()
    page.keyboard.press("b")
    shows(page, collection.images[0])


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
