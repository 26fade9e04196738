"""Once round the loop, with a picture at each stop."""

from playwright.sync_api import Page

from docs.screenshots.pictures import keep
from docs.screenshots.running import Loupe

TAGGED_BY_HAND = 24
# Nobody waits for an inspection; the pictures of its lists do.
INSPECTED_MS = 240_000


def draw_sample(page: Page) -> str:
    """Have the sample collection drawn; give the address of its project."""
    page.goto("/")
    page.click("form[action='/samples'] button")
    page.wait_for_url("**/imports/*")
    page.get_by_role("link", name="Start tagging").wait_for()
    return page.url.partition("/imports/")[0]


def train(page: Page, start: str) -> None:
    """Press a button that starts a training, and wait for its report."""
    page.click(start)
    page.wait_for_url("**/report*")


def tag(page: Page, project: str, truth: dict[str, list[str]]) -> None:
    """Tag some images rightly, and leave the next one with its labels chosen."""
    page.goto(f"{project}/annotate")
    name, tagged = choose(page, truth), 0
    # The image that stays for the picture shows labels that overlap.
    while tagged < TAGGED_BY_HAND or not {"human"} < set(truth[name]):
        page.keyboard.press("Enter" if truth[name] else "n")
        page.wait_for_function("name => document.querySelector('[data-image-name]').textContent !== name", arg=name)
        name, tagged = choose(page, truth), tagged + 1
    # Loaded anew, the desk does not boast of the pace of a script.
    page.reload()
    choose(page, truth)


def choose(page: Page, truth: dict[str, list[str]]) -> str:
    """Press the keys of the labels that the image before us shows; give its name."""
    page.wait_for_selector("[data-ground] img")
    name = page.inner_text("[data-image-name]").strip()
    for label in truth[name]:
        page.click(f".desk-label[data-name='{label}'] [data-present]")
    return name


def review(page: Page, report: str, truth: dict[str, list[str]]) -> None:
    """Judge every error of a run as somebody who knows, with a picture of the first wrong annotation."""
    # Whole addresses: a relative one would be sought below the root of the site.
    page.goto(f"{report.removesuffix('report')}errors/review?list=errors&split=all")
    total = int(page.get_attribute("[data-review]", "data-total") or 0)
    taken = False
    for position in range(total):
        page.wait_for_selector(f"[data-place][data-position='{position}']")
        name = page.inner_text(".review__facts > p.small a[href*='/images/']").strip()
        label = page.inner_text(".review__head h2 .label-name").strip()
        said = page.inner_text(".review__facts dl.definition dd strong >> nth=0").strip()
        wrong = (label in truth[name]) != (said == "present")
        if wrong and position > 2 and not taken:
            keep(page, "review")
            taken = True
        page.keyboard.press("x" if wrong else "m")
    page.get_by_text("All saved").wait_for()


def go_round(page: Page, loupe: Loupe) -> str:
    """Go once round the loop; give the address of the project."""
    project = draw_sample(page)
    truth = loupe.true_labels()
    page.goto(f"{project}/runs")
    train(page, "section.train-now button[type=submit]")
    report = page.url.partition("?")[0]
    tag(page, project, truth)
    keep(page, "annotate")
    page.goto(f"{report.removesuffix('report')}errors")
    keep(page, "errors")
    review(page, report, truth)
    page.goto(project)
    keep(page, "overview")
    page.goto(report)
    train(page, "main form[action$='/runs'] button[type=submit]")
    keep(page, "report", top="#figures")
    look_closer(page, page.url.partition("report")[0])
    page.goto(f"{project}/compare")
    keep(page, "compare")
    return project


def look_closer(page: Page, run: str) -> None:
    """Photograph what a report leads to; `run` is the address of the run, with a slash."""
    page.goto(f"{run}thresholds")
    page.wait_for_selector("[data-ready]")
    keep(page, "thresholds", top="[data-ready] >> nth=0")
    page.goto(f"{run}confusion")
    keep(page, "confusion")
    page.goto(f"{run}errors?list=suspects&split=all")
    page.get_by_role("link", name="Review these").wait_for(timeout=INSPECTED_MS)
    keep(page, "suspects")
