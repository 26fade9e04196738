"""Choosing how to train, in a real browser: recipes, settings, ways back, kept settings; with and without scripts."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.broker import TRAINING_QUEUE
from app.db import session_scope
from app.domain.statuses import Recipe, TruthValue
from app.models import Configuration, Project, Run, Truth
from app.services import configurations, jobs
from app.services.run_configs import default_config
from tests.browser.conftest import NARROW

pytestmark = pytest.mark.browser


@pytest.fixture
def tagged(make_collection: Callable[..., Any]) -> Any:
    collection = make_collection(images=6)
    with session_scope() as session:
        for place, image in enumerate(collection.images):
            for column, label in enumerate(collection.labels):
                value = TruthValue.PRESENT if (place + column) % 2 else TruthValue.ABSENT
                session.add(Truth(image_id=image.id, label_id=label.id, value=value))
        jobs.worker_seen(session, "here:1", TRAINING_QUEUE)
    return collection


def keep(collection: Any, name: str, **config: object) -> Configuration:
    with session_scope() as session:
        project = session.get_one(Project, collection.project.id)
        return configurations.save(session, project, name=name, recipe=Recipe.FINETUNE, config=config, account=None)


def setting(page: Page, name: str) -> Any:
    return page.locator(f'[data-setting="{name}"]')


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_settings_are_filled_in_marked_and_taken_back(
    visit: Callable[..., Page], tagged: Any, assert_accessible: Callable[[Page], None]
) -> None:
    page = visit(f"{tagged.path}/runs/new", account=tagged.lead)
    assert_accessible(page)
    page.get_by_role("radio", name="Fine-tune").check()
    expect(page.locator("[data-settings-said]")).to_have_text("The settings below are those of: Fine-tune.")
    size = setting(page, "size")
    expect(size.get_by_text("changed")).to_be_hidden()
    size.get_by_role("textbox").fill("128")
    expect(size.get_by_text("changed")).to_be_visible()
    expect(size.get_by_role("slider")).to_have_value("128")
    assert_accessible(page)
    size.get_by_role("button", name="Image size back to: 224").click()
    expect(size.get_by_role("textbox")).to_have_value("224")
    expect(size.get_by_role("textbox")).to_be_focused()
    expect(size.get_by_text("changed")).to_be_hidden()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
@pytest.mark.parametrize("recipe", list(Recipe))
def test_a_form_in_which_nothing_was_changed_trains_as_usual(
    visit: Callable[..., Page], tagged: Any, recipe: Recipe, *, scripts: bool
) -> None:
    page = visit(f"{tagged.path}/runs/new?recipe={recipe}", account=tagged.lead, java_script_enabled=scripts)
    expect(page.get_by_text("changed", exact=True).filter(visible=True)).to_have_count(0)
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url(re.compile(r"/runs/1$"))
    with session_scope(writes=False) as session:
        run = session.query(Run).one()
    assert (run.recipe, run.config) == (recipe, default_config(recipe))


def test_a_slider_moves_its_number_by_keyboard(visit: Callable[..., Page], tagged: Any) -> None:
    page = visit(f"{tagged.path}/runs/new?recipe=finetune", account=tagged.lead)
    slider = setting(page, "epochs_frozen").get_by_role("slider")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(setting(page, "epochs_frozen").get_by_role("textbox")).to_have_value("6")
    page.keyboard.press("Tab")
    expect(setting(page, "epochs_frozen").get_by_role("button")).to_be_focused()


def test_what_was_filled_in_outlives_another_recipe(visit: Callable[..., Page], tagged: Any) -> None:
    page = visit(f"{tagged.path}/runs/new?recipe=finetune", account=tagged.lead)
    setting(page, "size").get_by_role("textbox").fill("96")
    page.get_by_role("radio", name="Quick").check()
    expect(setting(page, "epochs_frozen")).to_have_count(0)
    page.get_by_role("radio", name="Fine-tune").check()
    expect(setting(page, "size").get_by_role("textbox")).to_have_value("96")
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url(re.compile(r"/runs/1$"))
    with session_scope(writes=False) as session:
        run = session.query(Run).one()
    assert (run.recipe, run.config["size"]) == (Recipe.FINETUNE, 96)


def test_what_is_folded_away_opens_where_something_is_not_as_usual(visit: Callable[..., Page], tagged: Any) -> None:
    page = visit(f"{tagged.path}/runs/new?recipe=finetune", account=tagged.lead)
    expect(setting(page, "base_lr")).to_be_hidden()
    page.goto(f"{tagged.path}/runs/new?recipe=finetune&base_lr=0.01")
    expect(setting(page, "base_lr").get_by_role("textbox")).to_have_value("0.01")


def test_a_refusal_stands_beside_its_field_and_leads_there(
    visit: Any, tagged: Any, assert_accessible: Callable[[Page], None]
) -> None:
    page = visit(f"{tagged.path}/runs/new?recipe=finetune", account=tagged.lead)
    visit.guard_of(page).expect("422")
    setting(page, "epochs_frozen").get_by_role("textbox").fill("soon")
    setting(page, "size").get_by_role("textbox").fill("96")
    page.get_by_role("button", name="Start training").click()
    sentence = "Please give a whole number from 0 to 100."
    expect(setting(page, "epochs_frozen").get_by_text(sentence)).to_be_visible()
    expect(setting(page, "epochs_frozen").get_by_role("textbox")).to_have_value("soon")
    expect(setting(page, "size").get_by_role("textbox")).to_have_value("96")
    assert_accessible(page)
    page.get_by_role("link", name=f"Epochs with the network frozen: {sentence}").click()
    expect(setting(page, "epochs_frozen").get_by_role("textbox")).to_be_focused()


def test_settings_are_kept_under_a_name_and_begun_from(
    visit: Any, tagged: Any, assert_accessible: Callable[[Page], None], tmp_path: Path
) -> None:
    page = visit(f"{tagged.path}/runs/new?recipe=finetune&size=96", account=tagged.lead)
    page.get_by_role("button", name="Keep under a name").click()
    expect(page.get_by_text("Image size: 96 (usually 224)")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Name").fill("maps")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/configurations$"))
    expect(page.get_by_role("heading", name="maps")).to_be_visible()
    assert_accessible(page)
    with page.expect_download() as started:
        page.get_by_role("link", name="Download “maps”").click()
    file = tmp_path / "maps.json"
    started.value.save_as(file)
    page.get_by_role("button", name="Remove “maps”").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No settings are kept yet")).to_be_visible()
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_label("Name")).to_have_value("maps")
    page.get_by_role("button", name="Keep").click()
    page.get_by_role("link", name="Begin from these").click()
    expect(page.get_by_text("The settings kept as “maps”.")).to_be_visible()
    expect(setting(page, "size").get_by_role("textbox")).to_have_value("96")


def test_a_kept_configuration_is_renamed_and_copied(
    visit: Any, tagged: Any, assert_accessible: Callable[[Page], None]
) -> None:
    keep(tagged, "maps", size=96)
    keep(tagged, "an atlas with a name that goes on and on and on and on and on and on and on", size=128)
    page = visit(f"{tagged.path}/configurations", account=tagged.lead, viewport=NARROW)
    visit.guard_of(page).expect("409")
    assert fits(page)
    page.get_by_role("button", name="Copy “maps”").click()
    expect(page.get_by_role("heading", name="maps (copy)")).to_be_visible()
    card = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="maps (copy)"))
    card.get_by_text("Rename").first.click()
    card.get_by_label("Name").fill("maps")
    card.get_by_role("button", name="Rename").click()
    expect(page.get_by_text("There is already a configuration “maps”.")).to_be_visible()
    assert_accessible(page)


def test_the_form_works_without_scripts(visit: Callable[..., Page], tagged: Any) -> None:
    page = visit(f"{tagged.path}/runs/new", account=tagged.lead, java_script_enabled=False)
    page.get_by_role("radio", name="Fine-tune").check()
    page.get_by_role("button", name="Show the settings of this recipe").click()
    expect(setting(page, "size").get_by_role("slider")).to_be_hidden()
    setting(page, "size").get_by_role("textbox").fill("96")
    page.get_by_role("button", name="Keep under a name").click()
    page.get_by_role("button", name="Back to the settings").click()
    setting(page, "size").get_by_role("button", name="Image size back to: 224").click()
    expect(setting(page, "size").get_by_role("textbox")).to_have_value("224")
    # Enter starts the training; it presses none of the buttons before.
    setting(page, "size").get_by_role("textbox").fill("128")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/runs/1$"))
    with session_scope(writes=False) as session:
        assert session.query(Run).one().config["size"] == 128


def test_the_form_fits_a_telephone_and_the_dark(
    visit: Callable[..., Page], tagged: Any, assert_accessible: Callable[[Page], None]
) -> None:
    page = visit(
        f"{tagged.path}/runs/new?recipe=finetune&base_lr=0.01&batch_size=16",
        account=tagged.lead,
        viewport=NARROW,
        color_scheme="dark",
        has_touch=True,
    )
    assert fits(page)
    assert_accessible(page)


def test_the_way_to_the_previews_takes_the_settings_along(visit: Callable[..., Page], tagged: Any) -> None:
    page = visit(f"{tagged.path}/runs/new?recipe=finetune", account=tagged.lead)
    setting(page, "size").get_by_role("textbox").fill("96")
    page.get_by_role("link", name="See what the network gets").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/runs/look\?size=96$"))


def test_several_networks_are_chosen_by_buttons(
    visit: Callable[..., Page], tagged: Any, assert_accessible: Callable[[Page], None]
) -> None:
    page = visit(f"{tagged.path}/runs/new?recipe=quick&more_backbones=resnet18", account=tagged.lead)
    several = setting(page, "more_backbones")
    expect(several.get_by_role("button", name="resnet18", exact=True)).to_have_attribute("aria-pressed", "true")
    several.get_by_role("button", name="resnet34", exact=True).click()
    expect(several.get_by_role("textbox")).to_have_value("resnet18, resnet34")
    several.get_by_role("button", name="resnet18", exact=True).click()
    expect(several.get_by_role("textbox")).to_have_value("resnet34")
    assert_accessible(page)


def test_settings_that_mean_nothing_are_hidden_until_they_do(visit: Callable[..., Page], tagged: Any) -> None:
    page = visit(f"{tagged.path}/runs/new?recipe=finetune", account=tagged.lead)
    expect(setting(page, "rotate_degrees")).to_be_hidden()
    setting(page, "augment").get_by_role("combobox").select_option("custom")
    expect(setting(page, "rotate_degrees").get_by_role("textbox")).to_be_visible()
    setting(page, "flip").get_by_role("checkbox").uncheck()
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url(re.compile(r"/runs/1$"))
    with session_scope(writes=False) as session:
        config = session.query(Run).one().config
    assert (config["augment"], config["flip"], config["rotate_degrees"]) == ("custom", False, 10.0)
