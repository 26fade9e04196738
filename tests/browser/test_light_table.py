"""Two reviewers find an error planted for each list, put it right, retrain with it and see what came of it."""

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.people import TRAINING_MS, Person, really_running, train
from tests.drawings import draw_images, labels_of, read_table, write_table

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

COUNT = 60
# By list, the image with a wrong answer and what the table says: 17 shows red, 20 nothing, 22 blue, 33 red.
WRONG = {
    "wrongly added": ("17.png", []),
    "missed": ("20.png", ["red"]),
    "by image": ("22.png", ["red"]),
    "suspects": ("33.png", ["red", "blue"]),
}
# The same as 13, which shows red, but for a few pixels; and something that does not belong in the collection.
TWIN, ODD = "twin of 13.png", "odd.png"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[str, str]]:
    with really_running(tmp_path / "data") as found:
        yield found


def draw_collection(folder: Path) -> list[Path]:
    files = draw_images(folder, COUNT)
    with Image.open(files[13]) as opened:
        twin = opened.copy()
    twin.paste((250, 250, 250), (0, 0, 2, 2))
    twin.save(folder / TWIN)
    Image.frombytes("RGB", (96, 96), random.Random(5).randbytes(96 * 96 * 3)).save(folder / ODD)
    return [*files, folder / TWIN, folder / ODD]


def correct(page: Page, address: str, image: str, keys: str = "x") -> None:
    """Open a list, go to each of an image's places in it from the first on, and press a key on each."""
    page.goto(address)
    for place, key in enumerate(keys):
        tile = page.get_by_role("link", name=re.compile(re.escape(image))).nth(place)
        # A list that rests on the inspection appears when that is done.
        expect(tile).to_be_visible(timeout=TRAINING_MS)
        tile.click()
        page.wait_for_url("**/errors/review**")
        expect(page.get_by_role("link", name=image, exact=True)).to_be_visible()
        with page.expect_response(lambda answer: answer.request.method == "POST" and "/verdicts" in answer.url) as sent:
            page.keyboard.press(key)
        assert sent.value.ok
        expect(page.get_by_text("All saved")).to_be_visible()
        # Coming back later, the list is as it was.
        page.goto(address)


def test_an_error_of_every_list_is_found_and_put_right(
    chromium: Browser, place: tuple[str, str], tmp_path: Path
) -> None:
    address, link = place
    files = draw_collection(tmp_path / "images")
    truth = {file.name: labels_of(int(file.stem)) for file in files[:COUNT]} | {TWIN: ["red"], ODD: []}
    said = truth | dict(WRONG.values()) | {TWIN: ["red", "blue"]}
    lead, other = Person(chromium, address), Person(chromium, address)

    page = lead.make_account(link, "Lea Lead", "lea@example.org")
    page.get_by_role("link", name="Bring your own images").click()
    page.get_by_label("Name", exact=True).fill("Discs and squares")
    page.get_by_label("Labels").fill("red\nblue")
    page.get_by_role("button", name="Make the project").click()
    project = page.url
    page.get_by_role("link", name="Bring images in").first.click()
    page.locator("input[data-input=files]").set_input_files([*files, write_table(tmp_path / "labels.csv", said)])
    page.get_by_role("button", name=f"Import {len(files)} images").click(timeout=60_000)
    expect(page.get_by_text("images tagged by the table")).to_be_visible(timeout=60_000)
    page.goto(f"{project}/members")
    page.get_by_label("Reviewer").check()
    page.get_by_role("button", name="Make an invitation link").click()
    other.make_account(page.get_by_label("The link").input_value(), "Rita Reviewer", "rita@example.org")

    page.goto(f"{project}/runs")
    train(page, "Train a model", 1)
    lists = f"{project}/runs/1/errors?split=all"
    correct(page, f"{lists}&direction=wrongly_added", WRONG["wrongly added"][0])
    correct(other.page, f"{project}/runs/1/errors?list=suspects", WRONG["suspects"][0])
    correct(page, f"{lists}&direction=missed", WRONG["missed"][0])
    correct(other.page, f"{project}/runs/1/errors?list=duplicates", TWIN)
    correct(page, f"{lists}&list=images", WRONG["by image"][0], "xx")
    correct(other.page, f"{project}/runs/1/errors?list=outliers", ODD, "e")

    page.goto(f"{project}/runs/1/report")
    expect(page.get_by_text("6 labels have been changed since this run.")).to_be_visible()
    train(page, "Retrain", 2)
    page.get_by_role("link", name="Compare with run 1").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("Macro-F1")
    page.goto(f"{project}/runs/2/errors?list=disagreement&other=1&split=all")
    expect(page.get_by_role("link", name="Two models")).to_have_attribute("aria-current", "page")

    page.goto(f"{project}/export")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download file and labels").click()
    exported = read_table(Path(download.value.path()).read_text(encoding="utf-8"))
    expected = {name: set(labels) for name, labels in truth.items() if name != ODD}
    assert {name: labels for name, labels in exported.items() if name != ODD} == expected
    assert lead.guard.unexpected() == []
    assert other.guard.unexpected() == []
