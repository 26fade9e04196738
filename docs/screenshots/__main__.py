"""Draw and photograph everything."""

import shutil

from playwright.sync_api import Browser, Page, sync_playwright

from docs import dependency_picture
from docs.screenshots import team, training
from docs.screenshots.loop import go_round
from docs.screenshots.pictures import IMAGES
from docs.screenshots.running import ANTON, Loupe, running, sign_in

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDTH, HEIGHT = 1280, 800
# Drawing, embedding and training take a minute on two idle cores, and several where others are at work.
PATIENCE_MS = 300_000


def visit(browser: Browser, loupe: Loupe) -> Page:
    """Open a window of somebody's own."""
    context = browser.new_context(
        base_url=loupe.address, viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light", locale="en-GB"
    )
    context.set_default_timeout(PATIENCE_MS)
    return context.new_page()


def main() -> None:
    """Draw and photograph everything."""
    IMAGES.mkdir(exist_ok=True)
    dependency_picture.main()
    with running() as loupe, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = visit(browser, loupe)
        sign_in(page, loupe)
        project = go_round(page, loupe)
        team.ask_two(page, project)
        anton = visit(browser, loupe)
        sign_in(anton, loupe, ANTON)
        team.tag_anew(anton, project, loupe.true_labels())
        team.photograph(page, project)
        training.photograph(page, project)
        browser.close()


main()
