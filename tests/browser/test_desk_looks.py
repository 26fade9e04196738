"""How the desk shows images, in a real browser: poor scans, what is known of them, fingers instead of keys."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.db import session_scope
from app.models import Image
from app.services import desk_settings
from tests.browser.conftest import NARROW, Collection, Visits
from tests.browser.desk_page import HUMAN, answers_of, chosen, eventually, open_desk, shows

pytestmark = pytest.mark.browser
TABLET = {"width": 820, "height": 1180}
SWEEP = """([from, to]) => {
  const ground = document.querySelector("[data-ground]");
  const say = (type, x, y) => ground.dispatchEvent(new PointerEvent(type, {
    pointerId: 7, pointerType: "touch", isPrimary: true, button: 0, clientX: x, clientY: y, bubbles: true,
  }));
  ground.setPointerCapture = () => {};
  say("pointerdown", from, 300);
  say("pointermove", (from + to) / 2, 304);
  say("pointerup", to, 306);
}"""


def test_a_poor_scan_is_turned_inverted_and_sharpened_and_stays_so(visit: Visits, collection: Collection) -> None:
    page = open_desk(visit, collection)
    image = page.locator("[data-ground] img")
    before = image.bounding_box()
    assert before is not None
    page.keyboard.press("r")
    after = image.bounding_box()
    assert after is not None
    # The element fills its ground as before, on its side: as wide as the ground is high.
    assert after == pytest.approx(before, abs=1)
    width, height = image.evaluate("(one) => [one.offsetWidth, one.offsetHeight]")
    assert (width, height) == pytest.approx((before["height"], before["width"]), abs=1)
    page.keyboard.press("i")
    page.keyboard.press("k")
    assert page.evaluate("() => getComputedStyle(document.querySelector('[data-ground] img')).filter") == (
        "invert(1) contrast(1.6)"
    )
    page.keyboard.press("n")
    shows(page, collection.images[1])
    assert page.evaluate("() => getComputedStyle(document.querySelector('[data-ground] img')).filter") == "none"
    page.keyboard.press("b")
    shows(page, collection.images[0])
    expect(page.get_by_role("button", name="Turn the image")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Shift+R")
    assert image.bounding_box() == before


def test_what_is_known_of_an_image_stands_beside_it_and_can_be_put_away(visit: Visits, collection: Collection) -> None:
    with session_scope() as session:
        details = {"title": "A plough", "date": "1911", "link": "https://example.org/1"}
        session.get_one(Image, collection.images[0].id).details = details
    page = open_desk(visit, collection)
    about = page.locator("[data-about]")
    expect(about).to_contain_text("A plough")
    link = about.get_by_role("link", name="https://example.org/1")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    page.keyboard.press("n")
    expect(about).to_contain_text("Nothing more is known")
    page.keyboard.press("Shift+D")
    expect(about).to_be_hidden()
    page.reload()
    shows(page, collection.images[1])
    page.keyboard.press("b")
    expect(about).to_be_hidden()


def test_the_guide_opens_over_the_image(
    visit: Visits, collection: Collection, assert_accessible: Callable[[Page], None]
) -> None:
    page = open_desk(visit, collection)
    expect(page.get_by_role("button", name="Guide")).to_have_count(0)
    with session_scope() as session:
        desk_settings.change(session, collection.project, {"guide": "# Ploughs\n\nCount them **all**."})
    page.reload()
    shows(page, collection.images[0])
    page.keyboard.press("g")
    expect(page.get_by_role("heading", name="Ploughs")).to_be_visible()
    assert_accessible(page)
    # Keys belong to the guide while it is open.
    page.keyboard.press("n")
    page.keyboard.press("Escape")
    shows(page, collection.images[0])


@pytest.mark.parametrize("viewport", [NARROW, TABLET], ids=["phone", "tablet"])
def test_fingers_tag_sweep_and_find_large_targets(
    visit: Visits, collection: Collection, viewport: dict[str, int]
) -> None:
    page = open_desk(visit, collection, viewport=viewport, has_touch=True, is_mobile=True)
    page.get_by_role("button", name="human", exact=True).tap()
    page.evaluate(SWEEP, [300, 120])
    shows(page, collection.images[1])
    eventually(page, lambda: answers_of(collection.images[0]) == [HUMAN])
    # Nothing chosen is no answer, however one goes on.
    page.evaluate(SWEEP, [300, 120])
    expect(page.locator("[data-hint]")).to_contain_text("No label is chosen yet")
    page.evaluate(SWEEP, [100, 300])
    shows(page, collection.images[0])
    assert chosen(page) == ["human"]
    # Too short to be meant.
    page.evaluate(SWEEP, [300, 260])
    shows(page, collection.images[0])
    page.evaluate(SWEEP, [300, 120])
    shows(page, collection.images[1])
    sizes = page.locator(".desk button:visible").evaluate_all(
        "(buttons) => buttons.map((one) => [one.getBoundingClientRect(), one.ariaLabel ?? one.textContent.trim()])"
        ".filter(([box]) => Math.min(box.width, box.height) < 43.9).map(([box, name]) => [name, box.width, box.height])"
    )
    assert sizes == []


def test_the_order_is_each_persons_own_and_remembered(visit: Visits, collection: Collection) -> None:
    with session_scope() as session:
        for place, image in enumerate(collection.images):
            session.get_one(Image, image.id).details = {"source": f"Newspaper {place % 2}"}
    page = open_desk(visit, collection)
    page.get_by_role("button", name="Order").click()
    with page.expect_response("**/annotate/next") as told:
        page.get_by_label("Least certain first").check()
    assert told.value.json()["fallback"]
    expect(page.locator("[data-fallback]")).to_contain_text("no model yet")
    with page.expect_response("**/annotate/next") as told:
        page.reload()
    asked = json.loads(told.value.request.post_data or "")
    assert (asked["order"], asked["filter"]) == ("least_certain", None)
    page.get_by_role("button", name="Order").click()
    page.get_by_text("Only some images").click()
    with page.expect_response("**/annotate/next") as told:
        page.get_by_label("that are").select_option("flagged")
    assert told.value.json()["items"] == []
    expect(page.get_by_text("filtered")).to_be_visible()
    with page.expect_response("**/annotate/next"):
        page.get_by_label("that are").select_option("")
    with page.expect_response("**/annotate/next") as told:
        page.get_by_label("answered by").select_option(label=collection.reviewer.name)
    assert json.loads(told.value.request.post_data or "")["filter"]["annotator"] == collection.reviewer.id
    with page.expect_response("**/annotate/next"):
        page.get_by_label("answered by").select_option("")
    # Filled when it is seen; what was chosen stays chosen at the next visit.
    with page.expect_response("**/annotate/next") as told:
        page.get_by_label("with", exact=True).select_option(index=1)
    address = json.loads(told.value.request.post_data or "")["filter"]["slice"]
    with page.expect_response("**/annotate/next") as told:
        page.reload()
    assert json.loads(told.value.request.post_data or "")["filter"]["slice"] == address
    page.get_by_role("button", name="Order").click()
    expect(page.get_by_label("with", exact=True)).to_have_value(address)
    with page.expect_response("**/annotate/next") as told:
        page.get_by_role("button", name="As the project has it").click()
    assert json.loads(told.value.request.post_data or "")["order"] == "sequential"
    expect(page.get_by_text("filtered")).to_be_hidden()
