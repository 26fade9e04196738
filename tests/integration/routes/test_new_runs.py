"""Choosing how to train, over HTTP."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.recipe_fields import FieldKind
from app.domain.statuses import JobStatus, Recipe
from app.models import Account, Project, Run
from app.services import runs
from app.services.run_configs import FIELDS
from tests.integration.trainable import make_project

SignIn = Callable[[Account], TestClient]


@pytest.fixture
def project(session: Session, tmp_path: Path, sent: list[tuple[str, int]]) -> Project:
    made = make_project(session, tmp_path / "pictures", tagged=12, untagged=1)
    session.commit()
    return made


@pytest.fixture
def lead(project: Project, owner: Account, sign_in: SignIn) -> TestClient:
    return sign_in(owner)


def run_of(project: Project, number: int) -> Run:
    with session_scope(writes=False) as opened:
        return runs.get_run(opened, project.id, number)


def finish(project: Project, number: int) -> None:
    with session_scope() as opened:
        runs.get_run(opened, project.id, number).job.status = JobStatus.SUCCEEDED


def test_finetune_takes_its_epochs_from_the_form(lead: TestClient, project: Project) -> None:
    root = f"/projects/{project.id}/runs"
    assert lead.get(f"{root}/new").status_code == 200
    lead.post(root, data={"recipe": "finetune", "epochs_frozen": "2", "epochs_unfrozen": "1", "base_lr": ""})
    run = run_of(project, 1)
    assert (run.recipe, run.config["epochs_frozen"], run.config["epochs_unfrozen"]) == (Recipe.FINETUNE, 2, 1)
    assert run.config["base_lr"] is None


def test_a_wrong_number_is_shown_beside_its_field_and_nothing_typed_is_lost(lead: TestClient, project: Project) -> None:
    given = {"recipe": "finetune", "drawn": "finetune", "epochs_frozen": "soon", "size": "96"}
    answer = lead.post(f"/projects/{project.id}/runs", data=given)
    assert answer.status_code == 422
    assert 'id="field-epochs_frozen-error"' in answer.text
    assert 'href="#field-epochs_frozen"' in answer.text
    assert 'value="soon"' in answer.text
    assert 'value="96"' in answer.text


def test_every_setting_of_both_recipes_is_in_the_page(lead: TestClient, project: Project) -> None:
    page = lead.get(f"/projects/{project.id}/runs/new").text
    for fields in FIELDS.values():
        for field in fields:
            assert f'data-setting="{field.name}"' in page
    # Only one recipe's are part of the form; the other's wait in a template.
    shown = page[page.index("<form class") : page.index("<template")]
    assert shown.count("data-setting=") == len(FIELDS[Recipe.QUICK])


def test_boxes_are_ticked_where_the_usual_is_yes(lead: TestClient, project: Project) -> None:
    page = lead.get(f"/projects/{project.id}/runs/new?recipe=finetune").text
    boxes = [element for element in re.findall(r"<input[^>]*>", page) if 'type="checkbox"' in element]
    ticked = {re.findall(r'name="(\w+)"', box)[0]: re.search(r"\schecked\s", box) is not None for box in boxes}
    flags = [field for fields in FIELDS.values() for field in fields if field.kind is FieldKind.FLAG]
    assert ticked == {field.name: field.default for field in flags}


def test_an_address_gives_values_and_what_is_wrong_with_them(lead: TestClient, project: Project) -> None:
    root = f"/projects/{project.id}/runs"
    page = lead.get(f"{root}/new?recipe=finetune&size=96&colour=red").text
    assert 'value="96"' in page
    assert page.count("field__error") == 0
    wrong = lead.get(f"{root}/new?recipe=finetune&size=huge")
    assert wrong.status_code == 200
    assert 'id="field-size-error"' in wrong.text
    assert lead.get(f"{root}/new?from=9").status_code == 404


def test_the_settings_of_an_earlier_run_are_taken_over(lead: TestClient, project: Project) -> None:
    root = f"/projects/{project.id}/runs"
    lead.post(root, data={"recipe": "finetune", "size": "96"})
    finish(project, 1)
    page = lead.get(f"{root}/new?from=1").text
    assert "The settings of run 1." in page
    assert 'value="96"' in page
    assert lead.post(root, data={"from": "1"}).headers["location"] == f"{root}/2"
    again = run_of(project, 2)
    assert (again.recipe, again.config) == (Recipe.FINETUNE, run_of(project, 1).config)


def test_without_a_script_the_form_is_shown_again_and_nothing_starts(
    lead: TestClient, project: Project, sent: list[tuple[str, int]]
) -> None:
    given = {"recipe": "finetune", "drawn": "finetune", "size": "96", "epochs_frozen": "2", "default": "size"}
    page = lead.post(f"/projects/{project.id}/runs/new", data=given).text
    assert 'value="96"' not in page
    assert 'value="2"' in page
    switched = lead.post(f"/projects/{project.id}/runs/new", data={"recipe": "finetune", "drawn": "quick"}).text
    assert '<template data-settings-of="quick">' in switched
    assert sent == []


def test_what_was_filled_in_is_kept_while_another_run_is_under_way(lead: TestClient, project: Project) -> None:
    root = f"/projects/{project.id}/runs"
    whole = {"recipe": "finetune", "drawn": "finetune", "size": "96"}
    for _click in range(2):
        assert lead.post(root, data=whole).headers["location"] == f"{root}/1"
    other = lead.post(root, data=whole | {"size": "128"})
    assert other.status_code == 409
    assert "under way with other settings" in other.text
    assert 'value="128"' in other.text
    # The one button, which fills in nothing, leads to what is under way.
    assert lead.post(root, data={"recipe": "quick"}).headers["location"] == f"{root}/1"


def test_a_run_is_trained_again_by_one_click_whatever_its_settings_are(lead: TestClient, project: Project) -> None:
    root = f"/projects/{project.id}/runs"
    lead.post(root, data={"recipe": "finetune", "base_lr": "", "size": "96"})
    with session_scope() as opened:
        runs.get_run(opened, project.id, 1).job.status = JobStatus.FAILED
    page = lead.get(f"{root}/1").text
    assert '<input type="hidden" name="from" value="1">' in page
    lead.post(root, data={"from": "1"})
    assert run_of(project, 2).config == run_of(project, 1).config


def test_a_finished_run_is_trained_further_as_a_new_one(lead: TestClient, project: Project) -> None:
    root = f"/projects/{project.id}/runs"
    lead.post(root, data={"recipe": "finetune", "size": "96"})
    finish(project, 1)
    refused = lead.get(f"{root}/new?parent=1")
    assert "Run 1 cannot be trained further" in refused.text
    with session_scope() as opened:
        runs.get_run(opened, project.id, 1).checkpoint = "1"
    page = lead.get(f"{root}/new?parent=1").text
    assert '<input type="hidden" name="parent" value="1">' in page
    assert 'value="96"' in page
    other = {"recipe": "finetune", "drawn": "finetune", "parent": "1", "backbone": "resnet18"}
    wrong = lead.post(root, data=other)
    assert wrong.status_code == 422
    assert 'id="field-backbone-error"' in wrong.text
    assert lead.post(root, data={"parent": "1", "epochs_frozen": "0"}).headers["location"] == f"{root}/2"
    again = run_of(project, 2)
    assert again.parent_id == run_of(project, 1).id
    assert (again.config["size"], again.config["epochs_frozen"]) == (96, 0)


def test_a_run_that_was_trained_otherwise_is_offered_again(lead: TestClient, project: Project) -> None:
    root = f"/projects/{project.id}/runs"
    lead.post(root, data={"recipe": "quick"})
    finish(project, 1)
    assert "As last time" not in lead.get(root).text
    lead.post(root, data={"recipe": "finetune", "size": "96"})
    assert "As last time" not in lead.get(root).text  # while it is under way
    finish(project, 2)
    page = lead.get(root).text
    assert "As last time" in page
    assert "Image size: 96" in page
    lead.post(root, data={"from": "2"})
    assert run_of(project, 3).config == run_of(project, 2).config
