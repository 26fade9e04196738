"""The pages of named configurations, over HTTP."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import Recipe, Role
from app.models import Account, Configuration, Project
from app.services import configurations
from tests.factories import AccountFactory, MemberFactory
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


@pytest.fixture
def root(project: Project) -> str:
    return f"/projects/{project.id}/configurations"


def keep(project: Project, name: str = "maps") -> Configuration:
    with session_scope() as opened:
        return configurations.save(
            opened,
            opened.get_one(Project, project.id),
            name=name,
            recipe=Recipe.FINETUNE,
            config={"size": 128},
            account=None,
        )


def names(project: Project) -> list[str]:
    with session_scope(writes=False) as opened:
        return sorted(row.configuration.name for row in configurations.list_configurations(opened, project.id))


def test_nothing_kept_yet_says_what_to_do(lead: TestClient, root: str) -> None:
    assert "No settings are kept yet" in lead.get(root).text


def test_settings_go_from_the_form_under_a_name_and_back_into_the_form(
    lead: TestClient, project: Project, root: str
) -> None:
    filled = {"recipe": "finetune", "drawn": "finetune", "size": "128", "epochs_frozen": "5"}
    asked = lead.post(f"{root}/new", data=filled)
    assert asked.status_code == 200
    assert "Image size:" in asked.text
    assert 'name="size" value="128"' in asked.text
    saved = lead.post(root, data={**filled, "name": "maps"})
    assert (saved.status_code, saved.headers["location"]) == (303, root)
    assert names(project) == ["maps"]
    with session_scope(writes=False) as opened:
        kept = configurations.named_configuration(opened, project.id, "maps")
    page = lead.get(f"/projects/{project.id}/runs/new?configuration={kept.id}").text
    assert "The settings kept as “maps”." in page
    assert 'value="128"' in page


def test_settings_that_cannot_be_used_are_told_in_the_form(lead: TestClient, root: str) -> None:
    answer = lead.post(f"{root}/new", data={"recipe": "finetune", "size": "enormous"})
    assert answer.status_code == 422
    assert 'id="field-size-error"' in answer.text
    assert 'value="enormous"' in answer.text


def test_a_taken_name_offers_to_replace(lead: TestClient, project: Project, root: str) -> None:
    keep(project)
    given = {"recipe": "quick", "name": "maps"}
    refused = lead.post(root, data=given)
    assert refused.status_code == 409
    assert 'name="replace"' in refused.text
    assert 'value="maps"' in refused.text
    assert lead.post(root, data={**given, "replace": "true"}).status_code == 303
    assert names(project) == ["maps"]
    nameless = lead.post(root, data={"recipe": "quick", "name": " "})
    assert nameless.status_code == 422
    assert "Please give it a name." in nameless.text


def test_a_configuration_is_copied_renamed_and_removed(lead: TestClient, project: Project, root: str) -> None:
    kept = keep(project)
    assert lead.post(f"{root}/{kept.id}/copy").status_code == 303
    assert lead.post(f"{root}/{kept.id}", data={"name": "atlases"}).status_code == 303
    assert names(project) == ["atlases", "maps (copy)"]
    refused = lead.post(f"{root}/{kept.id}", data={"name": "maps (copy)"})
    assert refused.status_code == 409
    assert 'value="maps (copy)"' in refused.text
    assert "There is already a configuration" in refused.text
    assert lead.post(f"{root}/{kept.id}/remove").status_code == 303
    assert names(project) == ["maps (copy)"]


def test_a_configuration_goes_out_as_a_file_and_comes_in_again(lead: TestClient, project: Project, root: str) -> None:
    kept = keep(project, "Landkarten, groß")
    answer = lead.get(f"{root}/{kept.id}/file")
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''Landkarten%2C%20gro%C3%9F.json"
    assert json.loads(answer.content)["changed"] == {"size": 128}
    brought = lead.post(f"{root}/upload", files={"file": ("x.json", answer.content)})
    assert brought.status_code == 200
    assert 'value="Landkarten, groß"' in brought.text
    assert 'name="size" value="128"' in brought.text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Please choose a file first."),
        (b"\x89PNG", "no text in UTF-8"),
        (b" " * 70_000, "at most 64 kB"),
        (b'{"format": "loupe-configuration", "version": 9}', "written by a newer Loupe"),
        (b'{"format": "loupe-configuration", "version": 1, "recipe": "<b>"}', "&lt;b&gt;"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_beside_its_field(
    lead: TestClient, project: Project, root: str, content: bytes, sentence: str
) -> None:
    answer = lead.post(f"{root}/upload", files={"file": ("x.json", content)})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'id="field-file-error"' in answer.text
    assert lead.post(f"{root}/upload").status_code == 422
    assert names(project) == []


def test_only_leads_keep_settings(project: Project, root: str, sign_in: SignIn) -> None:
    with session_scope() as opened:
        account = AccountFactory.create(session=opened)
        MemberFactory.create(session=opened, project_id=project.id, account_id=account.id, role=Role.REVIEWER)
    client = sign_in(account)
    assert client.get(root).status_code == 403
    assert client.post(root, data={"name": "maps"}).status_code == 403
