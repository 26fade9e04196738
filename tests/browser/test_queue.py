"""The annotation queue in two browsers at once, before a Loupe that really runs: orders, a filter, its own training."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.people import TRAINING_MS, Person, really_running
from tests.drawings import draw_images, labels_of

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

COUNT = 48
# Half as many more start a run at once, without a pause.
AFTER, ENOUGH = 12, 20
NO_MODEL = re.compile("There is no model yet: images come")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[str, str]]:
    with really_running(tmp_path / "data") as found:
        yield found


def name_on(page: Page) -> str:
    name = page.locator("[data-image-name]")
    expect(name).not_to_be_empty()
    return name.inner_text()


def tag(page: Page) -> str:
    """Answer for the image on the screen by what it shows, with the keys 1, 2 and n; gives its name."""
    name = name_on(page)
    present = labels_of(int(Path(name).stem))
    for label in present:
        page.keyboard.press({"red": "1", "blue": "2"}[label])
    page.keyboard.press("Enter" if present else "n")
    expect(page.locator("[data-image-name]")).not_to_have_text(name)
    return name


def choose(page: Page, order: str) -> None:
    """Choose an order, and wait for the images that come in it."""
    page.get_by_role("button", name="Order").click()
    with page.expect_response(lambda answer: answer.url.endswith("/annotate/next")):
        page.get_by_role("radio", name=order).check()
    page.keyboard.press("Escape")


def make_project(page: Page, files: list[Path]) -> str:
    page.get_by_role("link", name="Bring your own images").click()
    page.get_by_label("Name", exact=True).fill("Discs and squares")
    page.get_by_label("Labels").fill("red\nblue")
    page.get_by_role("button", name="Make the project").click()
    project = page.url
    page.get_by_role("link", name="Bring images in").first.click()
    page.locator("input[data-input=files]").set_input_files(files)
    page.get_by_role("button", name=f"Import {len(files)} images").click(timeout=60_000)
    expect(page.get_by_role("link", name=re.compile("tagging|Tag", re.IGNORECASE)).first).to_be_visible(timeout=60_000)
    page.goto(f"{project}/tagging")
    page.get_by_label("Train after so many new answers").fill(str(AFTER))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. It holds")).to_be_visible()
    return project


def invite(page: Page, project: str) -> str:
    page.goto(f"{project}/members")
    page.get_by_label("Annotator").check()
    page.get_by_role("button", name="Make an invitation link").click()
    return page.get_by_label("The link").input_value()


def least_certain(data: Path) -> list[str]:
    """Order the images that wait by the run's least certain label, reckoned from the database by hand."""
    with closing(sqlite3.connect(data / "loupe.sqlite3")) as database:
        limits = [row[0] for row in database.execute(
            "SELECT value FROM thresholds JOIN threshold_sets ON id = set_id WHERE is_active ORDER BY label_id"
        )]  # fmt: skip
        rows = database.execute(
            "SELECT name, probabilities FROM predictions JOIN images ON images.id = image_id "
            "WHERE needed > 0 AND excluded_at IS NULL ORDER BY image_id"
        ).fetchall()
    told = {}
    for name, said in rows:
        shares = [
            (p - t) / (1 - t) if p >= t else (t - p) / t
            for p, t in zip(np.frombuffer(said, "<f4").tolist(), limits, strict=True)
        ]
        told[name] = min(shares)
    return sorted(told, key=lambda name: told[name])


def test_two_people_tag_in_orders_of_their_own_and_the_model_follows(
    chromium: Browser, place: tuple[str, str], tmp_path: Path
) -> None:
    address, link = place
    lead, annotator = Person(chromium, address), Person(chromium, address)
    page = lead.make_account(link, "Lea Lead", "lea@example.org")
    project = make_project(page, draw_images(tmp_path / "images", COUNT))
    annotator.make_account(invite(page, project), "Anna Annotator", "anna@example.org")
    desks = [page, annotator.page]
    for each in desks:
        each.goto(f"{project}/annotate")
        name_on(each)

    # Each has an order of their own; without a model the uncertain ones cannot be known, and the desk says so.
    choose(page, "Random")
    expect(page.locator("[data-fallback]")).to_be_empty()
    choose(annotator.page, "Least certain first")
    expect(annotator.page.locator("[data-fallback]")).to_have_text(NO_MODEL)
    seen = [tag(each) for _round in range(ENOUGH // 2) for each in desks]
    assert len(set(seen)) == len(seen) == ENOUGH

    # A filter in front: nothing has a year, so that nothing is left of the images.
    page.get_by_role("button", name="Order").click()
    page.get_by_text("Only some images").click()
    page.get_by_label("from the year").fill("1900")
    page.get_by_label("from the year").press("Tab")
    expect(page.locator("[data-narrowed]")).to_be_visible()
    expect(page.locator("[data-caption]")).to_be_hidden()
    page.get_by_role("button", name="As the project has it").click()
    name_on(page)

    # Nobody presses a button: the run starts by itself and becomes the model.
    lead.guard.expect("404")
    wait_for_report(page, f"{project}/runs/1/report")
    annotator.page.reload()
    name_on(annotator.page)
    expect(annotator.page.locator("[data-fallback]")).to_be_empty()
    expected = least_certain(tmp_path / "data")
    assert len(expected) == COUNT - ENOUGH
    assert [tag(annotator.page) for _image in range(4)] == expected[:4]
    assert lead.guard.unexpected() == annotator.guard.unexpected() == []


def wait_for_report(page: Page, address: str) -> None:
    """Look again until the run is there and has its report."""
    for _look in range(TRAINING_MS // 1000):
        if page.url.endswith("/report") and page.get_by_text("Macro-F1").count() > 0:
            return
        page.wait_for_timeout(1000)
        page.goto(address)
    raise AssertionError("no run started by itself, or it did not end")
