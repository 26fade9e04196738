"""The light table in a browser, with several people at it, and images that are for some of them alone."""

import pytest
from playwright.sync_api import expect

from app.db import session_scope
from app.domain.statuses import TruthValue
from app.models import Assignment, Image
from app.models.types import now
from tests.browser.conftest import Visits
from tests.browser.table_page import Make, names, saved, table, tile, truths

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]


def test_two_people_at_one_question_get_different_pages(visit: Visits, make_collection: Make) -> None:
    made = make_collection(12)
    query = f"?ask={made.labels[0].id}"
    small = {"viewport": {"width": 390, "height": 560}}
    one = table(visit, made, query, **small)
    first = names(one)
    # Half of the images are before the first, on the screen and ready behind it.
    assert len(first) == 3
    two = table(visit, made, query, account=made.reviewer, **small)
    assert names(two).isdisjoint(first)
    two.keyboard.press("Enter")
    expect(two.locator("[data-count]")).to_have_text("9 images left")
    saved(two)
    two.keyboard.press("Enter")
    # What is left lies before the first, until that window closes.
    expect(two.get_by_role("heading", name="Others are at the rest")).to_be_visible()
    saved(two)
    assert len(truths(made.labels[0])) == 6
    # Whoever takes a page back is asked again, and nobody else.
    two.keyboard.press("u")
    assert names(two).isdisjoint(first)
    two.keyboard.press("Enter")
    saved(two)
    one.close()
    expect(tile(two, made.images[0])).to_be_visible(timeout=15_000)
    assert names(two) == first


def test_images_given_to_others_are_not_on_the_table(visit: Visits, make_collection: Make) -> None:
    made = make_collection(4)
    with session_scope() as session:
        session.add(Assignment(image_id=made.images[0].id, account_id=made.lead.id))
        session.add(Assignment(image_id=made.images[1].id, account_id=made.annotator.id))
    page = table(visit, made)
    expect(page.locator("[data-count]")).to_have_text("3 images")
    expect(page.get_by_text("given to other people")).to_be_visible()
    # Who oversees the work sees all of them, and is asked of those that are free.
    page = table(visit, made, account=made.reviewer)
    expect(page.locator("[data-count]")).to_have_text("4 images")
    page = table(visit, made, f"?ask={made.labels[0].id}", account=made.reviewer)
    expect(page.locator("[data-count]")).to_have_text("2 images left")


def test_images_given_away_meanwhile_are_not_answered_and_that_is_said(visit: Visits, make_collection: Make) -> None:
    made = make_collection(4)
    page = table(visit, made)
    with session_scope() as session:
        session.add(Assignment(image_id=made.images[0].id, account_id=made.lead.id))
        session.get_one(Image, made.images[1].id).excluded_at = now()
    page.keyboard.press("Control+a")
    page.keyboard.press("1")
    expect(page.get_by_text("given them to other people: 1 of these images")).to_be_visible()
    expect(page.get_by_text("left out of the project: 1 of these images")).to_be_visible()
    saved(page)
    assert truths(made.labels[0]) == dict.fromkeys([image.id for image in made.images[2:]], TruthValue.PRESENT)
    expect(tile(page, made.images[2])).to_have_attribute("data-said", "present")
    expect(tile(page, made.images[0])).not_to_have_attribute("data-said", "present")


def test_two_people_at_once_are_both_counted(visit: Visits, make_collection: Make) -> None:
    made = make_collection(6)
    one, two = table(visit, made), table(visit, made, account=made.reviewer)
    for page, key in ((one, "1"), (two, "2")):
        page.keyboard.press("Control+a")
        page.keyboard.press(key)
    saved(one)
    saved(two)
    everything = dict.fromkeys([image.id for image in made.images], TruthValue.PRESENT)
    assert truths(made.labels[0]) == truths(made.labels[1]) == everything
    # Undo takes back one's own.
    one.keyboard.press("u")
    saved(one)
    assert (truths(made.labels[0]), truths(made.labels[1])) == ({}, everything)
