"""Looking closely at large scans: tiles come over the image, on the desk, the image's page and in review."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Picture
from PIL import ImageDraw
from playwright.sync_api import Locator, Page, expect

from app.db import session_scope
from app.domain.statuses import JobStatus
from app.models import Image, Job
from app.storage import get_storage, write_atomically
from tests.browser.review_world import Reviewed, make_reviewed
from worker.imaging.tiles import write_pyramid

pytestmark = pytest.mark.browser

WIDTH, HEIGHT = 6000, 4500
# Fields of this many pixels, black and white in turn: the screen version shows each as less than one of its own pixels.
FIELD = 2


def fine(size: tuple[int, int]) -> Picture.Image:
    """Draw a picture whose finest detail is lost in the screen version: grey from afar, stripes from near."""
    row = Picture.new("L", (size[0], 1), "white")
    for left in range(0, size[0], 2 * FIELD):
        row.paste(0, (left, 0, left + FIELD, 1))
    picture = row.resize(size).convert("RGB")
    ImageDraw.Draw(picture).ellipse((size[0] // 3, size[1] // 3, size[0] // 2, size[1] // 2), fill=(200, 30, 30))
    return picture


def enlarge(image: Image) -> None:
    """Make an image of a collection a large scan, whose screen version is there and whose tiles are not."""
    picture = fine((WIDTH, HEIGHT))
    with session_scope() as session:
        row = session.get_one(Image, image.id)
        row.width, row.height, row.format = WIDTH, HEIGHT, "PNG"
    storage = get_storage()
    streams = io.BytesIO(), io.BytesIO()
    picture.save(streams[0], "PNG")
    picture.resize((2048, 1536), Picture.Resampling.LANCZOS).save(streams[1], "JPEG", quality=88)
    write_atomically(storage.original(image.sha256), [streams[0].getvalue()])
    write_atomically(storage.rendition(image.sha256, "screen"), [streams[1].getvalue()])


def make_tiles(image: Image) -> Path:
    storage = get_storage()
    write_pyramid(storage.original(image.sha256), target := storage.tiles(image.sha256))
    return target


def is_sharp(page: Page, place: Locator) -> bool:
    """Tell whether black and white are told apart in the middle of what is seen."""
    shot = Picture.open(io.BytesIO(place.screenshot())).convert("L")
    middle = shot.crop((shot.width // 2 - 40, shot.height // 2 - 5, shot.width // 2 + 40, shot.height // 2 + 5))
    low, high = middle.getextrema()
    return bool(isinstance(low, int) and isinstance(high, int) and high - low > 150)


def expect_sharp(page: Page, place: Locator, *, wanted: bool = True) -> None:
    for _ in range(50):
        if is_sharp(page, place) is wanted:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"not {'sharp' if wanted else 'soft'}")


@pytest.fixture
def scan(make_collection: Callable[..., Any]) -> Any:
    collection = make_collection(images=2)
    for image in collection.images:
        enlarge(image)
    return collection


def test_on_the_desk_the_keys_lead_from_the_whole_image_to_its_pixels(
    scan: Any, visit: Any, assert_accessible: Callable[[Page], None]
) -> None:
    for image in scan.images:
        make_tiles(image)
    page = visit(f"{scan.path}/annotate", account=scan.annotator)
    ground = page.locator("[data-ground]")
    expect(ground.locator("img")).to_be_visible()
    assert not is_sharp(page, ground)
    expect(page.locator(".deep-zoom")).to_have_count(0)
    page.keyboard.press("z")
    expect_sharp(page, ground)
    assert_accessible(page)
    # The image stays beneath, and the tiles go where it goes.
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect_sharp(page, ground)
    page.keyboard.press("0")
    expect(page.locator(".deep-zoom")).to_be_hidden()
    page.keyboard.press("z")
    expect(page.locator(".deep-zoom")).to_be_visible()
    page.keyboard.press("n")
    expect(page.locator(".deep-zoom")).to_have_count(0)
    page.keyboard.press("z")
    expect_sharp(page, ground)


def test_turned_and_inverted_the_tiles_lie_as_the_image_does(scan: Any, visit: Any) -> None:
    for image in scan.images:
        make_tiles(image)
    page = visit(f"{scan.path}/annotate", account=scan.annotator)
    ground = page.locator("[data-ground]")
    expect(ground.locator("img")).to_be_visible()
    page.locator('[data-act="rotate"]').click()
    page.locator('[data-act="invert"]').click()
    page.keyboard.press("z")
    expect(page.locator(".deep-zoom[data-drawn]")).to_be_visible()
    page.wait_for_timeout(500)
    with_tiles = Picture.open(io.BytesIO(ground.screenshot())).convert("RGB")
    page.locator(".deep-zoom").evaluate("layer => layer.remove()")
    without = Picture.open(io.BytesIO(ground.screenshot())).convert("RGB")
    # From afar both are the same picture: shrunk, the stripes are grey in either.
    small = [picture.resize((24, 16), Picture.Resampling.BOX).tobytes() for picture in (with_tiles, without)]
    assert max(abs(one - other) for one, other in zip(*small, strict=True)) < 25
    assert with_tiles.tobytes() != without.tobytes()


def test_an_image_that_was_there_before_is_prepared_when_somebody_enlarges_it(
    scan: Any, visit: Any, sent: list[tuple[str, int]]
) -> None:
    image = scan.images[0]
    page = visit(f"{scan.path}/images/{image.id}", account=scan.annotator)
    stage = page.locator(".viewer__stage")
    expect(stage.locator("img")).to_be_visible()
    page.wait_for_timeout(600)
    assert sent == []
    page.get_by_role("button", name="True size").click()
    expect(page.get_by_text("No worker is running that could prepare this large image.")).to_be_visible()
    assert [task for task, _id in sent] == ["loupe.tiles"]
    assert not is_sharp(page, stage)
    make_tiles(image)
    expect_sharp(page, stage)
    expect(page.locator("[data-deep-zoom-status]")).to_be_empty()


def test_why_there_is_no_finer_detail_is_said(scan: Any, visit: Any, sent: list[tuple[str, int]]) -> None:
    image = scan.images[0]
    page = visit(f"{scan.path}/images/{image.id}", account=scan.annotator)
    page.get_by_role("button", name="True size").click()
    expect(page.get_by_text("No worker is running")).to_be_visible()
    with session_scope() as session:
        job = session.get_one(Job, sent[-1][1])
        job.status, job.error = JobStatus.FAILED, "The end of the image is missing."
    expect(page.get_by_text("The end of the image is missing.")).to_be_visible()
    expect(page.locator(".deep-zoom")).to_have_count(0)


def test_tiles_that_made_room_meanwhile_are_made_once_more(scan: Any, visit: Any, sent: list[tuple[str, int]]) -> None:
    image = scan.images[0]
    path = make_tiles(image)
    page = visit(f"{scan.path}/images/{image.id}", account=scan.annotator)
    visit.guard_of(page).expect(r"/tiles/|404")
    page.wait_for_timeout(600)
    path.unlink()
    page.get_by_role("button", name="True size").click()
    expect(page.get_by_text("No worker is running")).to_be_visible()
    assert [task for task, _id in sent] == ["loupe.tiles"]
    make_tiles(image)
    expect_sharp(page, page.locator(".viewer__stage"))


def test_without_the_network_the_screen_version_stays_and_the_detail_comes_with_it(scan: Any, visit: Any) -> None:
    image = scan.images[0]
    make_tiles(image)
    page = visit(f"{scan.path}/images/{image.id}", account=scan.annotator)
    visit.guard_of(page).expect(r"/tiles|INTERNET_DISCONNECTED|icon")
    stage = page.locator(".viewer__stage")
    expect(stage.locator("img")).to_be_visible()
    page.wait_for_timeout(600)
    page.context.set_offline(True)
    page.get_by_role("button", name="True size").click()
    expect(page.get_by_text("The finest detail of this image cannot be fetched just now.")).to_be_visible()
    expect(page.locator(".deep-zoom")).to_have_count(0)
    page.context.set_offline(False)
    page.keyboard.press("ArrowRight")
    expect_sharp(page, stage)
    expect(page.locator("[data-deep-zoom-status]")).to_be_empty()


@pytest.mark.parametrize("size", [{"width": 390, "height": 844}, {"width": 820, "height": 1180}])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_image_page_is_accessible_and_scrolls_under_the_wheel(
    scan: Any, visit: Any, assert_accessible: Callable[[Page], None], size: dict[str, int], scheme: str
) -> None:
    image = scan.images[0]
    make_tiles(image)
    page = visit(f"{scan.path}/images/{image.id}", account=scan.lead, viewport=size, color_scheme=scheme)
    stage = page.locator(".viewer__stage")
    expect(stage.locator("img")).to_be_visible()
    assert_accessible(page)
    stage.hover()
    page.mouse.wheel(0, 120)
    expect(stage).not_to_have_attribute("data-zoomed", "")
    page.keyboard.down("Control")
    page.mouse.wheel(0, -600)
    page.keyboard.up("Control")
    expect(stage).to_have_attribute("data-zoomed", "")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_accessible(page)


def test_arrows_move_about_in_the_enlarged_image_and_else_lead_on(scan: Any, visit: Any) -> None:
    first, second = scan.images
    for image in scan.images:
        make_tiles(image)
    page = visit(f"{scan.path}/images/{first.id}", account=scan.annotator)
    picture = page.locator(".viewer__stage img")
    expect(picture).to_be_visible()
    page.keyboard.press("+")
    page.keyboard.press("+")
    before = picture.evaluate("image => image.style.transform")
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(f"{visit.address}{scan.path}/images/{first.id}")
    assert picture.evaluate("image => image.style.transform") != before
    page.keyboard.press("0")
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(f"{visit.address}{scan.path}/images/{second.id}")


def test_small_images_ask_for_nothing(make_collection: Callable[..., Any], visit: Any) -> None:
    collection = make_collection(images=1)
    page = visit(f"{collection.path}/images/{collection.images[0].id}", account=collection.annotator)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for _ in range(6):
        page.keyboard.press("+")
    page.wait_for_timeout(600)
    assert [url for url in asked if "tiles" in url or "openseadragon" in url] == []


def test_in_review_the_tiles_lie_under_the_map(make_collection: Callable[..., Any], visit: Any) -> None:
    world: Reviewed = make_reviewed(make_collection)
    image_id, label_id = world.errors[0]
    with session_scope(writes=False) as session:
        image = session.get_one(Image, image_id)
        run_id = session.merge(world.run, load=False).id
    enlarge(image)
    make_tiles(image)
    stream = io.BytesIO()
    Picture.new("RGBA", (448, 336), (255, 232, 72, 120)).save(stream, "PNG")
    write_atomically(get_storage().activation_map(run_id, image_id, label_id), [stream.getvalue()])
    page = visit(f"{world.root}/errors/review", account=world.reviewer)
    stage = page.locator("[data-stage]")
    expect(stage.locator("[data-picture]")).to_be_visible()
    page.keyboard.press("z")
    expect_sharp(page, stage)
    page.keyboard.press("h")
    expect(page.locator(".heatmap")).to_be_visible()
    assert page.locator(".heatmap").bounding_box() == pytest.approx(
        page.locator("[data-picture]").bounding_box(), abs=0.1
    )
    page.wait_for_timeout(300)
    middle = Picture.open(io.BytesIO(stage.screenshot())).convert("RGB").resize((3, 3), Picture.Resampling.BOX)
    red, _green, blue = middle.getpixel((1, 1))  # type: ignore[misc]
    assert red > blue + 30
    page.keyboard.press("ArrowRight")
    expect(page.locator(".deep-zoom")).to_have_count(0)
