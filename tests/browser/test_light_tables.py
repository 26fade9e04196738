"""The light table in a browser: many images tagged together, one label asked of pages of them, by keys and hand."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from app.db import session_scope
from app.domain.statuses import TruthValue
from app.models import Annotation, Image
from tests.browser.conftest import NARROW, Visits
from tests.browser.desk_page import eventually
from tests.browser.table_page import Make, names, saved, table, tile, truths
from tests.vectors import keep_vectors

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

Check = Callable[[Page], None]


def test_a_range_is_tagged_by_keys_and_undone_as_one_step(visit: Visits, make_collection: Make) -> None:
    made = make_collection(12)
    page = table(visit, made)
    page.keyboard.press("ArrowRight")
    for _step in range(3):
        page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("[data-tally]")).to_have_text("4 selected")
    page.keyboard.press("3")
    expect(page.locator("[data-told]")).to_have_text("Tagged 4 images with landscape. Undo: U")
    saved(page)
    landscape, ids = made.labels[2], [image.id for image in made.images]
    assert truths(landscape) == dict.fromkeys(ids[1:5], TruthValue.PRESENT)
    # The other labels were not asked, and the images still wait at the desk.
    assert truths(made.labels[0]) == {}
    page.keyboard.press("u")
    expect(tile(page, made.images[1])).not_to_have_attribute("data-said", "present")
    saved(page)
    assert truths(landscape) == {}
    page.keyboard.press("r")
    expect(tile(page, made.images[1])).to_have_attribute("data-said", "present")
    saved(page)
    assert truths(landscape) == dict.fromkeys(ids[1:5], TruthValue.PRESENT)
    # All of them have it: the key takes it away, and with Shift nobody can tell.
    page.keyboard.press("3")
    saved(page)
    assert truths(landscape) == dict.fromkeys(ids[1:5], TruthValue.ABSENT)
    page.keyboard.press("Shift+3")
    expect(page.locator("[data-told]")).to_contain_text("Not sure of landscape")
    saved(page)
    assert truths(landscape) == {}


def test_clicks_shift_and_a_frame_select(visit: Visits, make_collection: Make) -> None:
    made = make_collection(12)
    page = table(visit, made)
    tally = page.locator("[data-tally]")
    tile(page, made.images[0]).click()
    tile(page, made.images[5]).click(modifiers=["Shift"])
    expect(tally).to_have_text("6 selected")
    tile(page, made.images[5]).click()
    expect(tally).to_have_text("5 selected")
    page.keyboard.press("Control+a")
    expect(tally).to_have_text("12 selected")
    page.keyboard.press("Escape")
    expect(tally).to_have_text("Nothing selected")
    first, third = tile(page, made.images[0]).bounding_box(), tile(page, made.images[2]).bounding_box()
    page.mouse.move(first["x"] + 20, first["y"] + 20)
    page.mouse.down()
    page.mouse.move(third["x"] + 40, third["y"] + 40, steps=5)
    page.mouse.up()
    expect(tally).to_have_text("3 selected")
    page.locator("[data-label]").select_option(label="animal (2)")
    page.get_by_role("button", name="Tag", exact=True).click()
    saved(page)
    assert truths(made.labels[1]) == dict.fromkeys([image.id for image in made.images[:3]], TruthValue.PRESENT)
    # Tagged, a click begins anew.
    tile(page, made.images[7]).click()
    expect(tally).to_have_text("1 selected")


def test_a_page_of_a_question_is_confirmed_but_for_the_exceptions(visit: Visits, make_collection: Make) -> None:
    made = make_collection(10)
    human = made.labels[0]
    page = table(visit, made, f"?ask={human.id}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Which of these show “human”?")
    tile(page, made.images[2]).click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+Space")
    expect(page.locator("[data-tally]")).to_have_text("Shows it: 1 · does not: 8 · not sure: 1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Nothing left to ask")).to_be_visible()
    saved(page)
    ids = [image.id for image in made.images]
    expected = dict.fromkeys(ids, TruthValue.ABSENT) | {ids[2]: TruthValue.PRESENT}
    del expected[ids[3]]
    assert truths(human) == expected
    page.keyboard.press("u")
    # As it was: the exceptions too.
    expect(page.locator("[data-tally]")).to_have_text("Shows it: 1 · does not: 8 · not sure: 1")
    saved(page)
    assert truths(human) == {}
    page.get_by_label("Images you do not click").select_option("present")
    tile(page, made.images[0]).click()
    page.get_by_role("button", name="Confirm the page").click()
    saved(page)
    assert truths(human)[ids[0]] is TruthValue.ABSENT
    assert truths(human)[ids[9]] is TruthValue.PRESENT


def test_a_question_can_be_taken_back_after_a_reload(visit: Visits, make_collection: Make) -> None:
    made = make_collection(9)
    human = made.labels[0]
    page = table(visit, made, f"?ask={human.id}", viewport=NARROW)
    first = names(page)
    tile(page, made.images[1]).click()
    expect(page.locator("[data-tally]")).to_contain_text("Shows it: 1")
    page.keyboard.press("Enter")
    expect(page.locator("[data-count]")).to_have_text(f"{9 - len(first)} images left")
    saved(page)
    page.reload()
    expect(tile(page, made.images[len(first)])).to_be_visible()
    page.keyboard.press("u")
    expect(page.locator("[data-told]")).to_contain_text(f"Undone: {len(first)} images")
    # The page is there again as it was, with its exception, and nothing of it counts.
    expect(page.locator("[data-tally]")).to_contain_text("Shows it: 1")
    expect(page.locator("[data-count]")).to_have_text("9 images left")
    saved(page)
    # The tiles are drawn with the next frame.
    eventually(page, lambda: names(page) == first)
    assert truths(human) == {}
    page.reload()
    expect(tile(page, made.images[0])).to_be_visible()
    page.keyboard.press("r")
    expect(page.locator("[data-count]")).to_have_text(f"{9 - len(first)} images left")
    saved(page)
    assert truths(human)[made.images[1].id] is TruthValue.PRESENT
    assert len(truths(human)) == len(first)
    # Another question has steps of its own.
    page.goto(page.url.replace(f"ask={human.id}", f"ask={made.labels[1].id}"))
    expect(tile(page, made.images[0])).to_be_visible()
    page.keyboard.press("u")
    expect(page.locator("[data-told]")).to_have_text("There is nothing to undo here.")


def test_a_small_window_asks_page_after_page(visit: Visits, make_collection: Make) -> None:
    made = make_collection(9)
    page = table(visit, made, f"?ask={made.labels[0].id}", viewport=NARROW, has_touch=True)
    tile(page, made.images[0]).tap()
    tally = page.locator("[data-tally]")
    expect(tally).to_contain_text("Shows it: 1")
    shown = sum(map(int, re.findall(r"\d+", tally.inner_text())))
    assert shown < 9
    expect(page.locator(".lt-tile:visible")).to_have_count(shown)
    page.get_by_role("button", name="Confirm the page").tap()
    expect(page.locator("[data-count]")).to_have_text(f"{9 - shown} images left")
    expect(tile(page, made.images[shown])).to_be_visible()
    saved(page)
    assert len(truths(made.labels[0])) == shown


def test_what_could_not_be_sent_is_kept_and_sent_once(visit: Visits, make_collection: Make) -> None:
    made = make_collection(6)
    page = table(visit, made)
    visit.guard_of(page).expect("/light-table/answers|ERR_FAILED|ERR_INTERNET_DISCONNECTED")
    sent: list[str] = []

    def lose(route: Route) -> None:
        # Of the first, only the answer is lost; then nothing gets through.
        sent.append(route.request.url)
        if len(sent) == 1:
            route.fetch()
        route.abort()

    page.route("**/light-table/answers", lose)
    page.keyboard.press("Control+a")
    page.keyboard.press("1")
    expect(page.locator("[data-saving]")).to_contain_text("not saved yet")
    page.unroute("**/light-table/answers")
    page.reload()
    expect(page.locator("[data-saving]")).to_have_text("All saved", timeout=15_000)
    assert truths(made.labels[0]) == dict.fromkeys([image.id for image in made.images], TruthValue.PRESENT)
    with session_scope(writes=False) as session:
        assert len(session.scalars(select(Annotation)).all()) == 6


def test_near_duplicates_are_answered_together_if_wished(visit: Visits, make_collection: Make) -> None:
    made = make_collection(6)
    with session_scope() as session:
        for image in (made.images[1], made.images[4]):
            session.get_one(Image, image.id).group_key = "near-1"
    page = table(visit, made)
    expect(tile(page, made.images[4])).to_have_attribute("aria-posinset", "3")
    tile(page, made.images[1]).click()
    expect(page.locator("[data-tally]")).to_have_text("2 selected")
    page.locator("[data-groups]").uncheck()
    tile(page, made.images[1]).click()
    expect(page.locator("[data-tally]")).to_have_text("1 selected")


def test_more_like_an_image(visit: Visits, make_collection: Make) -> None:
    made = make_collection(5)
    page = table(visit, made)
    page.keyboard.press("ArrowRight")
    page.keyboard.press(".")
    page.wait_for_url(f"**/light-table?like={made.images[1].id}")
    expect(page.get_by_text("have not been compared yet")).to_be_visible()
    page.get_by_role("button", name="Compare the images").click()
    expect(page.get_by_text("are being compared")).to_be_visible()
    ids = [image.id for image in made.images]
    keep_vectors(made.project, ids, np.array([[1, 0], [0, 1], [0.6, 0.8], [0.8, 0.6], [-1, 0]]))
    page.reload()
    expect(tile(page, made.images[2])).to_have_attribute("aria-posinset", "2")
    expect(tile(page, made.images[4])).to_have_attribute("aria-posinset", "5")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("query", ["", "?ask={label}", "?like={image}", "?text=nothing"])
def test_axe_finds_nothing(
    visit: Visits, make_collection: Make, assert_accessible: Check, scheme: str, query: str
) -> None:
    made = make_collection(6)
    path = query.format(label=made.labels[0].id, image=made.images[0].id)
    page = visit(f"{made.path}/light-table{path}", account=made.annotator, color_scheme=scheme)
    if "nothing" in query:
        expect(page.get_by_role("heading", name="No image is like that")).to_be_visible()
    else:
        tile(page, made.images[1]).click()
    assert_accessible(page)
    page.get_by_role("button", name="Order and filter").click()
    assert_accessible(page)
    page.set_viewport_size({"width": 390, "height": 844})
    assert_accessible(page)


def test_the_desk_leads_to_more_like_its_image(visit: Visits, make_collection: Make) -> None:
    made = make_collection(3)
    page = visit(f"{made.path}/annotate", account=made.annotator)
    expect(page.locator("[data-image-name]")).to_have_text(made.images[0].name)
    page.keyboard.press(".")
    page.wait_for_url(f"**/light-table?like={made.images[0].id}")
    expect(page.get_by_role("heading", name="More like this")).to_be_visible()


def test_pictures_wait_where_a_hurried_scroll_comes_late(visit: Visits, make_collection: Make) -> None:
    page = table(visit, make_collection(1))
    # Milliseconds since the frame before, and pixels scrolled meanwhile, in a view of 800 pixels.
    steps = {
        "quick, and in time": (16, 60, False),
        "quick, and late": (60, 240, True),
        "in time without pictures": (16, 60, True),
        "slower, to look": (16, 20, False),
        "quick once more": (16, 60, True),
        "at rest": (100, 0, False),
        "quick after a rest": (16, 60, False),
        "more than a screen at once": (16, 900, True),
    }
    told = page.evaluate(
        """async (steps) => {
            const { src } = document.querySelector("script[src*='light-table/main']");
            const { Hurry } = await import(new URL("hurry.js", src));
            const hurry = new Hurry(() => {});
            let [at, top] = [1000, 0];
            performance.now = () => at;
            hurry.passes(top, 800);
            return steps.map(([passed, moved]) => { at += passed; top += moved; return hurry.passes(top, 800); });
        }""",
        [[passed, moved] for passed, moved, _waits in steps.values()],
    )
    assert dict(zip(steps, told, strict=True)) == {name: waits for name, (_passed, _moved, waits) in steps.items()}
