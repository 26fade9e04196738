"""Choosing how to train, over HTTP."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import Recipe
from app.models import Account, Project
from app.services import runs
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


def test_finetune_takes_its_epochs_from_the_form(lead: TestClient, project: Project, session: Session) -> None:
    root = f"/projects/{project.id}/runs"
    assert lead.get(f"{root}/new").status_code == 200
    lead.post(root, data={"recipe": "finetune", "epochs_frozen": "2", "epochs_unfrozen": "1", "backbone": ""})
    with session_scope(writes=False) as opened:
        run = runs.get_run(opened, project.id, 1)
    assert (run.recipe, run.config["epochs_frozen"], run.config["epochs_unfrozen"]) == (Recipe.FINETUNE, 2, 1)


def test_a_wrong_number_is_shown_beside_its_field(lead: TestClient, project: Project) -> None:
    answer = lead.post(f"/projects/{project.id}/runs", data={"recipe": "finetune", "epochs_frozen": "soon"})
    assert answer.status_code == 422
    assert 'id="field-epochs_frozen-error"' in answer.text
    assert 'value="soon"' in answer.text
