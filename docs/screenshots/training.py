"""What a lead has before, while and after a model is trained."""

from playwright.sync_api import Page

from docs.screenshots.pictures import keep


def photograph(page: Page, project: str) -> None:
    """Photograph the training room; two quick runs are there already."""
    page.goto(f"{project}/ready")
    page.wait_for_load_state("networkidle")
    keep(page, "ready")
    page.goto(f"{project}/runs/look")
    # The process that draws them loads fastai first.
    page.locator("[data-shown] img").nth(8).wait_for()
    keep(page, "look")
    page.goto(f"{project}/runs/new?recipe=finetune")
    keep(page, "settings")
    train_further(page, project)
    page.goto(f"{project}/runs")
    keep(page, "runs")
    after(page, f"{project}/runs/2")
    page.goto(f"{project}/storage")
    keep(page, "storage")


def train_further(page: Page, project: str) -> None:
    """Fine-tune a little, with a picture while it goes on."""
    page.goto(f"{project}/runs/new?recipe=finetune&size=96&epochs_frozen=3&epochs_unfrozen=2")
    page.get_by_role("button", name="Start training").click()
    # From the third epoch on there are curves to be seen.
    page.locator("#run-state tbody tr").nth(2).wait_for()
    page.wait_for_timeout(3500)
    keep(page, "training")
    page.wait_for_url("**/report*")


def after(page: Page, run: str) -> None:
    """Photograph what is kept of a finished run."""
    page.goto(f"{run}/details")
    keep(page, "run-details")
    page.goto(f"{run}/card")
    keep(page, "model-card")
    page.goto(f"{run}/files")
    keep(page, "model-files")
    page.goto(f"{run}/learning-curve")
    page.locator("main form[action$='/learning-curve'] button").click()
    page.locator("figure svg, figure canvas").first.wait_for()
    keep(page, "learning-curve")
