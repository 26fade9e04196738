"""Undo and redo, flags, comments and reasons for skips at the desk, in a real browser."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.db import session_scope
from app.domain.statuses import SkipReason
from app.models import Comment, Flag, Image, Skip
from tests.browser.conftest import Collection, Visits
from tests.browser.desk_page import HUMAN, NONE, answers_of, chosen, eventually, open_desk, shows, skips_of

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(visit: Visits, collection: Collection) -> Page:
    return open_desk(visit, collection)


def flagged(image: Image) -> bool:
    with session_scope(writes=False) as session:
        return bool(session.scalar(select(Flag.id).where(Flag.image_id == image.id, Flag.removed_at.is_(None))))


def reasons_of(image: Image) -> list[tuple[SkipReason | None, str]]:
    with session_scope(writes=False) as session:
        query = select(Skip).where(Skip.image_id == image.id, Skip.undone_at.is_(None))
        return [(skip.reason, skip.note) for skip in session.scalars(query)]


def comments_on(image: Image) -> list[str]:
    with session_scope(writes=False) as session:
        return list(session.scalars(select(Comment.text).where(Comment.image_id == image.id)))


def test_everything_is_undone_step_by_step_and_done_again(desk: Page, collection: Collection) -> None:
    first, second, third = collection.images[:3]
    for key in ("1", "Enter", "s", "2"):
        desk.keyboard.press(key)
    shows(desk, third)
    assert chosen(desk) == ["animal"]
    desk.keyboard.press("u")
    assert chosen(desk) == []
    desk.keyboard.press("u")
    shows(desk, second)
    desk.keyboard.press("u")
    shows(desk, first)
    assert chosen(desk) == ["human"]
    desk.keyboard.press("u")
    assert chosen(desk) == []
    expect(desk.get_by_role("button", name="Undo")).to_be_disabled()
    eventually(desk, lambda: answers_of(first) == [] and skips_of(second) == 0)
    desk.keyboard.press("Control+z")
    expect(desk.locator("[data-hint]")).to_contain_text("nothing to undo")
    for key in ("Shift+U", "Control+Shift+Z", "Control+y", "Shift+U"):
        desk.keyboard.press(key)
    shows(desk, third)
    assert chosen(desk) == ["animal"]
    eventually(desk, lambda: answers_of(first) == [HUMAN] and skips_of(second) == 1)
    expect(desk.get_by_role("button", name="Redo")).to_be_disabled()
    expect(desk.locator("[data-done]")).to_have_text("1")


def test_something_new_ends_what_can_be_done_again(desk: Page, collection: Collection) -> None:
    first, second = collection.images[:2]
    desk.keyboard.press("n")
    shows(desk, second)
    desk.keyboard.press("u")
    shows(desk, first)
    desk.keyboard.press("1")
    expect(desk.get_by_role("button", name="Redo")).to_be_disabled()
    desk.keyboard.press("Control+y")
    expect(desk.locator("[data-hint]")).to_contain_text("nothing to do again")
    assert chosen(desk) == ["human"]


def test_a_correction_is_undone_and_done_again(desk: Page, collection: Collection) -> None:
    first = collection.images[0]
    for key in ("1", "Enter", "b", "1", "2", "Enter"):
        desk.keyboard.press(key)
    corrected = NONE | {"animal": "present"}
    eventually(desk, lambda: answers_of(first) == [corrected])
    desk.keyboard.press("u")
    eventually(desk, lambda: answers_of(first) == [HUMAN])
    desk.keyboard.press("Shift+U")
    eventually(desk, lambda: answers_of(first) == [corrected])


def test_an_image_is_flagged_and_the_flag_is_seen_again(desk: Page, collection: Collection) -> None:
    first = collection.images[0]
    desk.keyboard.press("Shift+F")
    expect(desk.get_by_text("Flagged", exact=True)).to_be_visible()
    eventually(desk, lambda: flagged(first))
    desk.keyboard.press("u")
    eventually(desk, lambda: not flagged(first))
    desk.get_by_role("button", name="Flag this image").click()
    desk.keyboard.press("n")
    expect(desk.get_by_text("Flagged", exact=True)).to_be_hidden()
    eventually(desk, lambda: flagged(first) and answers_of(first) == [NONE])
    desk.reload()
    shows(desk, collection.images[1])
    desk.keyboard.press("b")
    expect(desk.get_by_text("Flagged", exact=True)).to_be_visible()


def test_a_skip_takes_a_reason_at_once_or_afterwards(desk: Page, collection: Collection) -> None:
    first, second, third = collection.images[:3]
    desk.keyboard.press("Shift+S")
    expect(desk.get_by_text("Skip this image, because")).to_be_visible()
    # The digits mean reasons here, not labels.
    desk.keyboard.press("4")
    shows(desk, second)
    eventually(desk, lambda: reasons_of(first) == [(SkipReason.DUPLICATE, "")])
    desk.keyboard.press("s")
    shows(desk, third)
    desk.keyboard.press("b")
    desk.get_by_role("button", name="Skip, and say why").click()
    desk.get_by_label("A note for the lead").fill("torn in two")
    desk.get_by_role("button", name="another reason").click()
    expect(desk.locator("[data-hint]")).to_contain_text("another reason (torn in two)")
    eventually(desk, lambda: reasons_of(second) == [(SkipReason.OTHER, "torn in two")])
    desk.reload()
    shows(desk, third)
    desk.keyboard.press("b")
    expect(desk.locator("[data-hint]")).to_contain_text("torn in two")
    desk.keyboard.press("b")
    expect(desk.locator("[data-hint]")).to_contain_text("it is a duplicate")


def test_a_comment_is_kept_though_the_network_fails(visit: Visits, desk: Page, collection: Collection) -> None:
    visit.guard_of(desk).expect(r"/comments|ERR_INTERNET_DISCONNECTED|Failed to load resource")
    first = collection.images[0]
    desk.route("**/comments", lambda route: route.abort("internetdisconnected"))
    desk.keyboard.press("c")
    field = desk.get_by_label("Everybody in the project can read it.")
    field.fill("A plough, I think")
    # What is typed into the comment is not taken for the keys of the desk.
    field.press("n")
    field.press("Control+Enter")
    expect(desk.locator("[data-unsaved]")).to_contain_text("1 answer is not saved yet")
    desk.keyboard.press("n")
    shows(desk, collection.images[1])
    desk.unroute("**/comments")
    desk.get_by_role("button", name="Try now").click()
    eventually(desk, lambda: comments_on(first) == ["A plough, I thinkn"] and answers_of(first) == [NONE])
