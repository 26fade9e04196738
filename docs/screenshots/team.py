"""What a team sees: two people tag the same images, differ, and settle it."""

from playwright.sync_api import Page

from docs.screenshots.loop import choose
from docs.screenshots.pictures import keep

TAGGED_BY_ANTON = 30
# On every sixth image he takes something for an animal, so that there is something to settle.
MISTAKEN = "animal"
EVERY = 6


def ask_two(page: Page, project: str) -> None:
    """Have two people answer for every image."""
    page.goto(f"{project}/tagging")
    keep(page, "tagging")
    page.fill("input[name=opinions]", "2")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_load_state("networkidle")


def tag_anew(page: Page, project: str, truth: dict[str, list[str]]) -> None:
    """Tag some images that somebody else has tagged, not always alike."""
    page.goto(f"{project}/annotate")
    for count in range(TAGGED_BY_ANTON):
        name = choose(page, truth)
        if count % EVERY == EVERY - 1:
            page.click(f".desk-label[data-name='{MISTAKEN}'] [data-present]")
        chosen = page.locator(".desk-label [data-present][aria-pressed=true]").count()
        page.keyboard.press("Enter" if chosen else "n")
        page.wait_for_function("name => document.querySelector('[data-image-name]').textContent !== name", arg=name)
    page.get_by_text("Saved", exact=True).wait_for()


def photograph(page: Page, project: str) -> None:
    """Photograph what a lead and a reviewer have of it."""
    page.goto(f"{project}/light-table")
    page.wait_for_load_state("networkidle")
    keep(page, "light-table")
    page.get_by_role("button", name="Ask for one label alone").click()
    page.wait_for_url("**ask=*")
    page.wait_for_load_state("networkidle")
    keep(page, "one-label")
    for name in ("agreement", "adjudicate", "progress", "labels", "controls", "assignments"):
        page.goto(f"{project}/{name}")
        keep(page, name)
