"""What becomes of answers at the desk that cannot be saved, or are refused, in a real browser."""

import json

import pytest
from playwright.sync_api import APIResponse, Dialog, Page, Route, expect
from sqlalchemy import delete

from app.db import session_scope
from app.models import Image, Label, SignIn
from app.models.types import now
from app.services import accounts
from tests.browser.conftest import Collection, Visits
from tests.browser.desk_page import (
    HUMAN,
    NONE,
    answers_of,
    eventually,
    open_desk,
    shows,
)

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def desk(visit: Visits, collection: Collection) -> Page:
    return open_desk(visit, collection)


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


def test_an_answer_that_was_saved_while_the_server_counted_is_counted(visit: Visits, collection: Collection) -> None:
    page, late = visit("/", account=collection.annotator), list[tuple[Route, APIResponse]]()
    page.route("**/annotate/progress", lambda route: late.append((route, route.fetch())), times=1)
    page.goto(f"{collection.path}/annotate")
    shows(page, collection.images[0])
    eventually(page, lambda: len(late) == 1)
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    shows(page, collection.images[1])
    expect(page.locator("[data-saved]")).to_be_visible()
    for route, response in late:
        route.fulfill(response=response)
    expect(page.locator("[data-done]")).to_have_text("1")


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
