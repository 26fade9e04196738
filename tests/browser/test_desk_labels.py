"""Labels at the desk in a real browser: found by typing, in groups, suggested, changed meanwhile, one asked alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.db import session_scope
from app.domain.palette import PALETTE
from app.domain.statuses import Answer, ExampleKind, LabelChangeKind, Suggestions, View
from app.models import Label, LabelChange, LabelExample, LabelGroup, LabelQuestion
from app.models.types import now
from app.services import annotations, desk_settings
from tests.browser.conftest import NARROW, Collection, Visits
from tests.browser.desk_page import HUMAN, answers_of, chosen, eventually, open_desk, shows, suggest
from tests.factories import LabelFactory

pytestmark = pytest.mark.browser
SUGGESTED = [0.91, 0.08, 0.5]


@pytest.fixture
def many(make_collection: Callable[..., Collection]) -> Collection:
    """Seventy labels: three in an exclusive group, the others with keys as far as there are any."""
    collection = make_collection(labels=("photograph", "engraving", "map"))
    with session_scope() as session:
        group = LabelGroup(project_id=collection.project.id, title="Kind of image", exclusive=True)
        session.add(group)
        session.flush()
        for label in collection.labels:
            session.get_one(Label, label.id).group_id = group.id
        for place in range(67):
            LabelFactory.create(
                session=session,
                project_id=collection.project.id,
                name=f"thing {place}" if place != 40 else "façade of brick",
                key="",
                colour=PALETTE[place % len(PALETTE)],
                position=10 + place,
            )
    return collection


def change(collection: Collection, **values: object) -> None:
    with session_scope() as session:
        desk_settings.change(session, collection.project, values)


def test_seventy_labels_are_tagged_by_typing_alone(
    visit: Visits, many: Collection, assert_accessible: Callable[[Page], None]
) -> None:
    page = open_desk(visit, many)
    page.keyboard.press("/")
    field = page.get_by_label("Find a label")
    expect(field).to_be_focused()
    page.keyboard.type("facade")
    expect(page.locator(".desk-label:visible")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(".desk-label:visible")).to_have_count(70)
    # Whoever presses the key again is in the field already.
    page.keyboard.type("/thing 1")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("photo")
    page.keyboard.press("Enter")
    expect(page.locator("[data-chip]")).to_have_text(["thing 10 (not sure)", "façade of brick", "photograph"])
    assert_accessible(page)
    page.keyboard.type("nothing of the kind")
    expect(page.locator("[data-no-label]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(field).not_to_be_focused()
    page.get_by_role("button", name="Take back: thing 10 (not sure)").click()
    page.keyboard.press(",")
    page.keyboard.press("Enter")
    shows(page, many.images[1])
    eventually(page, lambda: len(answers_of(many.images[0])) == 1)
    (said,) = answers_of(many.images[0])
    assert {name for name, value in said.items() if value != "absent"} == {"façade of brick", "photograph"}


def test_of_an_exclusive_group_one_label_releases_the_others(visit: Visits, many: Collection) -> None:
    page = open_desk(visit, many)
    page.keyboard.press("1")
    page.keyboard.press("3")
    assert chosen(page) == ["map"]
    page.keyboard.press("3")
    page.get_by_role("button", name="thing 3", exact=True).click()
    page.keyboard.press("Enter")
    expect(page.locator("[data-hint]")).to_contain_text("Nothing is chosen of: Kind of image")
    shows(page, many.images[0])
    page.keyboard.press("Enter")
    shows(page, many.images[1])


def test_hidden_suggestions_are_told_after_the_answer_and_not_before(visit: Visits, collection: Collection) -> None:
    suggest(collection, SUGGESTED)
    change(collection, suggestions=Suggestions.AFTER)
    page = visit("/", account=collection.annotator)
    with page.expect_response("**/annotate/next") as told:
        page.goto(f"{collection.path}/annotate")
    assert [item["suggestions"] for item in told.value.json()["items"]] == [[]] * len(collection.images)
    shows(page, collection.images[0])
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    note = page.locator("[data-note]")
    expect(note).to_contain_text("the model differs")
    expect(note).to_contain_text("it would choose human (0.91)")
    expect(note).to_contain_text("it would not choose animal (0.08)")
    expect(page.locator("[data-probability]").first).to_be_hidden()
    page.keyboard.press("b")
    expect(page.locator("[data-probability]").first).to_have_text("0.91")


def test_preselected_labels_bear_the_models_mark_until_touched(visit: Visits, collection: Collection) -> None:
    suggest(collection, SUGGESTED)
    change(collection, suggestions=Suggestions.PRESELECTED)
    page = open_desk(visit, collection)
    mark = page.locator("[data-by-model]:visible")
    assert chosen(page) == ["human", "landscape"]
    expect(mark).to_have_count(2)
    page.keyboard.press("3")
    expect(mark).to_have_count(1)
    page.keyboard.press("Enter")
    shows(page, collection.images[1])
    eventually(page, lambda: answers_of(collection.images[0]) == [HUMAN])
    page.keyboard.press("b")
    assert chosen(page) == ["human"]
    expect(mark).to_have_count(0)


def test_suggestions_that_are_off_are_nowhere(visit: Visits, collection: Collection) -> None:
    suggest(collection, SUGGESTED)
    change(collection, suggestions=Suggestions.OFF)
    page = visit("/", account=collection.annotator)
    with page.expect_response("**/annotate/next") as told:
        page.goto(f"{collection.path}/annotate")
    assert "0.91" not in told.value.text()
    page.keyboard.press("n")
    shows(page, collection.images[1])
    expect(page.locator("[data-note]")).to_be_empty()


def test_a_renamed_and_a_new_label_are_told_and_shown(visit: Visits, collection: Collection) -> None:
    page = open_desk(visit, collection)
    with session_scope() as session:
        label = session.get_one(Label, collection.labels[1].id)
        session.add(
            LabelChange(
                project_id=collection.project.id,
                kind=LabelChangeKind.RENAME,
                before={"name": "animal"},
                after={"name": "beast"},
            )
        )
        label.name = "beast"
        LabelFactory.create(session=session, project_id=collection.project.id, name="bridge", key="4", position=9)
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    notices = page.locator("[data-notices]")
    expect(notices).to_contain_text("“animal” is called “beast” now")
    expect(notices).to_contain_text("New labels: bridge")
    page.keyboard.press("4")
    assert chosen(page) == ["bridge"]
    page.keyboard.press("Enter")
    eventually(page, lambda: len(answers_of(collection.images[1])) == 1)
    assert answers_of(collection.images[1])[0]["bridge"] == "present"
    assert answers_of(collection.images[0])[0].keys() == {"human", "beast", "landscape"}


def test_a_question_asks_for_one_label_and_leaves_the_others(visit: Visits, collection: Collection) -> None:
    first = collection.images[0]
    with session_scope() as session:
        new = LabelFactory.create(session=session, project_id=collection.project.id, name="bridge", key="4", position=9)
        for image in collection.images[:2]:
            annotations.submit(
                session,
                project=collection.project,
                image_id=image.id,
                account=collection.reviewer,
                answers={collection.labels[0].id: Answer.PRESENT},
                asked={label.id: 1 for label in collection.labels},
                view=View.ANNOTATE,
            )
        question = LabelQuestion(label_id=new.id, asked_at=now())
        session.add(question)
        session.flush()
        number = question.id
    page = visit(f"{collection.path}/annotate?question={number}", account=collection.annotator)
    shows(page, first)
    expect(page.get_by_text("Only “bridge” is asked.")).to_be_visible()
    assert chosen(page) == ["human"]
    expect(page.get_by_role("button", name="human", exact=True)).to_be_disabled()
    page.keyboard.press("1")
    page.keyboard.press("4")
    assert chosen(page) == ["human", "bridge"]
    page.keyboard.press("Enter")
    shows(page, collection.images[1])
    page.keyboard.press("n")
    eventually(page, lambda: answers_of(first)[1:] == [{"bridge": "present"}])
    eventually(page, lambda: answers_of(collection.images[1])[1:] == [{"bridge": "absent"}])


def test_what_a_label_means_is_told_with_its_wording_and_examples(visit: Visits, collection: Collection) -> None:
    with session_scope() as session:
        label = session.get_one(Label, collection.labels[0].id)
        label.definition_version = 3
        example = {"label_id": label.id, "image_id": collection.images[3].id, "note": "Only a hand"}
        session.add(LabelExample(kind=ExampleKind.BORDERLINE, **example))
    page = open_desk(visit, collection)
    page.get_by_role("button", name="human", exact=True).hover()
    shown = page.locator("[data-definition-shown]")
    expect(shown).to_contain_text("What counts as human.")
    expect(shown).to_contain_text("Wording 3")
    expect(shown.get_by_role("img", name="Only a hand")).to_be_visible()
    page.keyboard.press("d")
    expect(page.locator("[data-definition]").first.get_by_text("hard to tell")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_seventy_labels_are_accessible_on_a_narrow_screen(
    visit: Visits, many: Collection, assert_accessible: Callable[[Page], None], scheme: str
) -> None:
    page = open_desk(visit, many, color_scheme=scheme, viewport=NARROW, has_touch=True)
    page.get_by_role("button", name="map", exact=True).tap()
    page.get_by_role("button", name="Not sure: thing 0", exact=True).tap()
    assert_accessible(page)
    page.get_by_role("button", name="Order").tap()
    page.get_by_text("Only some images").tap()
    assert_accessible(page)
