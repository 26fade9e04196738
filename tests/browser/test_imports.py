"""Bringing images in, in a real browser: choosing, dropping, what fails on the way, the table, the report."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from app.config import get_settings
from app.db import session_scope
from app.domain.statuses import JobStatus, TruthValue
from app.models import Image, Import
from app.services import images, imports
from app.storage import get_storage
from tests.integration.worker.pictures import folder_of, jpeg
from worker.jobs import imports as imports_job
from worker.running import run_job

pytestmark = pytest.mark.browser


@pytest.fixture
def place(make_collection: Callable[..., Any]) -> Any:
    return make_collection(images=0, labels=("human", "animal"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = folder_of(tmp_path / "photos", ["a.jpg", "b.jpg", "c.jpg"])
    (made / "labels.csv").write_text("file,label\na.jpg,human|boat\nb.jpg,\n")
    return made


def work_on_newest() -> None:
    """Do as a worker would that takes the newest import."""
    with session_scope(writes=False) as session:
        newest = session.query(Import).order_by(Import.id.desc()).first()
    assert newest is not None
    assert newest.job_id is not None
    assert run_job(newest.job_id, imports_job.work) is JobStatus.SUCCEEDED


def choose(page: Page, kind: str, files: Any) -> None:
    page.locator(f"[data-input={kind}]").set_input_files(files)


def test_a_folder_with_a_table_is_chosen_checked_and_imported(
    visit: Callable[..., Page], place: Any, folder: Path, assert_accessible: Callable[[Page], None]
) -> None:
    page = visit(f"{place.path}/images", account=place.lead)
    assert_accessible(page)
    page.get_by_role("main").get_by_role("link", name="Bring images in").last.click()
    assert_accessible(page)
    choose(page, "folder", folder)
    expect(page.get_by_text("4 files have come").first).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("a.jpg")).get_by_text("boat")).to_be_visible()
    assert_accessible(page)
    begin = page.get_by_role("button", name="Import 3 images")
    begin.click()
    # Nothing begins before somebody has decided on the new label.
    expect(page).to_have_url(re.compile("/imports/new$"))
    page.get_by_label("Create them all").check()
    begin.click()
    page.wait_for_url(re.compile(r"/imports/\d+$"))
    expect(page.get_by_text("Waiting to begin")).to_be_visible()
    assert_accessible(page)
    work_on_newest()
    expect(page.get_by_role("link", name="Start tagging")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="See the images").click()
    expect(page.get_by_role("heading", name="3 images of this import")).to_be_visible()
    assert page.locator(".image-grid img").first.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    assert_accessible(page)


def test_files_dropped_anywhere_are_taken_and_how_the_table_is_read_can_be_changed(
    visit: Callable[..., Page], place: Any
) -> None:
    page = visit(f"{place.path}/imports/new", account=place.lead)
    page.evaluate(
        """([picture, table]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(picture)], "a.jpg"));
            transfer.items.add(new File([table], "t.csv"));
            for (const type of ["dragover", "drop"])
              document.body.dispatchEvent(
                new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
        }""",
        [list(jpeg(1)), "bild;wort\na.jpg;human\n"],
    )
    expect(page.get_by_text("The table cannot be read like this")).to_be_visible()
    page.get_by_label("Column with the file").select_option("bild")
    page.get_by_label("Column with the labels").select_option("wort")
    expect(page.get_by_role("row", name=re.compile("a.jpg")).get_by_text("human")).to_be_visible()
    expect(page.get_by_label("Column with the file")).to_have_value("bild")
    expect(page.locator(".toasts .notice")).to_have_count(0)


def test_a_broken_connection_is_tried_again_by_itself(visit: Callable[..., Page], place: Any, folder: Path) -> None:
    page = visit(f"{place.path}/imports/new", account=place.lead)
    visit.guard_of(page).expect("failed|503|console")  # type: ignore[attr-defined]
    answers = iter(("abort", "busy"))

    def disturb(route: Route) -> None:
        match next(answers, "pass"):
            case "abort":
                route.abort()
            case "busy":
                route.fulfill(status=503, json={"error": {"sentence": "busy"}})
            case _:
                route.continue_()

    page.route("**/files?*", disturb)
    choose(page, "files", [folder / "a.jpg"])
    expect(page.get_by_role("button", name="Import 1 image")).to_be_visible()
    expect(page.get_by_role("button", name="Send them again")).to_be_hidden()


def test_what_fails_for_good_is_listed_and_can_be_sent_again(
    visit: Callable[..., Page], place: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_settings(), "upload_max_mb", 1)
    page = visit(f"{place.path}/imports/new", account=place.lead)
    visit.guard_of(page).expect("409|console")  # type: ignore[attr-defined]
    page.route(
        "**/files?name=b.jpg*",
        lambda route: route.fulfill(status=409, json={"error": {"sentence": "Not now, please."}}),
        times=1,
    )
    large = {"name": "large.tif", "mimeType": "image/tiff", "buffer": b"x" * 1_100_000}
    choose(page, "files", [{"name": n, "mimeType": "image/jpeg", "buffer": jpeg(1)} for n in ("a.jpg", "b.jpg")])
    choose(page, "files", [large])
    failed = page.locator("[data-failed]")
    expect(failed.get_by_text("Not now, please.")).to_be_visible()
    expect(failed.get_by_text("larger than 1 MB")).to_be_visible()
    failed.get_by_role("button", name="Send them again").click()
    expect(failed.get_by_text("Not now, please.")).to_be_hidden()
    expect(page.get_by_role("button", name="Import 2 images")).to_be_visible()
    expect(failed.get_by_text("larger than 1 MB")).to_be_visible()
    expect(failed.get_by_role("button", name="Send them again")).to_be_hidden()


def test_an_import_is_cancelled_from_its_page(visit: Callable[..., Page], place: Any, folder: Path) -> None:
    page = visit(f"{place.path}/imports/new", account=place.lead)
    choose(page, "files", [folder / "a.jpg"])
    page.get_by_role("button", name="Import 1 image").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("cancelled before it began")).to_be_visible()


def test_going_through_images_by_key_and_deciding_on_a_label(
    visit: Callable[..., Page], make_collection: Callable[..., Any], assert_accessible: Callable[[Page], None]
) -> None:
    collection = make_collection(images=3)
    page = visit(f"{collection.path}/images", account=collection.reviewer)
    page.locator(".image-grid a").first.click()
    assert_accessible(page)
    first = page.url
    page.keyboard.press("ArrowRight")
    page.wait_for_url(lambda url: url != first)
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(first)
    group = page.get_by_role("form", name="Decide on animal")
    group.get_by_role("button", name="present").click()
    expect(group.get_by_role("button", name="present")).to_have_attribute("aria-pressed", "true")
    with session_scope(writes=False) as session:
        image = session.get_one(Image, int(first.rpartition("/")[2]))
        assert list(images.resolved_labels(session, [image.id])[image.id].values()) == [TruthValue.PRESENT]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_screen_holds_every_page_without_scrolling_sideways(
    visit: Callable[..., Page],
    place: Any,
    folder: Path,
    scheme: str,
    assert_accessible: Callable[[Page], None],
) -> None:
    (folder / ("a very long name " * 6 + ".jpg")).write_bytes(b"no image")
    with session_scope() as session:
        made = imports.import_folder(session, place.project, folder, folder / "labels.csv")
    work_on_newest()
    assert get_storage().upload_folder(made.id).exists()
    page = visit("/", account=place.lead, viewport={"width": 390, "height": 844}, color_scheme=scheme)
    for path in ("/images", "/imports/new", f"/imports/{made.id}", "/export", f"/images/{first_image(place)}"):
        page.goto(place.path + path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert_accessible(page)


def first_image(place: Any) -> int:
    with session_scope(writes=False) as session:
        return images.list_images(session, place.project.id, images.ImageFilter()).images[0].id
