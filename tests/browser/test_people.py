"""People and projects in a real browser: from the first link to a colleague who joins, by keyboard and by hand."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.db import session_scope
from app.models import Account
from app.services import invitations, setup
from tests.browser.conftest import NARROW, Collection, Visits
from tests.factories import PASSWORD

pytestmark = pytest.mark.browser
Check = Callable[[Page], None]


def path_of(link: str) -> str:
    return "/invitations/" + link.rpartition("/")[2]


def assert_fits(page: Page) -> None:
    """Nothing stands out at the side of a narrow screen."""
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_from_the_first_link_to_a_project_with_labels(visit: Visits, assert_accessible: Check) -> None:
    page = visit(path_of(setup.first_account_link()))
    assert_accessible(page)
    page.get_by_label("Your name").fill("Ada Lovelace")
    page.get_by_label("E-mail address").fill("ada@example.org")
    password = page.locator("#field-password")
    password.fill(PASSWORD)
    page.get_by_role("button", name="Show the password").click()
    expect(password).to_have_attribute("type", "text")
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_role("heading", name="Welcome to Loupe")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Bring your own images").click()
    page.get_by_label("Name").fill("Farm photographs")
    page.get_by_label("Labels").fill("human, animal\nlandscape")
    assert_accessible(page)
    page.get_by_role("button", name="Make the project").click()
    expect(page.get_by_role("heading", name="Farm photographs")).to_be_visible()
    expect(page.locator("[aria-current=step]")).to_contain_text("Bring images in")
    assert_accessible(page)
    assert_fits(page)


def test_a_colleague_joins_by_a_link_that_works_once(
    visit: Visits, make_collection: Callable[..., Collection], assert_accessible: Check
) -> None:
    collection = make_collection(images=4)
    lead = visit(f"{collection.path}/members", account=collection.lead)
    assert_accessible(lead)
    lead.get_by_role("radio", name=re.compile("^Reviewer")).check()
    lead.get_by_role("button", name="Make an invitation link").click()
    link = lead.get_by_label("The link").input_value()
    assert_accessible(lead)
    assert_fits(lead)
    guest = visit(path_of(link))
    assert_accessible(guest)
    guest.get_by_label("Your name").fill("Grace Hopper")
    guest.get_by_label("E-mail address").fill("grace@example.org")
    guest.locator("#field-password").fill(PASSWORD)
    guest.get_by_role("button", name="Make the account").click()
    expect(guest.get_by_role("heading", name=collection.project.name)).to_be_visible()
    assert_accessible(guest)
    guest.goto("/")
    expect(guest.locator(".mosaic img")).to_have_count(4)
    assert_accessible(guest)
    assert_fits(guest)
    late = visit("/sign-in")
    visit.guard_of(late).expect("410")
    late.goto(path_of(link))
    expect(late.locator("main")).to_contain_text("works once")
    assert_accessible(late)


def test_signing_in_by_the_form_and_out_again(
    visit: Visits, make_collection: Callable[..., Collection], assert_accessible: Check
) -> None:
    collection = make_collection(images=1)
    page = visit(collection.path)
    visit.guard_of(page).expect("422")
    assert_accessible(page)
    page.get_by_label("E-mail address").fill(collection.annotator.email)
    page.locator("#field-password").fill("not this one")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    expect(page.locator("#field-password")).to_be_focused()
    assert_accessible(page)
    page.locator("#field-password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=collection.project.name)).to_be_visible()
    page.get_by_role("button", name=re.compile("Account of")).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_settings_account_and_people_are_accessible_and_fit(
    visit: Visits, make_collection: Callable[..., Collection], owner: Account, assert_accessible: Check, scheme: str
) -> None:
    collection = make_collection(images=1)
    with session_scope() as session:
        invitations.invite(session, created_by=owner, email="somebody@example.org")
    page = visit("/people", account=owner, color_scheme=scheme)
    for path in ("/people", "/account", "/projects/new", f"{collection.path}/settings", collection.path, "/"):
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(path)
        assert_accessible(page)
        assert_fits(page)


def test_what_an_annotator_may_not_reach_is_a_page_with_a_way_back(
    visit: Visits, make_collection: Callable[..., Collection], assert_accessible: Check
) -> None:
    collection = make_collection(images=1)
    page = visit(collection.path, account=collection.annotator)
    visit.guard_of(page).expect("403")
    page.goto(f"{collection.path}/members")
    expect(page.locator("main")).to_contain_text("Your role in this project does not allow that")
    assert_accessible(page)
    page.get_by_role("link", name="To the projects").click()
    expect(page.get_by_role("heading", name="Projects", exact=True)).to_be_visible()
