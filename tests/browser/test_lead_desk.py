"""The lead's pages on tagging in a real browser: settings, guide, progress, skipped images."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.db import session_scope
from app.domain.sampling import Order
from app.domain.statuses import Answer, SkipReason, Suggestions, View
from app.models import Account, Annotation, Image, Project, Skip
from app.models.types import now
from app.services import annotations, desk_settings, flags, guides
from tests.browser.conftest import NARROW, WIDE, Collection, Visits

pytestmark = pytest.mark.browser
Check = Callable[[Page], None]
Make = Callable[..., Collection]


def assert_fits(page: Page) -> None:
    """Nothing stands out at the side of a narrow screen."""
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]


def answer(collection: Collection, places: range, *, by: Account) -> None:
    """Let somebody answer for some images, one every ten seconds until now."""
    with session_scope() as session:
        project = session.get_one(Project, collection.project.id)
        account = session.get_one(Account, by.id)
        for place in places:
            made = annotations.submit(
                session,
                project=project,
                image_id=collection.images[place].id,
                account=account,
                answers={collection.labels[0].id: Answer.PRESENT},
                view=View.ANNOTATE,
                seconds=8.0,
            )
            made.created_at = now() - timedelta(seconds=10 * (places.stop - place))


def skip(collection: Collection, place: int, reason: SkipReason | None, note: str = "") -> None:
    with session_scope() as session:
        image = collection.images[place]
        session.add(Skip(image_id=image.id, account_id=collection.annotator.id, reason=reason, note=note))


def excluded(collection: Collection) -> int:
    with session_scope(writes=False) as session:
        query = select(Image.id).where(Image.project_id == collection.project.id, Image.excluded_at.is_not(None))
        return len(session.scalars(query).all())


def test_settings_are_kept_without_leaving_the_page(
    visit: Visits, make_collection: Make, assert_accessible: Check
) -> None:
    collection = make_collection(images=4)
    page = visit(f"{collection.path}/tagging", account=collection.lead)
    visit.guard_of(page).expect("422")
    assert_accessible(page)
    assert_fits(page)
    page.get_by_role("radio", name="Show them only after the answer").check()
    people = page.get_by_label("People for an image")
    people.fill("2")
    expect(page.locator("#opinions-plan")).to_contain_text("8 answers would be missing still. That is 4 more")
    page.get_by_label("On this share of the images").fill("50")
    expect(page.locator("#opinions-plan")).to_contain_text("6 answers would be missing still. That is 2 more")
    people.fill("40")
    page.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    # The browser itself holds the number to 1 to 20; what it lets pass the server refuses.
    page.evaluate("document.getElementById('tagging-form').noValidate = true")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#field-opinions-error")).to_contain_text("1 to 20")
    expect(page.get_by_role("status").filter(has_text="Nothing was saved")).to_be_visible()
    expect(people).to_have_value("40")
    assert_accessible(page)
    people.fill("2")
    page.get_by_label("Order", exact=True).select_option("most_likely")
    page.locator("#field-order_label_id").select_option(label="animal")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_be_focused()
    with session_scope(writes=False) as session:
        kept = desk_settings.settings_of(session, session.get_one(Project, collection.project.id))
    assert (kept.suggestions, kept.opinions, kept.opinions_share) == (Suggestions.AFTER, 2, 0.5)
    assert (kept.order, kept.order_label_id) == (Order.MOST_LIKELY, collection.labels[1].id)


def test_a_guide_is_written_with_a_preview_and_read_by_annotators(
    visit: Visits, make_collection: Make, assert_accessible: Check
) -> None:
    collection = make_collection(images=1)
    page = visit(f"{collection.path}/guide", account=collection.lead)
    assert_accessible(page)
    page.get_by_role("link", name="Begin with an outline").click()
    text = page.get_by_label("The guide, in Markdown")
    expect(text).to_contain_text("# What does not count")
    image = f"{collection.path}/images/{collection.images[0].id}"
    text.fill(f"# Ploughs\n\n|a|b|\n|:-|-:|\n|1|2|\n\n<script>alert(1)</script>\n\n![A plough]({image})")
    preview = page.locator("#guide-preview")
    expect(preview.get_by_role("heading", name="Ploughs")).to_be_visible()
    expect(preview.get_by_role("img", name="A plough")).to_be_visible()
    expect(preview).to_contain_text("<script>")
    assert_accessible(page)
    assert_fits(page)
    page.get_by_role("button", name="Save the guide").click()
    expect(page.locator(".guide").get_by_role("heading", name="Ploughs")).to_be_visible()
    assert_accessible(page)
    annotator = visit(f"{collection.path}/guide", account=collection.annotator)
    expect(annotator.get_by_role("heading", name="Ploughs")).to_be_visible()
    expect(annotator.get_by_role("link", name="Edit the guide")).to_have_count(0)
    assert_accessible(annotator)
    assert_fits(annotator)


def test_two_leads_who_write_at_once_see_both_texts(visit: Visits, make_collection: Make) -> None:
    collection = make_collection(images=1)
    page = visit(f"{collection.path}/guide/edit", account=collection.lead)
    visit.guard_of(page).expect("409")
    with session_scope() as session:
        project = session.get_one(Project, collection.project.id)
        guides.save(session, project, "Theirs", seen=guides.digest(""))
    page.get_by_label("The guide, in Markdown").fill("Mine")
    page.get_by_role("button", name="Save the guide").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody else has changed the guide")
    expect(page.locator(".guide-theirs")).to_have_text("Theirs")
    expect(page.get_by_label("The guide, in Markdown")).to_have_value("Mine")
    page.get_by_role("button", name="Save the guide").click()
    expect(page.locator(".guide")).to_contain_text("Mine")


def test_progress_comes_anew_and_the_reader_keeps_their_place(
    visit: Visits, make_collection: Make, assert_accessible: Check
) -> None:
    collection = make_collection(images=30)
    answer(collection, range(12), by=collection.annotator)
    page = visit(f"{collection.path}/progress", account=collection.lead, locale="de-DE")
    expect(page.get_by_role("heading", name="12 of 30 images are done")).to_be_visible()
    expect(page.locator("#labels-by-day svg").first).to_be_visible()
    row = page.locator(f"#person-{collection.annotator.id}")
    expect(row).to_contain_text("ago")
    assert_accessible(page)
    assert_fits(page)
    answer(collection, range(12, 20), by=collection.annotator)
    region = page.get_by_role("region", name="People and what they answered")
    region.focus()
    page.evaluate("htmx.ajax('GET', location.pathname + '/figures', {target: '#tagging-figures', swap: 'outerMorph'})")
    expect(page.get_by_role("heading", name="20 of 30 images are done")).to_be_visible()
    expect(region).to_be_focused()
    # What a new answer puts into the page is in the reader's form too.
    expect(row.locator("time")).not_to_contain_text("UTC")
    expect(page.locator("#labels-by-day svg").first).to_be_visible()


def test_large_numbers_stay_in_the_readers_form_when_they_come_anew(visit: Visits, make_collection: Make) -> None:
    collection = make_collection(images=1)
    answer(collection, range(1), by=collection.annotator)
    page = visit(f"{collection.path}/progress", account=collection.lead)
    number = page.locator(f"#person-{collection.annotator.id} [data-local-number]").first
    for value, shown in (("12345", "12,345"), ("23456.0", "23,456")):
        number.evaluate("(element, value) => { element.textContent = value; }", value)
        expect(number).to_have_text(shown)


def test_skipped_images_are_chosen_many_at_once_and_left_out(
    visit: Visits, make_collection: Make, assert_accessible: Check
) -> None:
    collection = make_collection(images=6)
    for place in range(4):
        skip(collection, place, SkipReason.DUPLICATE, "same as 0001")
    skip(collection, 4, None)
    with session_scope() as session:
        project, person = session.get_one(Project, collection.project.id), collection.annotator
        flags.put(session, project, session.get_one(Account, person.id), collection.images[5].id)
    page = visit(f"{collection.path}/skipped", account=collection.reviewer)
    assert_accessible(page)
    assert_fits(page)
    leave_out = page.get_by_role("button", name="Leave out")
    expect(leave_out).to_be_disabled()
    page.get_by_role("link", name="Duplicate").click()
    boxes = page.locator("input[name=image]")
    expect(boxes).to_have_count(4)
    boxes.nth(0).click()
    boxes.nth(2).click(modifiers=["Shift"])
    expect(page.get_by_text("3 chosen")).to_be_visible()
    page.get_by_label("All on this page").check()
    expect(page.get_by_text("4 chosen")).to_be_visible()
    boxes.nth(3).uncheck()
    leave_out.click()
    expect(page.get_by_text("3 images were left out.")).to_be_visible()
    assert excluded(collection) == 3
    assert_accessible(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("3 images were taken in again.")).to_be_visible()
    assert excluded(collection) == 0
    page.get_by_label("All on this page").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Give back to the queue").click()
    expect(page.get_by_text("4 images come up again for those who skipped them.")).to_be_visible()
    page.get_by_role("link", name="All", exact=True).click()
    expect(page.locator("input[name=image]")).to_have_count(2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_accessible_with_nothing_and_with_much_on_them(
    visit: Visits, make_collection: Make, assert_accessible: Check, scheme: str
) -> None:
    empty, full = make_collection(images=0), make_collection(images=8)
    answer(full, range(4), by=full.annotator)
    skip(full, 5, SkipReason.SENSITIVE, "a grave")
    with session_scope() as session:
        desk_settings.change(session, session.get_one(Project, full.project.id), {"train_after": 10})
        assert session.scalar(select(Annotation.id).limit(1))
    page = visit(empty.path, account=empty.lead, color_scheme=scheme)
    other = visit(full.path, account=full.lead, color_scheme=scheme)
    for path in ("/progress", "/tagging", "/guide", "/guide/edit", "/skipped"):
        for each, collection in ((page, empty), (other, full)):
            each.goto(collection.path + path)
            each.wait_for_load_state("networkidle")
            assert_accessible(each)
            assert_fits(each)
