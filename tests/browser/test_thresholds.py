"""Moving thresholds, saving them, and judging the images at the cut, in a real browser."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from app.db import session_scope
from app.domain.intervals import f_beta_interval, wilson
from app.domain.statuses import JobStatus, Verdict
from app.models import Job
from app.services import threshold_data, thresholds
from tests.browser.conftest import NARROW
from tests.browser.review_world import Reviewed, make_reviewed, verdicts
from worker.jobs import evaluation
from worker.running import run_job

pytestmark = pytest.mark.browser
Check = Callable[[Page], None]
FIGURES = "import(document.querySelector('script[src*=\"thresholds/main.js\"]').src.replace('main.js', 'figures.js'))"


@pytest.fixture
def world(make_collection: Callable[..., Any]) -> Reviewed:
    return make_reviewed(make_collection)


def limits(world: Reviewed) -> dict[int, float]:
    with session_scope(writes=False) as session:
        return thresholds.limits_of(session, world.run.id)


def opened(visit: Callable[..., Page], world: Reviewed, account: Any, **options: Any) -> Page:
    page = visit(f"{world.root}/thresholds", account=account, **options)
    page.locator("[data-threshold-card]").first.scroll_into_view_if_needed()
    expect(page.locator("[data-ready]").first).to_be_attached()
    return page


def test_intervals_in_the_browser_are_those_of_the_server(visit: Callable[..., Page], world: Reviewed) -> None:
    page = opened(visit, world, world.reviewer)
    cases = [(tp, fp, fn) for tp in (0, 1, 7, 200) for fp in (0, 2, 90) for fn in (0, 5, 1000)]
    for tp, fp, fn in cases:
        for beta in (0.5, 1, 2, 3.7):
            script = f"async () => {{ const f = await {FIGURES}; return f.figures({tp}, {fp}, {fn}, {beta}); }}"
            made = page.evaluate(script)
            for name, wanted in (
                ("precision", wilson(tp, tp + fp)),
                ("recall", wilson(tp, tp + fn)),
                ("f", f_beta_interval(tp, fp, fn, beta)),
            ):
                assert made[name]["interval"] == (
                    None if wanted.to_list() is None else pytest.approx(list(wanted), abs=1e-9)
                )


def test_every_figure_follows_the_slider(visit: Callable[..., Page], world: Reviewed, assert_accessible: Check) -> None:
    page = opened(visit, world, world.reviewer)
    label = world.run.labels[0]["id"]
    card = page.locator(f"#label-{label}")
    slider = card.get_by_role("slider")
    with session_scope(writes=False) as session:
        (data,) = threshold_data.label_data(session, world.run, [label])
    for step in (0, 333, 500, 1000):
        card.locator("[data-number]").fill(f"{step / 1000:.3f}")
        tp, fp = int(data.binned.present[step:].sum()), int(data.binned.absent[step:].sum())
        whole = int(data.binned.present.sum())
        tagged = int(data.binned.collection[step:].sum())
        expect(card.locator("[data-tagged]")).to_have_text(str(tagged))
        recall = f"{tp / whole:.2f} [{wilson(tp, whole).low:.2f}\N{EN DASH}{wilson(tp, whole).high:.2f}]"
        expect(card.locator('[data-figure="recall"]')).to_have_text(recall)
        precision = f"{tp / (tp + fp):.2f} [" if tp + fp else "not measurable"
        expect(card.locator('[data-figure="precision"]')).to_contain_text(precision)
        expect(slider).to_have_value(re.compile(rf"^{step / 1000:g}$"))
    assert_accessible(page)


def test_keys_move_the_slider_and_its_value_is_said(visit: Callable[..., Page], world: Reviewed) -> None:
    page = opened(visit, world, world.reviewer)
    slider = page.get_by_role("slider").first
    number = page.locator("[data-number]").first
    number.fill("0.5")
    slider.focus()
    for key, value in [
        ("ArrowRight", "0.510"),
        ("Shift+ArrowLeft", "0.509"),
        ("PageUp", "0.609"),
        ("PageDown", "0.509"),
        ("ArrowDown", "0.499"),
        ("Home", "0.000"),
        ("ArrowLeft", "0.000"),
        ("End", "1.000"),
    ]:
        page.keyboard.press(key)
        expect(number).to_have_value(value)
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"^1.000. Precision .*, recall .*images would be"))


def test_a_lead_saves_all_that_was_moved_as_one_set(
    visit: Callable[..., Page], world: Reviewed, assert_accessible: Check
) -> None:
    page = opened(visit, world, world.collection.lead)
    first, second = (label["id"] for label in world.run.labels[:2])
    before = limits(world)
    for label, value in ((first, "0.123"), (second, "0.9")):
        page.locator(f"#label-{label} [data-number]").fill(value)
    expect(page.get_by_text("2 thresholds moved, not saved yet")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Name of the new set").last.fill("discovery")
    page.get_by_role("button", name="Save as a new set").click()
    expect(page.get_by_text("Set 2: discovery")).to_be_visible()
    assert limits(world) == before | {first: 0.123, second: 0.9}
    expect(page.locator("[data-save]")).to_be_hidden()
    # Back to what the training had tuned.
    page.get_by_role("button", name="Use set 1").click()
    expect(page.get_by_role("button", name="Use set 2")).to_be_visible()
    assert limits(world) == before


def test_what_was_moved_can_be_put_back(visit: Callable[..., Page], world: Reviewed) -> None:
    page = opened(visit, world, world.reviewer)
    number = page.locator("[data-number]").first
    start = number.input_value()
    number.fill("0.02")
    expect(page.get_by_text("1 threshold moved, not saved yet")).to_be_visible()
    expect(page.get_by_role("button", name="Save as a new set")).to_have_count(0)
    page.locator("[data-reset]").first.click()
    expect(number).to_have_value(start)
    expect(page.locator("[data-save]")).to_be_hidden()
    number.fill("0.02")
    page.get_by_role("button", name="Put all back").click()
    expect(number).to_have_value(start)


def test_images_at_the_cut_follow_and_are_judged_there(visit: Callable[..., Page], world: Reviewed) -> None:
    page = opened(visit, world, world.reviewer)
    card = page.locator("[data-threshold-card]").first
    label = int(card.get_attribute("data-threshold-card") or 0)
    card.locator("[data-number]").fill("0.5")
    expect(card.locator("[data-cut-at]")).to_have_attribute("data-cut-at", "0.5")
    image = card.locator("[data-cut-image]").filter(has=page.locator("[data-judge]")).first
    number = int(image.get_attribute("data-cut-image") or 0)
    image.locator('[data-judge="label_error"]').click()
    expect(image.locator("[data-said]")).to_contain_text("Annotation wrong")
    expect(page.locator("[data-saving]")).to_have_text("All verdicts saved")
    assert verdicts(world) == {(number, label): Verdict.LABEL_ERROR}
    # It stands there after a look elsewhere, too, and is taken back there.
    card.locator("[data-number]").fill("0")
    expect(card.locator("[data-cut-at]")).to_have_attribute("data-cut-at", "0.0")
    card.locator("[data-number]").fill("0.5")
    image = card.locator(f'[data-cut-image="{number}"]')
    expect(image.locator("[data-said]")).to_contain_text("Annotation wrong")
    image.locator("[data-undo]").click()
    expect(image.locator("[data-said]")).to_be_empty()
    expect(page.locator("[data-saving]")).to_have_text("All verdicts saved")
    assert verdicts(world) == {}


def test_a_verdict_that_cannot_be_saved_is_said_and_sent_again(visit: Any, world: Reviewed) -> None:
    page = opened(visit, world, world.reviewer)
    visit.guard_of(page).expect("verdicts|Failed to load")
    tries: list[Route] = []

    def fail_once(route: Route) -> None:
        tries.append(route)
        if len(tries) == 1:
            route.abort()
        else:
            route.continue_()

    page.route("**/verdicts", fail_once)
    page.locator("[data-cut]").first.scroll_into_view_if_needed()
    page.locator('[data-judge="ambiguous"]').first.click()
    expect(page.locator("[data-saving][data-trouble]")).to_contain_text("1 verdicts not saved yet")
    expect(page.locator("[data-saving]")).to_have_text("All verdicts saved")
    assert list(verdicts(world).values()) == [Verdict.AMBIGUOUS]


def test_tuning_for_an_aim_shows_its_progress_and_then_the_new_set(
    visit: Callable[..., Page], world: Reviewed, sent: list[tuple[str, int]]
) -> None:
    page = opened(visit, world, world.collection.lead)
    page.get_by_text("Tune the thresholds for an aim").click()
    page.get_by_role("radio", name=re.compile("^Cost")).check()
    page.get_by_label("False alarms for a miss").fill("3")
    page.get_by_role("button", name="Tune", exact=True).click()
    expect(page.get_by_text("as soon as a worker is free")).to_be_visible()
    with session_scope(writes=False) as session:
        job = session.get_one(Job, sent[-1][1])
    assert run_job(job.id, evaluation.work) is JobStatus.SUCCEEDED
    expect(page.locator(".threshold-set strong")).to_have_text("Set 2", timeout=10_000)
    expect(page.get_by_text("tuned for least cost, a miss counting 3 times a false alarm · ")).to_be_visible()


def test_one_threshold_for_all_is_chosen_from_the_curve(visit: Callable[..., Page], world: Reviewed) -> None:
    page = opened(visit, world, world.collection.lead)
    expect(page.locator(".threshold-shared svg.marks")).to_be_visible()
    page.get_by_role("button", name=re.compile("for all labels .best Macro-F1")).click()
    expect(page.get_by_text("for all labels").first).to_be_visible()
    assert len(set(limits(world).values())) == 1


def test_a_telephone_shows_all_of_it(visit: Callable[..., Page], world: Reviewed, assert_accessible: Check) -> None:
    page = opened(visit, world, world.collection.lead, viewport=NARROW, color_scheme="dark")
    page.locator("[data-number]").first.fill("0.02")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_accessible(page)
