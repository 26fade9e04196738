"""The whole loop with two people: import, tag, train, look at the errors, relabel, retrain, compare, export.

Once as `loupe up` starts it (SQLite, embedded Valkey) and once as the compose file does (PostgreSQL, Redis).
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.config import ROOT
from tests.browser.people import Person, train
from tests.databases import postgres_database
from tests.drawings import draw_images, labels_of, read_table, write_table
from tests.processes import Running, composed, loupe_command, redis_server

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

COUNT = 40
TAGGED = 36
# The table says "red" is absent from this image although it shows a red disc.
PLANTED = "17.png"


@pytest.fixture(params=["sqlite and embedded valkey", "postgresql and redis"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Loupe running; gives its address and the one-time link for the first account."""
    if request.param.startswith("sqlite"):
        running = Running(tmp_path / "data")
        try:
            running.ready()
            link = re.search(r"http\S+/invitations/\S+", running.text())
            assert link is not None
            yield f"http://127.0.0.1:{running.port}", link.group()
        finally:
            running.end()
        return
    server = request.getfixturevalue("postgres_server")
    with redis_server(tmp_path) as redis_url, postgres_database(server) as database_url:
        data = tmp_path / "data"
        with composed(data, database_url, redis_url) as (address, environment):
            done = subprocess.run(
                [*loupe_command(), "setup-link"], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
            )
            yield address, done.stdout.strip()


def bring_in(page: Page, files: list[Path], table: Path) -> None:
    page.get_by_role("link", name="Bring images in").first.click()
    page.locator("input[data-input=files]").set_input_files([*files, table])
    page.get_by_role("button", name=f"Import {COUNT} images").click()
    expect(page.get_by_role("link", name="Start tagging")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("images tagged by the table")).to_be_visible()


def tag_the_rest(page: Page) -> None:
    """Tag by the keyboard what the table left out: keys 1 and 2 for the labels, n for none."""
    for left in range(COUNT - TAGGED, 0, -1):
        name = page.locator("[data-image-name]")
        expect(name).not_to_be_empty()
        shown = name.inner_text()
        present = labels_of(int(Path(shown).stem))
        for label in present:
            page.keyboard.press({"red": "1", "blue": "2"}[label])
        page.keyboard.press("Enter" if present else "n")
        if left > 1:
            expect(name).not_to_have_text(shown)
    expect(page.get_by_role("heading", name="Every image is tagged")).to_be_visible()


def relabel(page: Page, label: str) -> None:
    """Find the planted error among the largest losses and put it right with one key."""
    page.get_by_role("link", name=re.compile("Review these")).click()
    page.wait_for_url("**/errors/review**")  # its keys work once its scripts have come
    found = page.get_by_role("link", name=PLANTED, exact=True)
    position = page.locator(".review__head p").first
    while not found.is_visible():
        where = position.inner_text()
        page.keyboard.press("j")
        expect(position).not_to_have_text(where)
    place = page.url
    with page.expect_response(lambda answer: answer.request.method == "POST" and "/api/v1/" in answer.url) as saved:
        page.keyboard.press("x")
    assert saved.value.ok
    page.goto(place)
    # The place in the list is kept, and says what was decided.
    expect(found).to_be_visible()
    expect(page.locator("[data-mark]")).to_contain_text("Annotation wrong")
    expect(page.get_by_role("heading", level=2)).to_contain_text(label)


def test_round_the_loop_with_two_people(chromium: Browser, place: tuple[str, str], tmp_path: Path) -> None:
    address, link = place
    files = draw_images(tmp_path / "images", COUNT)
    truth = {file.name: labels_of(int(file.stem)) for file in files}
    said = dict(list(truth.items())[:TAGGED]) | {PLANTED: []}
    assert truth[PLANTED] == ["red"]
    lead, annotator = Person(chromium, address), Person(chromium, address)

    page = lead.make_account(link, "Lea Lead", "lea@example.org")
    page.get_by_role("link", name="Bring your own images").click()
    page.get_by_label("Name", exact=True).fill("Discs and squares")
    page.get_by_label("Labels").fill("red\nblue")
    page.get_by_role("button", name="Make the project").click()
    project = page.url
    bring_in(page, files, write_table(tmp_path / "labels.csv", said))

    page.goto(f"{project}/members")
    page.get_by_label("Annotator").check()
    page.get_by_role("button", name="Make an invitation link").click()
    invitation = page.get_by_label("The link").input_value()
    annotator.make_account(invitation, "Anna Annotator", "anna@example.org")
    expect(annotator.page).to_have_url(project)
    annotator.page.goto(f"{project}/annotate")
    tag_the_rest(annotator.page)

    page.goto(f"{project}/runs")
    train(page, "Train a model", 1)
    page.goto(f"{project}/runs/1/errors?split=all&direction=wrongly_added")
    relabel(page, "red")

    page.goto(f"{project}/runs/1/report")
    expect(page.get_by_text("1 label has been changed since this run.")).to_be_visible()
    train(page, "Retrain", 2)
    page.get_by_role("link", name="Compare with run 1").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("red")

    page.goto(f"{project}/export")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download file and labels").click()
    exported = read_table(Path(download.value.path()).read_text(encoding="utf-8"))
    # Everybody's answers, with the planted error put right.
    assert exported == {name: set(labels) for name, labels in truth.items()}
    assert lead.guard.unexpected() == []
    assert annotator.guard.unexpected() == []
