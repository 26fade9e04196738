"""Labels in a real browser: edited, found, grouped, dragged, merged, split and undone, by mouse and by keyboard."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.db import session_scope
from app.domain.statuses import Answer, View
from app.models import Account, Label, LabelGroup, Project
from app.services import annotations, label_grouping, label_groups, labels
from tests.browser.conftest import NARROW, Collection, Visits

pytestmark = pytest.mark.browser
Check = Callable[[Page], None]
Make = Callable[..., Collection]
MANY = tuple(f"subject {number:02}" for number in range(12))


def assert_fits(page: Page) -> None:
    """Nothing stands out at the side of a narrow screen."""
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def answer(collection: Collection, place: int, *present: int) -> None:
    with session_scope() as session:
        annotations.submit(
            session,
            project=session.get_one(Project, collection.project.id),
            image_id=collection.images[place].id,
            account=session.get_one(Account, collection.annotator.id),
            answers={collection.labels[one].id: Answer.PRESENT for one in present},
            view=View.ANNOTATE,
        )


def group(collection: Collection, title: str, *members: int, exclusive: bool = False) -> LabelGroup:
    with session_scope() as session:
        project = session.get_one(Project, collection.project.id)
        made = label_grouping.make_group(session, project, title=title, exclusive=exclusive, account=None)
        for one in members:
            label = session.get_one(Label, collection.labels[one].id)
            label_grouping.place_label(session, project, label, group_id=made.id, account=None)
    return made


def sections(collection: Collection) -> list[tuple[str, list[str]]]:
    with session_scope(writes=False) as session:
        found = label_groups.grouped(session, collection.project.id, empty=True)
        return [(each.title, [label.name for label in each.labels]) for each in found]


def test_labels_are_edited_moved_archived_and_brought_back_without_losing_the_place(
    visit: Visits, make_collection: Make, assert_accessible: Check
) -> None:
    collection = make_collection(images=1)
    page = visit(f"{collection.path}/labels", account=collection.lead)
    page.get_by_role("link", name="Edit “human”").click()
    name = page.locator("#label-name")
    expect(name).to_be_focused()
    assert_accessible(page)
    name.fill("person")
    page.get_by_label("Definition").fill("Anybody, or a part of somebody.")
    page.get_by_role("button", name="Save the label").click()
    expect(page.get_by_role("link", name="Edit “person”")).to_be_focused()
    down = page.get_by_role("button", name="Move “person” down")
    down.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".label-row__name").nth(1)).to_contain_text("person")
    expect(page.get_by_role("button", name="Move “person” down")).to_be_focused()
    page.get_by_role("link", name="animal", exact=True).click()
    page.get_by_role("button", name="Archive").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Nobody has answered for it yet.")
    dialog.get_by_role("button", name="Archive").click()
    expect(page.get_by_role("heading", name="Archived labels")).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
    page.get_by_role("button", name="Bring back “animal”").click()
    expect(page.locator(".label-row__name").nth(2)).to_contain_text("animal")
    with session_scope() as session:
        live = labels.live_labels(session, collection.project.id)
    assert [label.name for label in live] == ["person", "landscape", "animal"]


def test_a_name_that_is_taken_is_told_in_the_open_label(visit: Visits, make_collection: Make) -> None:
    collection = make_collection(images=1)
    page = visit(f"{collection.path}/labels", account=collection.lead)
    visit.guard_of(page).expect("422")
    page.get_by_role("link", name="Edit “human”").click()
    page.locator("#label-name").fill("animal")
    page.get_by_role("button", name="Save the label").click()
    expect(page.locator("#label-name-error")).to_contain_text("already a label")
    expect(page.locator("#label-name")).to_have_value("animal")


def test_many_labels_are_searched_also_after_the_list_was_changed(
    visit: Visits, make_collection: Make, assert_accessible: Check
) -> None:
    collection = make_collection(images=1, labels=MANY)
    group(collection, "The last ones", 10, 11)
    page = visit(f"{collection.path}/labels", account=collection.lead)
    shown = page.locator("[data-label-row]:visible")
    page.get_by_label("Find a label").fill("subject 1")
    expect(shown).to_have_count(2)
    expect(page.locator("[data-label-found]")).to_have_text("2 of 12 labels")
    expect(page.get_by_role("region", name="Labels of no group")).to_be_hidden()
    assert_accessible(page)
    page.get_by_role("button", name="Move “subject 11” up").click()
    expect(shown.first).to_contain_text("subject 11")
    expect(shown).to_have_count(2)
    page.get_by_label("Find a label").fill("no such thing")
    expect(page.locator("[data-label-found]")).to_have_text("No label has this in its name, key or definition.")
    page.get_by_label("Find a label").fill("")
    expect(shown).to_have_count(12)
    assert_fits(page)


def test_groups_are_made_and_filled_by_dragging_and_by_keyboard(
    visit: Visits, make_collection: Make, assert_accessible: Check
) -> None:
    collection = make_collection(images=1)
    page = visit(f"{collection.path}/labels", account=collection.lead)
    page.get_by_text("Make a group").click()
    page.get_by_label("Title of the group").fill("Living things")
    page.get_by_role("button", name="Make the group").click()
    expect(page.get_by_role("heading", name="Living things")).to_be_visible()
    page.get_by_role("link", name="Edit “human”").click()
    page.get_by_label("Group", exact=True).select_option("Living things")
    page.get_by_role("button", name="Save the label").click()
    living = page.get_by_role("region", name="Living things")
    expect(living.get_by_role("link", name="human", exact=True)).to_be_visible()
    row = page.locator(f"#label-{collection.labels[1].id}")
    row.locator("[data-label-grip]").drag_to(
        page.locator(f"#label-{collection.labels[0].id}"), target_position={"x": 200, "y": 4}
    )
    expect(living.get_by_role("listitem").filter(has_text="animal")).to_be_visible()
    assert sections(collection) == [("", ["landscape"]), ("Living things", ["animal", "human"])]
    page.get_by_role("button", name="Change the group “Living things”").click()
    page.get_by_label("Only one of them applies").and_(page.locator(":visible")).first.check()
    assert_accessible(page)
    page.get_by_role("button", name="Save the group").click()
    expect(living.get_by_text("only one applies")).to_be_visible()
    page.get_by_role("button", name="Change the group “Living things”").click()
    page.get_by_role("button", name="Dissolve the group").click()
    expect(page.get_by_role("heading", name="Living things")).to_have_count(0)
    page.get_by_role("link", name="What was changed").click()
    page.get_by_role("button", name="Undo: Dissolved the group “Living things”.").click()
    page.get_by_role("dialog").get_by_role("button", name="Undo").click()
    expect(page.locator(".label-changes__undone")).to_have_count(1)
    assert_accessible(page)
    assert sections(collection) == [("", ["landscape"]), ("Living things", ["animal", "human"])]


def test_a_merge_says_what_it_touches_and_is_undone(
    visit: Visits, make_collection: Make, assert_accessible: Check
) -> None:
    collection = make_collection(images=2)
    answer(collection, 0, 0)
    answer(collection, 1, 0, 1)
    page = visit(f"{collection.path}/labels/{collection.labels[0].id}", account=collection.lead)
    assert_accessible(page)
    page.get_by_role("link", name="Merge into another label").click()
    page.get_by_label("Merge it into").select_option("animal")
    page.get_by_role("button", name="Show what will change").click()
    expect(page.get_by_text("In 1 image “human” is present and “animal” is not")).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
    page.get_by_role("button", name="Merge the labels").click()
    expect(page.get_by_role("heading", name="animal")).to_be_visible()
    expect(page.get_by_role("link", name="2 present")).to_be_visible()
    page.get_by_role("link", name="Undo a change").click()
    page.get_by_role("button", name="Undo: Merged “human” into “animal”.").click()
    page.get_by_role("dialog").get_by_role("button", name="Undo").click()
    expect(page.locator(".label-changes__undone")).to_have_count(1)
    page.goto(f"{collection.path}/labels/{collection.labels[1].id}")
    expect(page.get_by_role("link", name="1 present")).to_be_visible()


def test_a_split_asks_where_the_label_was_present(
    visit: Visits, make_collection: Make, assert_accessible: Check
) -> None:
    collection = make_collection(images=2)
    answer(collection, 0, 1)
    answer(collection, 1)
    page = visit(f"{collection.path}/labels/{collection.labels[1].id}", account=collection.lead)
    page.get_by_role("link", name="Split into several").click()
    page.locator("#part-name-1").fill("cow")
    page.locator("#part-name-2").fill("horse")
    page.get_by_role("button", name="One more part").click()
    page.locator("#part-name-3").fill("dog")
    assert_accessible(page)
    assert_fits(page)
    page.get_by_role("button", name="Split the label").click()
    expect(page.get_by_text("It was split into cow, horse, dog.")).to_be_visible()
    page.get_by_role("link", name="All labels").click()
    expect(page.get_by_text("Earlier images are asked for “cow”: 0 of 1 answered, 1 left.")).to_be_visible()
    assert_accessible(page)
    assert sections(collection) == [("", ["human", "cow", "horse", "dog", "landscape"])]


def test_a_reviewer_chooses_examples_and_compares_wordings(
    visit: Visits, make_collection: Make, assert_accessible: Check
) -> None:
    collection = make_collection(images=2)
    with session_scope() as session:
        label = session.get_one(Label, collection.labels[0].id)
        fields = {"name": label.name, "colour": label.colour, "key": label.key, "account": None}
        for text in ("a person", "a person or a part of one"):
            labels.update_label(session, label, definition=text, **fields)  # type: ignore[arg-type]
    page = visit(f"{collection.path}/labels/{collection.labels[0].id}", account=collection.reviewer)
    page.get_by_role("button", name="Compare the two versions").click()
    expect(page.locator("ins")).to_contain_text("or a part of one")
    image = collection.images[0]
    page.get_by_label("Find an image by its name").fill(image.name)
    page.get_by_role("button", name="Find", exact=True).click()
    page.get_by_label(f"What “{image.name}” shows").select_option("Hard to tell")
    page.get_by_label(f"Note on “{image.name}”").fill("a shadow")
    page.get_by_role("button", name=f"Make it an example: {image.name}").click()
    expect(page.get_by_role("heading", name="Hard to tell")).to_be_visible()
    expect(page.get_by_text("a shadow")).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
    page.goto(f"{collection.path}/images/{image.id}")
    expect(page.get_by_text("Hard to tell: a shadow")).to_be_visible()
    page.get_by_text("Make it an example").first.click()
    page.get_by_label("Label", exact=True).select_option("animal")
    assert_accessible(page)
    page.get_by_role("button", name="Make it an example").click()
    expect(page.get_by_role("button", name="Take away: animal")).to_be_visible()


def test_images_that_contradict_an_exclusive_group_are_listed(
    visit: Visits, make_collection: Make, assert_accessible: Check
) -> None:
    collection = make_collection(images=2)
    answer(collection, 0, 0, 1)
    group(collection, "Kind", 0, 1, exclusive=True)
    page = visit(f"{collection.path}/labels", account=collection.lead)
    page.get_by_role("link", name="1 image has more than one").click()
    expect(page.get_by_role("link", name=collection.images[0].name)).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
