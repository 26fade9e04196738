"""Which images come up at the desk, to one person and to two at once, and what is said at the end."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import Collection, Visits
from tests.browser.desk_page import (
    answers_of,
    claimed,
    eventually,
    open_desk,
    shown,
    shows,
)

pytestmark = pytest.mark.browser
BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def desk(visit: Visits, collection: Collection) -> Page:
    return open_desk(visit, collection)


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
