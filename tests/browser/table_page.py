"""The light table in a browser: opening it, and what tests look for on it."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.db import session_scope
from app.domain.statuses import TruthValue
from app.models import Image, Label, Truth
from tests.browser.conftest import Collection, Visits

Make = Callable[..., Collection]


def table(visit: Visits, made: Collection, query: str = "", **options: Any) -> Page:
    page = visit(f"{made.path}/light-table{query}", account=options.pop("account", made.annotator), **options)
    # Only what is known of an image gives it its name.
    expect(page.get_by_role("option", name=re.compile(r"\.jpg")).first).to_be_visible()
    return page


def tile(page: Page, image: Image) -> Any:
    return page.get_by_role("option", name=re.compile(re.escape(image.name)))


def truths(label: Label) -> dict[int, TruthValue]:
    with session_scope(writes=False) as session:
        query = select(Truth.image_id, Truth.value).where(Truth.label_id == label.id)
        return dict(session.execute(query).all())


def saved(page: Page) -> None:
    expect(page.locator("[data-saving]")).to_have_text("All saved")


def names(page: Page) -> set[str]:
    """Give the names of the images on a page; what they are called is known when it says so."""
    shown = page.locator(".lt-tile:visible")
    expect(page.locator(".lt-tile:visible[aria-label^='…']")).to_have_count(0)
    return {str(each.get_attribute("aria-label")).split(",")[0] for each in shown.all()}
